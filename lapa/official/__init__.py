"""Everything that knows the official release's formats and computations."""
