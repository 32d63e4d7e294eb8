"""The tab Transfer: what a latent action does to other robots."""
