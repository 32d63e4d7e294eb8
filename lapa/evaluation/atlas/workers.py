"""Embedding in several processes, an episode a task, in the order of the episodes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Any

from lapa.data import Episode
from lapa.evaluation.atlas.embed import SIDE, Embedded, Quantizer, embed

# in each process: how to embed one episode
_TOOLS: dict[str, Any] = {}


def embed_in_processes(
    load: Callable[[], Quantizer],
    episodes: Sequence[Episode],
    *,
    workers: int,
    thin: int = 3,
    side: int = SIDE,
) -> Iterator[Embedded]:
    """As `embed`, with `workers` processes of one thread each; memory holds a few episodes.

    load: opens the quantizer anew in each process, so it must be picklable, as episodes must.
    """
    begun = 0
    for done, part in enumerate(_parts(load, episodes, workers, thin, side), start=1):
        if part is None:
            continue
        points = part.points
        moved = replace(points, first=points.first + begun, second=points.second + begun)
        yield Embedded(done, len(episodes), moved, part.thumbnails)
        begun += len(part.thumbnails)


def _parts(
    load: Callable[[], Quantizer], episodes: Sequence[Episode], workers: int, thin: int, side: int
) -> Iterator[Embedded | None]:
    waiting: deque[Future[Embedded | None]] = deque()
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(load, thin, side)
    ) as pool:
        for episode in episodes:
            waiting.append(pool.submit(_one, episode))
            if len(waiting) > 3 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _begin(load: Callable[[], Quantizer], thin: int, side: int) -> None:
    import torch

    # more threads than one would only wait for those of the other processes
    torch.set_num_threads(1)
    _TOOLS.update(quantizer=load(), thin=thin, side=side)


def _one(episode: Episode) -> Embedded | None:
    found = embed(_TOOLS["quantizer"], [episode], thin=_TOOLS["thin"], side=_TOOLS["side"])
    return next(found, None)
