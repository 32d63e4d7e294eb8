"""Training of text-conditioned video diffusion (UniPi)."""
