"""The demo: every part together, watched, and compared with an independent computation."""
