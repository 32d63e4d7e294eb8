"""A recipe small enough to train in milliseconds: a noisy linear model with a known answer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn


class TinyRecipe:
    """Learns y = 2x; dropout makes every step random, `memory` is state of the recipe's own."""

    place = 0.0

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2), nn.Linear(8, 4))
        self.memory = 0.0
        self.made: list[int] = []

    def batch(self, index):
        self.made.append(index)
        return np.random.default_rng(index).normal(size=(6, 4)).astype(np.float32)

    def loss(self, model, batch, accelerator):
        x = torch.from_numpy(batch).to(accelerator.device)
        loss = (model(x) - 2 * x).square().mean()
        return loss, {"twice": 2 * loss}

    def after_step(self, step, model, average, accelerator):
        self.memory = 0.9 * self.memory + step
        return {"memory": self.memory, "listed": [step, step + 1]}

    def preview(self, model):
        return np.full((4, 6, 3), 128, np.uint8)

    def export(self, model, folder):
        torch.save(model.state_dict(), folder / "weights")

    def state(self):
        return {"memory": torch.tensor(self.memory, dtype=torch.float64)}

    def load_state(self, tensors):
        self.memory = float(tensors["memory"])


@pytest.fixture
def recipe():
    """The class: a test that resumes needs two of them."""
    return TinyRecipe
