"""Training of inverse dynamics models, and the labels that they give (VPT)."""
