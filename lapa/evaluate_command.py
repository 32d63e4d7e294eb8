"""`python -m lapa evaluate`: a finetuned policy acts on the tabletop; successes are counted.

python -m lapa evaluate runs/acting --episodes 100 --workers 2 --json success.json
python -m lapa evaluate oracle

With --labels, how often a pretrained policy predicts the latent actions of held-out video:

python -m lapa evaluate runs/policy --labels labels/tabletop --data cache/tabletop-128
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from lapa.console import bar, checkpoint_folder, duration, tell

_MOST = 10_000


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("policy", help="folder of a finetuned policy or of its run, or `oracle`")
    options.add_argument("--episodes", type=int, default=100, help="of each kind (100)")
    options.add_argument("--kind", action="append", default=[], help="only this one; repeatable")
    options.add_argument("--split", default="seen", help="seen, unseen-blocks or unseen-phrases")
    options.add_argument("--embodiment", default="cylinder", help="whose body is seen (cylinder)")
    options.add_argument("--theme", default="sim", help="sim or real (sim)")
    options.add_argument("--size", type=int, default=128, help="side of the image, pixels (128)")
    options.add_argument("--longest", type=int, default=200, help="steps of an episode (200)")
    options.add_argument("--workers", type=int, default=1, help="processes (1)")
    options.add_argument("--json", type=Path, help="write the rates and every episode here")
    options.add_argument("--write", metavar="NAME", help="keep the rates as NAME in results.json")
    options.add_argument(
        "--results", type=Path, default=Path("assets/results.json"), help="(assets/results.json)"
    )
    options.add_argument("--labels", type=Path, help="measure on the labels in this folder instead")
    options.add_argument("--data", type=Path, help="the video or cache that was labelled")
    options.add_argument("--samples", type=int, default=2000, help="labels to measure on (2000)")
    options.add_argument("--film", type=Path, help="record the episodes into this set; one worker")
    options.add_argument("--called", default="policy", help="what films call the policy (policy)")


def command(options: argparse.Namespace) -> int:
    """Run the episodes, telling progress, and print the table; returns the exit code."""
    if options.labels:
        return _predict(options)
    from lapa.evaluation.success import Outcome, rates
    from lapa.sim.tabletop.tasks import KINDS, SPLITS

    kinds = options.kind or list(KINDS)
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(f"no kind {unknown[0]!r}; there are {', '.join(KINDS)}")
    if options.split not in SPLITS:
        raise ValueError(f"no split {options.split!r}; there are {', '.join(SPLITS)}")
    if not 1 <= options.episodes <= _MOST or options.workers < 1:
        raise ValueError(
            f"--episodes is 1 to {_MOST} and --workers at least 1, received {options.episodes} "
            f"and {options.workers}"
        )
    if options.policy != "oracle":
        _check(Path(options.policy))
    if options.film and options.workers > 1:
        raise ValueError(f"--film takes one worker, received {options.workers}")
    outcomes: list[Outcome] = []
    start, total = time.perf_counter(), len(kinds) * options.episodes
    for part in _parts(options, kinds):
        outcomes += part
        done, passed = len(outcomes), time.perf_counter() - start
        left = duration(passed * (total - done) / done)
        tell(f"{bar(done, total)} episode {done}/{total}, {left} left", last=done == total)
    outcomes.sort(key=lambda each: (kinds.index(each.kind), each.number))
    found = rates(outcomes)
    print(_table(found))
    told = {
        "command": f"python -m lapa {options.line}",
        "rates": {kind: {**asdict(rate), "rate": rate.rate} for kind, rate in found.items()},
    }
    if options.json:
        episodes = [asdict(each) for each in outcomes]
        _save(options.json, {**told, "episodes": episodes})
    _publish(options, "success", told)
    return 0


def _predict(options: argparse.Namespace) -> int:
    """Top-1 accuracy of codes on held-out video."""
    import numpy as np

    from lapa.console import open_data
    from lapa.data.labels import Labels
    from lapa.evaluation.accuracy import accuracy
    from lapa.models.policy import LatentPolicy
    from lapa.training.samples import latent_samples

    policy = LatentPolicy.from_pretrained(checkpoint_folder(Path(options.policy)))
    cache = open_data(options.data, None, options.size)
    samples = latent_samples(cache, Labels.open(options.labels), "holdout")
    chosen = np.unique(np.linspace(0, len(samples) - 1, options.samples).astype(int))
    found = accuracy(
        policy,
        cache.frames[samples.frame[chosen]],
        [samples.instruction[at] for at in chosen],
        samples.target[chosen],
    )
    print(f"{'position':<12}{'top-1':>8}{'most frequent':>16}{'chance':>9}")
    for position, (right, most) in enumerate(zip(found.top_1, found.majority, strict=True)):
        print(f"{position:<12}{right:>8.1%}{most:>16.1%}{found.chance:>9.1%}")
    told = {"command": f"python -m lapa {options.line}", **asdict(found)}
    if options.json:
        _save(options.json, told)
    _publish(options, "accuracy", told)
    return 0


def _publish(options: argparse.Namespace, part: str, told: dict[str, Any]) -> None:
    """Keep figures under a name in results.json, if that is asked for."""
    from lapa.results import read

    if options.write:
        figures = read(options.results)
        figures[part] = figures.get(part, {}) | {options.write: told}
        _save(options.results, figures)


def _save(file: Path, told: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _check(folder: Path) -> None:
    from lapa.models.policy import LatentPolicy

    policy = LatentPolicy.from_pretrained(checkpoint_folder(folder))
    if policy.bins is None:
        raise ValueError(f"{folder} cannot act: it was not finetuned (python -m lapa finetune)")
    if len(policy.bins) != 2:
        raise ValueError(f"the tabletop takes 2 numbers, {folder} gives {len(policy.bins)}")


def _parts(options: argparse.Namespace, kinds: list[str]) -> Iterator[list[Any]]:
    """Outcomes as they come; several processes take shares of a few episodes of one kind."""
    from lapa.evaluation.success import TOGETHER, episodes

    if options.policy != "oracle" or options.film:
        from lapa.sim.recorders.headless import choose_renderer

        os.environ.update(choose_renderer())
    words = {
        name: getattr(options, name) for name in ("split", "embodiment", "theme", "longest")
    } | {"image_size": options.size}
    if options.workers == 1:
        _begin(options.policy)
        with _filming(options) as watch:
            for ended in episodes(_act, range(options.episodes), kinds=kinds, watch=watch, **words):
                yield [ended]
        return
    shares = [
        (kind, range(first, min(first + TOGETHER, options.episodes)))
        for kind in kinds
        for first in range(0, options.episodes, TOGETHER)
    ]
    with ProcessPoolExecutor(
        options.workers, mp_context=get_context("spawn"), initializer=_begin,
        initargs=(options.policy,),
    ) as pool:  # fmt: skip
        waiting = [pool.submit(_share, kind, numbers, words) for kind, numbers in shares]
        for ended in as_completed(waiting):
            yield ended.result()


@contextmanager
def _filming(options: argparse.Namespace) -> Iterator[Any]:
    """What takes the films, or None."""
    if not options.film:
        yield None
        return
    from lapa.sim.recorders.store import Store, row_of, write_episode
    from lapa.sim.tabletop.recorder import Filmed, filmed

    store = Store(options.film, "tabletop")

    def take(film: Any) -> None:
        job = Filmed(options.embodiment, film.outcome.kind, film.outcome.number, options.called)
        recording = filmed(
            film.frames, film.actions, film.outcome.instruction, film.outcome.success
        )
        if job.id not in store.done:
            write_episode(store.folder, job, recording)
            store.add(row_of("tabletop", job, recording))

    try:
        yield take
    finally:
        store.close()


_act: Any = None


def _begin(policy: str) -> None:
    """Load the policy once in a process."""
    global _act
    if policy == "oracle":
        _act = None
        return
    from lapa.models.policy import LatentPolicy

    _act = LatentPolicy.from_pretrained(checkpoint_folder(Path(policy))).act


def _share(kind: str, numbers: range, words: dict[str, Any]) -> list[Any]:
    from lapa.evaluation.success import episodes

    return list(episodes(_act, numbers, kinds=[kind], **words))


def _table(found: dict[str, Any]) -> str:
    lines = [f"{'kind':<22}{'success':>9}   95 % interval"]
    for kind, rate in found.items():
        interval = f"{100 * rate.low:.0f} to {100 * rate.high:.0f} %"
        lines.append(f"{kind:<22}{rate.done:>5}/{rate.of:<5}{interval:>15}")
    return "\n".join(lines)
