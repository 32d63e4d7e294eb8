"""`python -m lapa evaluate POLICY --delay SECONDS`: what a large model's slowness costs on the
tabletop, and what a fast head wins back.

    python -m lapa evaluate assets/checkpoints/tabletop-policy --fast runs/fast \\
        --against assets/checkpoints/tabletop-acting --delay 0.1 --delay 0.3 --delay 1

With --fast POLICY is a latent policy, between whose words the head acts; --against is a policy that
acts by itself under the same delays. Without --fast POLICY is that policy.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from lapa.commands.console import bar, checkpoint_folder, duration, tell, will_write
from lapa.commands.outcomes import Kept
from lapa.commands.readme import OPEN
from lapa.files import update_json

if TYPE_CHECKING:
    import numpy as np

    from lapa.evaluation.delayed import React, Think
    from lapa.evaluation.success import Rate

# what evaluates otherwise, and does not go with a delay
_OTHERS = ("labels", "film", "films")
# answers that are timed, and what is asked then
_TIMED, _ASKED = 20, "push the red star to the blue cube"


@dataclass(frozen=True)
class Late:
    """One episode. contender: who acted. delay: of the large model, in seconds."""

    contender: str
    delay: float
    kind: str
    number: int
    success: bool
    steps: int


@dataclass(frozen=True)
class Contender:
    """name: in tables. think: the large model's answer. react: what is done with it."""

    name: str
    think: Think
    react: React


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of evaluation under a delay."""
    options.add_argument(
        "--delay", type=float, action="append", default=[], metavar="SECONDS",
        help="of the policy's answers, on the tabletop; repeatable",
    )  # fmt: skip
    options.add_argument(
        "--fast", type=Path, metavar="HEAD",
        help="a fast head acts between the words of POLICY, a latent policy",
    )  # fmt: skip
    options.add_argument(
        "--against", type=Path, metavar="ACTING",
        help="with --fast: a policy that acts by itself, under the same delays",
    )  # fmt: skip


def asked(options: argparse.Namespace) -> bool:
    """Whether this is an evaluation under a delay."""
    return bool(options.delay or options.fast or options.against)


def command(options: argparse.Namespace, kinds: list[str]) -> int:
    """Run the episodes of every contender and delay, telling progress; returns the exit code.

    kinds: of tasks.
    """
    _check(options)
    delays = {seconds: _ticks(seconds) for seconds in options.delay or [0.0]}
    will_write(options.json, options.results if options.write else None)
    running = contenders(options)
    names = ("policy", "fast", "against", "split", "embodiment", "theme", "size", "longest")
    about = {name: str(getattr(options, name)) for name in names}
    kept = Kept(Late, options.json, about, resume=options.resume)
    outcomes = _outcomes(options, kinds, running, delays, kept)
    cells = [
        _cell(outcomes, each.name, seconds, ticks)
        for seconds, ticks in delays.items()
        for each in running
    ]
    costs = _costs(options, running)
    print(_table(cells))
    print(", ".join(f"{name} {value:.1f} ms" for name, value in costs.items()), "of computing")
    record = {
        "command": f"python -m lapa {options.line}", "longest": options.longest,
        "cells": cells, "milliseconds": costs,
    }  # fmt: skip
    kept.done(record, outcomes)
    if options.write:
        update_json(options.results, {(OPEN, options.write): record})
    return 0


def _check(options: argparse.Namespace) -> None:
    for name in _OTHERS:
        if getattr(options, name):
            raise ValueError(f"--{name} does not go with --delay, --fast or --against")
    if options.workers > 1:
        raise ValueError(f"evaluation under a delay takes one worker, received {options.workers}")
    if options.against and not options.fast:
        raise ValueError("--against goes with --fast; alone, POLICY is the policy that acts")
    if options.policy == "oracle":
        raise ValueError("the oracle knows the board at once; a delay is a policy's")


def _ticks(seconds: float) -> int:
    from lapa.sim.tabletop.env import FPS

    ticks = round(seconds * FPS) if 0 <= seconds < 100 else -1
    # written so that NaN fails it, too
    if not abs(ticks - seconds * FPS) <= 1e-6:
        raise ValueError(
            f"--delay is {seconds}; accepted are 0 to 99 seconds in steps of {1 / FPS} s, a "
            "tick of the tabletop"
        )
    return ticks


def contenders(options: argparse.Namespace) -> list[Contender]:
    """Who acts: the policy that acts by itself in each way to bridge the time, and the hierarchy.

    Raises:
        OSError, ValueError: something is no policy or head, or they do not fit.
    """
    from lapa.evaluation.delayed import hierarchy
    from lapa.models.fast_head import FastHead
    from lapa.models.policy import LatentPolicy
    from lapa.sim.tabletop.env import FPS

    if not options.fast:
        return _by_itself(Path(options.policy))
    head = FastHead.from_pretrained(checkpoint_folder(options.fast))
    policy = LatentPolicy.from_pretrained(checkpoint_folder(Path(options.policy)))
    think, react = hierarchy(policy, head, rate=FPS)
    others = _by_itself(options.against) if options.against else []
    return [*others, Contender("fast", think, react)]


def _by_itself(folder: Path) -> list[Contender]:
    from lapa.evaluation.delayed import REACTIONS
    from lapa.models.policy import NO_BINS, LatentPolicy
    from lapa.models.video_policy import load_acting

    policy = load_acting(checkpoint_folder(folder))
    if policy.bins is None:
        raise ValueError(NO_BINS)
    if len(policy.bins) != 2:
        raise ValueError(f"the tabletop takes 2 numbers, {folder} gives {len(policy.bins)}")
    single = isinstance(policy, LatentPolicy) and policy.config.chunk == 1
    names = ("once", "held") if single else ("chunk",)
    return [Contender(name, policy.act, REACTIONS[name]) for name in names]


def _outcomes(
    options: argparse.Namespace,
    kinds: Sequence[str],
    running: Sequence[Contender],
    delays: dict[float, int],
    kept: Kept[Late],
) -> list[Late]:
    """All outcomes, those of before included, in order."""
    outcomes = {_key(each): each for each in kept.outcomes}
    wanted = [
        (each, seconds, kind, number)
        for seconds in delays
        for each in running
        for kind in kinds
        for number in range(options.episodes)
    ]
    left = [(c, s, k, n) for c, s, k, n in wanted if (c.name, s, k, n) not in outcomes]
    start, total = time.perf_counter(), len(left)
    for done, late in enumerate(_run(options, left, delays), 1):
        outcomes[_key(late)] = late
        kept.add([late])
        rest = duration((time.perf_counter() - start) * (total - done) / done)
        tell(f"{bar(done, total)} episode {done}/{total}, {rest} left", last=done == total)
    return [outcomes[each.name, seconds, kind, number] for each, seconds, kind, number in wanted]


def _key(late: Late) -> tuple[str, float, str, int]:
    return late.contender, late.delay, late.kind, late.number


def _run(
    options: argparse.Namespace,
    left: Sequence[tuple[Contender, float, str, int]],
    delays: dict[float, int],
) -> Iterator[Late]:
    import os

    from lapa.evaluation.delayed import Delayed
    from lapa.evaluation.success import episodes
    from lapa.sim.recorders.headless import choose_renderer
    from lapa.sim.tabletop.board import STEP

    os.environ.update(choose_renderer())
    cells = dict.fromkeys((who, seconds, kind) for who, seconds, kind, _ in left)
    for who, seconds, kind in cells:
        numbers = [number for *cell, number in left if cell == [who, seconds, kind]]
        for each in episodes(
            None, numbers, kinds=[kind], split=options.split, embodiment=options.embodiment,
            theme=options.theme, image_size=options.size, longest=options.longest,
            choose=Delayed(who.think, who.react, delays[seconds], bound=STEP),
        ):  # fmt: skip
            yield Late(who.name, seconds, kind, each.number, each.success, each.steps)


def _cell(outcomes: Sequence[Late], name: str, seconds: float, ticks: int) -> dict[str, Any]:
    """The figures of a contender under a delay; answers: of the large model in a second."""
    from lapa.evaluation.success import wilson
    from lapa.sim.tabletop.env import FPS

    own = [each for each in outcomes if (each.contender, each.delay) == (name, seconds)]
    rate: Rate = wilson(sum(each.success for each in own), len(own))
    return {
        "contender": name, "delay": seconds, "answers": FPS / max(ticks, 1),
        **asdict(rate), "rate": rate.rate,
    }  # fmt: skip


def _costs(options: argparse.Namespace, running: Sequence[Contender]) -> dict[str, float]:
    """Milliseconds of computing (of all threads together) that an answer takes, for one frame: of
    each large model, and of what a contender does at every tick."""
    import numpy as np

    from lapa.evaluation.delayed import Situation

    frame = np.zeros((1, options.size, options.size, 3), np.uint8)
    costs = {}
    for each in running:
        word = each.think(frame, [_ASKED])
        now = Situation(frame, word, np.ones(1), np.zeros((1, 2)), 1)
        costs[f"answer for {each.name}"] = _milliseconds(partial(each.think, frame, [_ASKED]))
        if each.name == "fast":
            costs["fast head"] = _milliseconds(partial(each.react, now))
    return costs


def _milliseconds(call: Callable[[], np.ndarray]) -> float:
    times = []
    for _ in range(_TIMED):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return 1000 * median(times)


def _table(cells: Sequence[dict[str, Any]]) -> str:
    lines = [f"{'delay':<8}{'contender':<12}{'answers/s':>10}{'success':>12}   95 % interval"]
    for each in cells:
        success = f"{each['done']}/{each['of']}"
        interval = f"{100 * each['low']:.0f} to {100 * each['high']:.0f} %"
        lines.append(
            f"{each['delay']:<8g}{each['contender']:<12}{each['answers']:>10.1f}{success:>12}"
            f"{interval:>16}"
        )
    return "\n".join(lines)
