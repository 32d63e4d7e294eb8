"""Bricks: patches, attention, transformers, reductions, quantizers, heads."""
