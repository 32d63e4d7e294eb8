"""A small network as a probe, beside the linear one: what is there, but not in a straight line.

The head of LARYBench's regression (arXiv 2604.11689; its released `regression/main.py`): a linear
layer, two residual blocks of norm, linear layer and ReLU, norm and a linear layer out; Huber loss
with δ = 1, AdamW with weight decay 1e-4, a falling rate, batches of 256, 50 epochs. Ours differs in
size, because our latents have 32 numbers and an embodiment has hundreds of pairs, not hundreds of
thousands: 256 wide instead of 4,096, a rate of 1e-3 instead of 1e-4, at least 600 steps. Inputs are
standardised by their column, where theirs are normed by their row: of a latent of two numbers that
would leave a sign.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH, BLOCKS = 256, 2
EPOCHS, BATCH, LEAST_STEPS = 50, 256, 600
RATE, DECAY = 1e-3, 1e-4


class Head(nn.Module):
    """A linear layer, residual blocks and a linear layer out."""

    def __init__(self, ins: int, outs: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(ins, WIDTH), nn.ReLU())
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.ReLU())
            for _ in range(BLOCKS)
        )
        self.last = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, outs))

    def forward(self, x: Tensor) -> Tensor:
        """Numbers (B, F) to numbers (B, A), float32."""
        x = self.first(x)
        for block in self.blocks:
            x = x + block(x)
        numbers: Tensor = self.last(x)
        return numbers


def predict(
    inputs: np.ndarray, targets: np.ndarray, episode: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Targets (n, A) for asked (n, F), learnt from inputs (N, F) and targets (N, A) in their
    standard deviations; the same at every call. Nothing is chosen by the episodes (N,)."""
    middle, spread = inputs.mean(0), inputs.std(0)
    scale = np.where(spread > 1e-9, spread, np.inf)
    known, wanted = (torch.from_numpy((each - middle) / scale).float() for each in (inputs, asked))
    true = torch.from_numpy(targets).float()
    with torch.random.fork_rng(), torch.inference_mode(False), torch.enable_grad():
        torch.manual_seed(0)
        head = _trained(known, true)
    with torch.inference_mode():
        predicted: Tensor = head(wanted)
        return predicted.double().numpy()


def _trained(known: Tensor, true: Tensor) -> Head:
    head = Head(known.shape[1], true.shape[1])
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    batches = -(-len(known) // BATCH)
    epochs = max(EPOCHS, -(-LEAST_STEPS // batches))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
    for _ in range(epochs):
        for chosen in torch.randperm(len(known)).split(BATCH):
            loss = F.huber_loss(head(known[chosen]), true[chosen], delta=1.0)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return head.eval()
