"""The payments pool on a simulated bank, through every real part, compared with SQL written by hand."""
