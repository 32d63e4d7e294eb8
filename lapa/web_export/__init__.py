"""A quantizer as files that a browser runs without a server: ONNX graphs and what they are."""

from __future__ import annotations

from .graphs import PRECISIONS
from .model import ModelFiles, export_model

__all__ = ["PRECISIONS", "ModelFiles", "export_model"]
