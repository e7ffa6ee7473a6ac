"""What the service does: each file one function, its phases numbered in the docstring."""
