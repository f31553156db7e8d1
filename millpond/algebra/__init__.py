"""Zero, add, merge and value of every aggregation, and the evaluator of expressions; plain Python, exact."""
