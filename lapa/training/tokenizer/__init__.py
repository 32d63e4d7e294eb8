"""Image tokenizers: VQGAN, patches."""
