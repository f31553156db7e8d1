"""Models of fraud, trained on the simulated bank, whose ground truth is known."""
