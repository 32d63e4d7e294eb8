"""The tab Imagine: rollouts that the decoder imagines from its own pictures."""
