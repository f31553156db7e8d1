"""The parts of the stack, each a frozen description of one process."""
