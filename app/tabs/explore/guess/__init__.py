"""Which code did this? A game within Explore: two frames of a real pair, four latent actions."""
