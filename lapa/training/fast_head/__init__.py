"""Training of the fast head of a hierarchy."""
