"""Clips of a car whose every command is known: the square of synthetic.py, which is steered to its
sides, on the brake down and on the gas up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lapa.data import FramePairs
from lapa.evaluation.driven import PEDAL, STEERING
from tests.synthetic import FPS, GAP, Body, clips

CAR = Body("car", (90, 90, 90), (200, 40, 40), names=("steering", "gas", "brake"))


def car_pairs(*others: Body) -> FramePairs:
    """Pairs of a car, after those of the other bodies, whose actions stay as they are."""
    cache = clips((*others, CAR), episodes=6)
    actions = cache.all_actions.copy()
    for episode in cache.episodes:
        if episode.embodiment == CAR.name:
            rows = slice(episode.action_start, episode.action_start + 3 * (episode.length - 1))
            x, y, _ = actions[rows].reshape(-1, 3).T
            pedals = PEDAL * np.maximum(-y, 0), PEDAL * np.maximum(y, 0)
            actions[rows] = np.stack([STEERING * x, *pedals], 1).ravel()
    return FramePairs(replace(cache, all_actions=actions), GAP / FPS, split="holdout")
