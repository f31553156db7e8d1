"""The Plan and everything it is made of: pure data, no I/O, needs msgspec alone."""
