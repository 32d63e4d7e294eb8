"""Codebook health from step one: codes used and perplexity per position, and the collapse watch.

Codebooks of latent action models collapse silently: the loss still falls while every pair gets
the same code. Here that ends the run with advice, within `patience` steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from lapa.training.progress import Metric


@dataclass(frozen=True)
class CodebookCare:
    """How the codebook is kept alive and when it is given up. Everything is in steps.

    Every `replace_every` steps until `replace_until`, codes that were hardly used are re-seeded
    from the batch (0: never). official: LAPA's schedule and its copies of used codes instead (see
    replacement.py), which needs a shared codebook.

    Use is judged over the last `window` batches; a position with fewer than `minimum_codes` codes
    in use or a perplexity below `minimum_perplexity` for `patience` steps in a row is a collapse,
    which is never called before step `grace`.

    At step `settle_at` (0: never) the model takes its averaged weights; from then on stem, encoder
    and codebook are frozen and the decoder alone learns, from the codes' exact vectors. Until then
    it sees them through NSVQ's noise, which blurs what it imagines.

    Until step `continuous_until` (0: never) there are no codes: the decoder sees the latents
    themselves. Then k-means places the codes among the last of them. A few codes that learn from
    the first step on all go to the motion that is found first: eight codes of one position all
    told how far to the left or right, and none told up from down.
    """

    replace_every: int = 50
    replace_until: int = 5_000
    official: bool = False
    settle_at: int = 0
    continuous_until: int = 0
    window: int = 20
    minimum_codes: int = 2
    minimum_perplexity: float = 1.2
    grace: int = 500
    patience: int = 200


class CodebookCollapse(RuntimeError):
    """The codes stopped carrying information; the message says where and what to try."""


def perplexity(counts: Tensor) -> Tensor:
    """exp(−Σ p ln p) over the last dimension: 1 for one code in use, K for K equally used."""
    share = counts / counts.sum(-1, keepdim=True).clamp(min=1)
    return torch.special.entr(share).sum(-1).exp()


class CodebookWatch:
    """Counts codes per position over a sliding window of batches."""

    def __init__(self, code_length: int, codebook_size: int, care: CodebookCare) -> None:
        self.care, self._size = care, codebook_size
        self._window = torch.zeros(care.window, code_length, codebook_size, dtype=torch.int64)
        self._batches = 0
        self._bad = torch.zeros(code_length, dtype=torch.int64)

    def update(self, codes: Tensor) -> None:
        """Add one batch of codes (B, S)."""
        hot = torch.nn.functional.one_hot(codes.cpu(), self._size).sum(0)
        self._window[self._batches % len(self._window)] = hot
        self._batches += 1
        used, spread = self.used(), self.perplexity()
        bad = (used < self.care.minimum_codes) | (spread < self.care.minimum_perplexity)
        self._bad = torch.where(bad, self._bad + 1, 0)

    def used(self) -> Tensor:
        """(S,) number of codes seen in the window."""
        return (self._window.sum(0) > 0).sum(-1)

    def perplexity(self) -> Tensor:
        """(S,) float."""
        return perplexity(self._window.sum(0))

    def metrics(self) -> dict[str, Metric]:
        """The lowest over positions for people, and all positions for the file."""
        used, spread = self.used().tolist(), [round(p, 4) for p in self.perplexity().tolist()]
        return {
            "codes_used": min(used),
            "perplexity": min(spread),
            "codes_used_by_position": used,
            "perplexity_by_position": spread,
        }

    def check(self, step: int) -> None:
        """Raise CodebookCollapse when a position has been bad for too long."""
        care = self.care
        position = int(self._bad.argmax())
        if step <= care.grace or int(self._bad[position]) < care.patience:
            return
        used, spread = int(self.used()[position]), float(self.perplexity()[position])
        raise CodebookCollapse(
            f"Codebook collapse at step {step}: position {position} has used {used} of "
            f"{self._size} codes (perplexity {spread:.2f}) for {int(self._bad[position])} steps. "
            f"Re-seed unused codes more often or for longer (replace_every is "
            f"{care.replace_every}, replace_until {care.replace_until}), weigh motion more in the "
            f"loss, or lower the learning rate."
        )

    def state(self) -> dict[str, Tensor]:
        """The window and the counts, for a checkpoint."""
        batches = torch.tensor(self._batches)
        return {"window": self._window, "seen": batches, "bad": self._bad}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Put `state()` back."""
        self._window, self._bad = tensors["window"].clone(), tensors["bad"].clone()
        self._batches = int(tensors["seen"])
