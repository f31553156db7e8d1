"""The pool as pages, for people: one a feature, one a view, one a set, and one over all; made by `millpond compile`."""
