"""`python -m lapa evaluate`: a finetuned policy acts on the tabletop; successes are counted.

python -m lapa evaluate runs/acting --episodes 100 --workers 2 --json success.json
python -m lapa evaluate oracle

An evaluation that was stopped goes on with --resume where it was, from the --json of before.

With --labels, how often a pretrained policy predicts the latent actions of held-out video:

python -m lapa evaluate runs/policy --labels labels/tabletop --data cache/tabletop-128

With --delay, of a policy that answers late, perhaps with a fast head that acts meanwhile:

python -m lapa evaluate assets/checkpoints/tabletop-policy --fast runs/fast --delay 0.3

With --in, in the originals that the field compares in (docs/benchmarks.md); there POLICY may also
be `random`, `still`, or the address of a server that answers as `lapa serve` does:

python -m lapa evaluate runs/acting --in language-table --workers 2 --films films
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lapa.commands import evaluate_delayed, evaluate_in
from lapa.commands.console import (
    bar,
    checkpoint_folder,
    data_options,
    duration,
    tell,
    will_write,
)
from lapa.commands.outcomes import Kept
from lapa.files import update_json, write_json

if TYPE_CHECKING:
    from lapa.evaluation.success import Outcome

# episodes of a kind
_MOST = 10_000
# on the tabletop, where nobody says otherwise
_USUAL = {
    "episodes": 100, "split": "seen", "embodiment": "cylinder", "theme": "sim", "longest": 200,
}  # fmt: skip


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("policy", help="folder of a finetuned policy or of its run, or `oracle`")
    evaluate_in.add_arguments(options)
    evaluate_delayed.add_arguments(options)
    options.add_argument(
        "--episodes", type=int, help="of each kind (100; with --in its protocol's)"
    )
    options.add_argument("--kind", action="append", default=[], help="only this one; repeatable")
    options.add_argument("--split", help="seen, unseen-blocks or unseen-phrases (seen)")
    options.add_argument("--embodiment", help="whose body is seen (cylinder)")
    options.add_argument("--theme", help="sim or real (sim)")
    options.add_argument("--size", type=int, default=128, help="side of the image, pixels (128)")
    options.add_argument("--longest", type=int, help="steps of an episode (200)")
    options.add_argument("--workers", type=int, default=1, help="processes (1)")
    options.add_argument("--json", type=Path, help="write the rates and every episode here")
    options.add_argument("--resume", action="store_true", help="go on with the --json of before")
    options.add_argument("--write", metavar="NAME", help="keep the rates as NAME in results.json")
    options.add_argument(
        "--results", type=Path, default=Path("assets/results.json"), help="(assets/results.json)"
    )
    options.add_argument("--labels", type=Path, help="measure on the labels in this folder instead")
    data_options(options, "the video or cache that was labelled")
    options.add_argument("--samples", type=int, default=2000, help="labels to measure on (2000)")
    options.add_argument("--film", type=Path, help="record the episodes into this set; one worker")
    options.add_argument("--called", default="policy", help="what films call the policy (policy)")


def command(options: argparse.Namespace) -> int:
    """Run the episodes, telling progress, and print the table; returns the exit code."""
    late = evaluate_delayed.asked(options)
    if options.benchmark and late:
        raise ValueError("--delay, --fast and --against are of the tabletop, not of --in")
    if options.benchmark:
        return evaluate_in.command(options)
    if options.films:
        raise ValueError("--films goes with --in; on the tabletop --film records a set")
    for name, usual in _USUAL.items():
        if getattr(options, name) is None:
            setattr(options, name, usual)
    if late:
        return evaluate_delayed.command(options, _kinds(options))
    return _predict(options) if options.labels else _tabletop(options)


def _tabletop(options: argparse.Namespace) -> int:
    from lapa.evaluation.success import Outcome, rates

    kinds = _asked(options)
    names = ("policy", "split", "embodiment", "theme", "size", "longest", "episodes", "kind")
    about = {name: getattr(options, name) for name in names}
    kept = Kept(Outcome, options.json, about, resume=options.resume)
    outcomes: list[Outcome] = list(kept.outcomes)
    start, before, total = time.perf_counter(), len(outcomes), len(kinds) * options.episodes
    for part in _parts(options, kinds, {(each.kind, each.number) for each in outcomes}):
        outcomes += part
        kept.add(part)
        done, passed = len(outcomes), time.perf_counter() - start
        left = duration(passed * (total - done) / (done - before))
        tell(f"{bar(done, total)} episode {done}/{total}, {left} left", last=done == total)
    outcomes.sort(key=lambda each: (kinds.index(each.kind), each.number))
    by_kind = rates(outcomes)
    print(_table(by_kind))
    record = {
        "command": f"python -m lapa {options.line}",
        "rates": {kind: {**asdict(rate), "rate": rate.rate} for kind, rate in by_kind.items()},
    }
    kept.done(record, outcomes)
    _publish(options, "success", record)
    return 0


def _kinds(options: argparse.Namespace) -> list[str]:
    """The kinds of task.

    Raises:
        ValueError: one that is none, or numbers that cannot be.
    """
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
    return kinds


def _asked(options: argparse.Namespace) -> list[str]:
    """The kinds of task; all else that is asked for can be, too.

    Raises:
        OSError, ValueError: it cannot.
    """
    kinds = _kinds(options)
    will_write(options.json, options.results if options.write else None)
    if options.policy != "oracle":
        _check(Path(options.policy))
    if options.film and options.workers > 1:
        raise ValueError(f"--film takes one worker, received {options.workers}")
    return kinds


def _predict(options: argparse.Namespace) -> int:
    """Top-1 accuracy of codes on held-out video."""
    import numpy as np

    from lapa.commands.console import open_data
    from lapa.data.labels import Labels
    from lapa.evaluation.accuracy import accuracy
    from lapa.models.policy import LatentPolicy
    from lapa.training.policy.samples import latent_samples

    will_write(options.json, options.results if options.write else None)
    policy = LatentPolicy.from_pretrained(checkpoint_folder(Path(options.policy)))
    cache = open_data(options, options.size)
    samples = latent_samples(cache, Labels.open(options.labels), "holdout")
    chosen = np.unique(np.linspace(0, len(samples) - 1, options.samples).astype(int))
    figures = accuracy(
        policy,
        cache.frames[samples.frame[chosen]],
        [samples.instruction[at] for at in chosen],
        samples.target[chosen],
    )
    print(f"{'position':<12}{'top-1':>8}{'most frequent':>16}{'chance':>9}")
    for position, (right, most) in enumerate(zip(figures.top_1, figures.majority, strict=True)):
        print(f"{position:<12}{right:>8.1%}{most:>16.1%}{figures.chance:>9.1%}")
    record = {"command": f"python -m lapa {options.line}", **asdict(figures)}
    if options.json:
        write_json(options.json, record)
    _publish(options, "accuracy", record)
    return 0


def _publish(options: argparse.Namespace, part: str, record: dict[str, Any]) -> None:
    """Keep figures under a name in results.json, if that is asked for."""
    if options.write:
        update_json(options.results, {(part, options.write): record})


def _check(folder: Path) -> None:
    from lapa.models.video_policy import load_acting

    policy = load_acting(checkpoint_folder(folder))
    if policy.bins is None:
        raise ValueError(f"{folder} cannot act: it was not finetuned (python -m lapa finetune)")
    if len(policy.bins) != 2:
        raise ValueError(f"the tabletop takes 2 numbers, {folder} gives {len(policy.bins)}")


def _parts(
    options: argparse.Namespace, kinds: list[str], known: set[tuple[str, int]]
) -> Iterator[list[Outcome]]:
    """Outcomes as they come, but for known ones; shares of a few episodes of one kind go on beside
    each other, in one process or several."""
    from lapa.evaluation.success import TOGETHER, episodes

    if options.policy != "oracle" or options.film:
        from lapa.sim.recorders.headless import choose_renderer

        os.environ.update(choose_renderer())
    words = {
        name: getattr(options, name) for name in ("split", "embodiment", "theme", "longest")
    } | {"image_size": options.size}
    left = {
        kind: [at for at in range(options.episodes) if (kind, at) not in known] for kind in kinds
    }
    if options.workers == 1:
        _begin(options.policy)
        with _filming(options) as watch:
            for kind, numbers in left.items():
                for outcome in episodes(_act, numbers, kinds=[kind], watch=watch, **words):
                    yield [outcome]
        return
    shares = [
        (kind, numbers[first : first + TOGETHER])
        for kind, numbers in left.items()
        for first in range(0, len(numbers), TOGETHER)
    ]
    with ProcessPoolExecutor(
        options.workers, mp_context=get_context("spawn"), initializer=_begin,
        initargs=(options.policy,),
    ) as pool:  # fmt: skip
        waiting = [pool.submit(_share, kind, numbers, words) for kind, numbers in shares]
        try:
            for share in as_completed(waiting):
                yield share.result()
        finally:
            # one that is stopped does not wait for what is not begun
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _filming(options: argparse.Namespace) -> Iterator[Any]:
    """What takes the films, or None."""
    if not options.film:
        yield None
        return
    from lapa.sim.recorders.store import Store, row_of, write_episode
    from lapa.sim.tabletop.recorder import PolicyJob, policy_recording

    store = Store(options.film, "tabletop")

    def take(film: Any) -> None:
        job = PolicyJob(options.embodiment, film.outcome.kind, film.outcome.number, options.called)
        recording = policy_recording(
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
    from lapa.models.video_policy import load_acting

    _act = load_acting(checkpoint_folder(Path(policy))).act


def _share(kind: str, numbers: Sequence[int], words: dict[str, Any]) -> list[Outcome]:
    from lapa.evaluation.success import episodes

    return list(episodes(_act, numbers, kinds=[kind], **words))


def _table(rates: dict[str, Any]) -> str:
    lines = [f"{'kind':<22}{'success':>9}   95 % interval"]
    for kind, rate in rates.items():
        interval = f"{100 * rate.low:.0f} to {100 * rate.high:.0f} %"
        lines.append(f"{kind:<22}{rate.done:>5}/{rate.of:<5}{interval:>15}")
    return "\n".join(lines)
