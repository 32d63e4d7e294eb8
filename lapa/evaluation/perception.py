"""What an eye would mind in a picture, as numbers: detail where something moves, and features.

All frames are uint8 RGB (B, h, w, 3).
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from lapa.images import changed
from lapa.nn.features import FeatureNet, features_apart

# pixels around what moves that still belong to the robot: where it was, its shadow, its edge
SURROUNDINGS = 5


def robot_error(image: np.ndarray, future: np.ndarray, *before: np.ndarray) -> np.ndarray:
    """Mean squared error (B,) of image against future where the robot is, in [0, 1] units.

    That is where the true `future` differs by more than 20 grey levels in a channel from one of the
    frames `before`, and up to SURROUNDINGS pixels around; the whole frame where nothing does. Over
    a whole frame the still background, which every copy gets right, would hide a lost arm.
    """
    true = torch.from_numpy(np.ascontiguousarray(future)).double()
    apart = [changed(true, torch.from_numpy(np.ascontiguousarray(x)).double()) for x in before]
    moving = torch.stack(apart).any(0)[:, None].float()
    near = F.max_pool2d(moving, 2 * SURROUNDINGS + 1, 1, SURROUNDINGS)[:, 0].numpy()
    weight = np.where(near.any((1, 2), keepdims=True), near, 1.0)
    difference = (image.astype(np.float32) - future.astype(np.float32)) / 255
    error = np.square(difference).mean(3, dtype=np.float64)
    weighted: np.ndarray = (error * weight).sum((1, 2)) / weight.sum((1, 2))
    return weighted


class Features:
    """Distances of pictures as a small pretrained network sees them; loaded once."""

    def __init__(self) -> None:
        self._net = FeatureNet.pretrained()

    @torch.inference_mode()
    def distances(self, true: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
        """Of each of the others to the true pictures: (B,) float64, 0 for equal ones."""
        maps = self._net(_floats(true))
        return [features_apart(self._net(_floats(each)), maps).double().numpy() for each in others]


def _floats(frames: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float().div(255)
