"""Bricks: patches, attention, transformers, reductions, quantizers, heads. They import nothing of lapa."""
