"""What this machine is good at: which precision is fast here, and whether compiling is possible."""

from __future__ import annotations

import functools

import torch

from lapa.nn.processor import multiplies_bfloat16
from lapa.training.parallel import alone
from lapa.training.recipe import LoopConfig

# compiling costs a minute or two; a run of this many samples takes several
SAMPLES_WORTH_COMPILING = 50_000


def autocasts(config: LoopConfig, device: torch.device) -> bool:
    """Whether a run computes in bfloat16 where autocast allows it."""
    if config.precision == "auto":
        return multiplies_bfloat16(device)
    return config.precision == "bfloat16"


def compiles(config: LoopConfig, device: torch.device) -> bool:
    """Whether a run compiles its step: as it is told, or where that is possible and pays.

    Among several processes it never does by itself: what a codebook counts over all of them cuts
    the step into parts, and nobody has measured what is left to gain.
    """
    if config.compiled != "auto":
        return config.compiled == "on"
    if not alone():
        return False
    samples = config.steps * config.batch_size * config.accumulate
    long = config.minutes >= 15 if config.minutes else samples >= SAMPLES_WORTH_COMPILING
    return long and _compiler_works(device.type)


@functools.cache
def _compiler_works(kind: str) -> bool:
    """Tried on one sum: a compiler may be there without the headers that it needs."""
    try:
        with torch.no_grad():
            torch.compile(_sum)(torch.ones(8, device=kind))
    except Exception:  # whatever is missing, the run goes on without
        return False
    return True


def _sum(x: torch.Tensor) -> torch.Tensor:
    return (x * 2).sin().sum()
