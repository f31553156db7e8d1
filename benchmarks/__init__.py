"""How fast the product is, measured on its real parts: `make bench`, or `python -m benchmarks reader --json`."""
