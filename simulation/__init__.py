"""A company in one process, to which everything happens that may, from a seed."""
