"""Pseudo-labels: the inferred actions of all video, as bins (VPT, Baker et al. 2022)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from lapa.data import Cache
from lapa.data.bins import ActionBins
from lapa.data.labels import ABOUT, Labels, part
from lapa.models.inverse_dynamics import InverseDynamics
from lapa.scale import WHOLE, Engine, Made, Parts, Progress, Shard, Work, here, run
from lapa.scale.work import in_parts
from lapa.training.policy.label import EPISODES_A_PART
from lapa.training.remember import fingerprint


def label_actions(
    model: InverseDynamics,
    cache: Cache,
    folder: str | Path,
    *,
    shard: Shard = WHOLE,
    engine: Engine = here,
) -> Iterator[Progress]:
    """Label what is not labelled yet: every step of every episode, by the bin of its inferred
    action. `Labels.open(folder)` reads it, and `bins_of` the bins; actions that the cache may know
    are not looked at. shard, engine: as of `lapa.training.policy.label.label`.

    Raises:
        ValueError: the folder holds labels made otherwise.
    """
    about = {
        "code_length": len(model.bins),
        "codebook_size": model.config.bins,
        "bins": [own.tolist() for own in model.bins.edges],
        "data": cache.fingerprint,
        "inverse_dynamics": fingerprint(model),
    }
    long = [at for at, episode in enumerate(cache.episodes) if episode.length > 1]
    chosen = [[long[n] for n in numbers] for numbers in in_parts(len(long), EPISODES_A_PART)]
    work = Work(
        parts=[[cache.episodes[at].id for at in part] for part in chosen],
        task=chosen.__getitem__,
        open=partial(_open, model, cache),
    )
    yield from run(work, Parts(folder, ABOUT, about), engine, shard)


def _open(model: InverseDynamics, cache: Cache) -> Callable[[Sequence[int]], Made]:
    return partial(_make, model, cache)


def _make(model: InverseDynamics, cache: Cache, chosen: Sequence[int]) -> Made:
    bins = [model.bins.encode(model.infer(cache.clip(at))) for at in chosen]
    lengths = [len(each) for each in bins]
    t = np.concatenate([np.arange(length) for length in lengths])
    names = [cache.episodes[at].id for at in chosen]
    return Made(part(names, lengths, t, np.ones_like(t), np.concatenate(bins)), len(t))


def bins_of(labels: Labels) -> ActionBins | None:
    """The bins of labels that are actions; None of latent actions."""
    edges = labels.about.get("bins")
    return ActionBins(tuple(np.array(own) for own in edges)) if edges else None
