"""How often a policy predicts the latent action of held-out video (LAPA, stage 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lapa.models.policy import LatentPolicy

_BATCH = 32


@dataclass(frozen=True)
class Accuracy:
    """Shares of `count` samples, a position each.

    top_1: the likeliest code is the right one, those before it given. majority: what always
    saying the position's most frequent code gets. chance: 1 / K.
    """

    top_1: tuple[float, ...]
    majority: tuple[float, ...]
    chance: float
    count: int


@torch.inference_mode()
def accuracy(
    policy: LatentPolicy, frames: np.ndarray, instructions: Sequence[str], codes: np.ndarray
) -> Accuracy:
    """Measure on N frames (N, H, W, 3) uint8 whose latent actions are `codes` (N, S).

    Raises:
        ValueError: no frames, or the policy has no latent action head.
    """
    if not len(frames):
        raise ValueError("there is no frame to measure on")
    if "latent" not in policy.model.heads:
        raise ValueError("this policy has no latent action head: it was finetuned")
    right = np.zeros(codes.shape[1])
    for first in range(0, len(frames), _BATCH):
        some = slice(first, first + _BATCH)
        tokens = policy.image_tokenizer.encode(np.asarray(frames[some]))
        target = torch.from_numpy(codes[some].astype(np.int64))
        words = list(instructions[some])
        inputs = policy.taught(tokens.reshape(len(tokens), -1), words, target[:, :-1], "latent")
        logits = policy.logits(policy.model, inputs, "latent", codes.shape[1])
        right += (logits.argmax(-1) == target).sum(0).numpy()
    size = policy.model.config.latent
    most = [np.bincount(column, minlength=size).max() / len(codes) for column in codes.T]
    shares = tuple(float(each) for each in right / len(frames))
    return Accuracy(shares, tuple(map(float, most)), 1 / size, len(frames))
