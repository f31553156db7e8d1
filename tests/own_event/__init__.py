"""Requests that are events of a running job, through every real part; each vector compared with SQL written by hand."""
