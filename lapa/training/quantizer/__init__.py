"""Stage 1: latent action quantization."""
