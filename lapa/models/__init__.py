"""Models, one a file, each with its config dataclass beside it."""
