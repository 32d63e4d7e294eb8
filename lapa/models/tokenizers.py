"""Loads whichever image tokenizer a checkpoint is of: a VQGAN, or patches."""

from __future__ import annotations

import os

from lapa import pretrained
from lapa.models.image_tokenizer import ImageTokenizer
from lapa.models.patch_tokenizer import PatchTokenizer

Tokenizer = ImageTokenizer | PatchTokenizer


def load_tokenizer(source: str | os.PathLike[str]) -> Tokenizer:
    """A folder, a Hub id, or the official `vqgan` file.

    Raises:
        FileNotFoundError: nothing there. ValueError: not a tokenizer.
    """
    path = pretrained.resolve(source)
    patches = path.is_dir() and "patch_size" in pretrained.load_config_of(path)
    return (PatchTokenizer if patches else ImageTokenizer).from_pretrained(path)
