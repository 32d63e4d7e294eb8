"""A policy imagines what an instruction brings about, and its finetuned twin does it.

Imagining happens here, between the presses of everybody else; the simulator has a process of its
own (simulator_process.py). Where pictures cannot be drawn, recorded episodes are shown.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from app.core import films
from app.core.checkpoints import Checkpoints, Loaded
from app.core.compare import gap_in_frames
from app.core.compute import Compute
from app.core.limits import Limits, UserError
from app.core.names import names_of
from app.core.queue import Players
from app.core.shares import asking, crowded_out
from app.core.trust import Grounds, Trust, begin_world, coloured_of
from app.core.views import Queued
from app.tabs.policy import words as say
from app.tabs.policy.recordings import Recordings, measured
from app.tabs.policy.simulator import Acting
from app.tabs.policy.simulator_process import FAST, LARGE, LONGEST, ORACLE
from app.tabs.policy.views import (
    ActedStep,
    Clock,
    ImaginedStep,
    PolicyStart,
    RaceStep,
    Tabletop,
)

Step = TypeVar("Step")

QUANTIZER, POLICY = "tabletop", "tabletop-policy"
# the last one acts on the words of POLICY
ACTORS = {"lapa": "tabletop-acting", "scratch": "tabletop-scratch", FAST: "tabletop-fast"}
FPS, STEPS = 10.0, (1, 32)
# words a second: each comes a whole number of steps after the frame that it is said of
SPEAKS, USUAL = (10.0, 5.0, 2.5, 1.0), 5.0
INSTRUCTION, SEEDS = 200, 100_000
WAIT_SECONDS = 0.5


@dataclass(frozen=True)
class Choice:
    """What is to be run. recording: the id of a recorded episode instead of a seed; frame: where
    in it. instruction: empty for the seed's or the recording's own. speaks: of SPEAKS, words a
    second of a hierarchy's large model."""

    seed: int = 0
    kind: str = "block2block"
    embodiment: str = "cylinder"
    theme: str = "sim"
    instruction: str = ""
    policy: str = "lapa"
    recording: str = ""
    frame: int = 0
    speaks: float = USUAL


@dataclass(eq=False)
class Run:
    """A visitor's run: what has been seen of it. address: where it was begun from. turn: raised to
    end what goes on in it."""

    choice: Choice
    start: PolicyStart
    number: int
    address: str = ""
    turn: int = 0
    imagined: list[np.ndarray] = field(default_factory=list)
    acted: list[np.ndarray] = field(default_factory=list)

    @property
    def nbytes(self) -> int:
        """Of its pictures."""
        return sum(image.nbytes for image in (self.start.frame, *self.imagined, *self.acted))


class Policy:
    """What the tab Policy can do.

    folder: of the checkpoints. acting: policies and the simulator. read: folder ->
    episodes, as `lapa.data.read_episodes`.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        compute: Compute,
        acting: Acting,
        limits: Limits,
        grounds: Grounds,
        *,
        folder: Path,
        read: Callable[[Path], Any],
    ) -> None:
        self._checkpoints, self._compute, self._acting = checkpoints, compute, acting
        self._limits, self._folder, self._grounds = limits, folder, grounds
        self._recordings = Recordings(folder.parent / "tabletop", read, limits)
        self._players = Players(limits.acting)
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._lock, self._loading = threading.Lock(), threading.Lock()
        self._policy: Any = None

    def about(self) -> Tabletop:
        """What can be chosen; `problem` says why nothing can."""
        try:
            kinds, embodiments, themes = self._choices()
        except UserError as error:
            return Tabletop(problem=str(error))
        actors = self._actors()
        return Tabletop(
            kinds=kinds,
            embodiments=embodiments,
            themes=themes,
            policies=(*actors, ORACLE),
            recordings=tuple(self._recordings),
            rates=measured(self._folder.parent / "results.json", ACTORS),
            gap_frames=self._gap,
            hierarchy=FAST if FAST in actors else "",
            speaks=SPEAKS,
            longest=LONGEST,
        )

    def names(self, choice: Choice) -> dict[str, Any] | None:
        """What the latent actions of this choice's embodiment do, where that is known."""
        return names_of(self._usable().names, self._embodiment(choice))

    def begin(self, choice: Choice, session: str | None) -> PolicyStart:
        """Where this choice begins; whatever ran for the visitor before ends.

        Raises:
            UserError: a choice that does not exist, or pictures that cannot be drawn.
        """
        if not session:
            raise UserError(say.NEEDS_PAGE)
        self._check(choice)
        self.drop_session(session)
        number = self._acting.number()
        start = self._start(choice, number)
        with self._lock:
            self._runs[session] = Run(choice, start, number, asking.get().address)
        self._make_room()
        return start

    def imagine(self, session: str | None, steps: int) -> Iterator[ImaginedStep | Queued]:
        """Latent actions that the policy chooses, each from the frame imagined before."""
        run, turn = self._run(session)
        if not STEPS[0] <= steps <= STEPS[1]:
            raise UserError(say.STEPS.format(least=STEPS[0], most=STEPS[1], steps=steps))
        loaded, policy = self._usable(), self._opened()
        ground = self._grounds.of(loaded.view, self._embodiment(run.choice))
        frame = self._compute.resize(loaded, run.start.frame)
        world = self._compute.run(begin_world, loaded.quantizer, frame, ground)
        trust = Trust()
        run.imagined.clear()
        with self._players.take() as place:
            while ahead := place.wait(WAIT_SECONDS):
                if run.turn != turn:
                    return
                yield Queued(ahead)
            for step in range(1, steps + 1):
                if run.turn != turn:
                    return
                told = self._compute.between(policy.propose, frame, run.start.instruction)
                codes = tuple(map(int, told.codes))
                self._compute.between(world.step, told.codes)
                moment, frame = world.moment, world.moment.frame
                trust = trust.after(step, moment.sharpness, moment.distance)
                run.imagined.append(frame)
                coloured = coloured_of(moment.frame, moment.first)
                says = trust.sentence(step, moment.sharpness, moment.distance, coloured)
                yield ImaginedStep(
                    step, frame, codes, told.probabilities, says, trust.since is None
                )

    def act(self, session: str | None, policy: str) -> Iterator[ActedStep | Queued]:
        """The simulator from the start on, a policy acting, until it is done, over or halted."""
        run, turn = self._run(session)
        run.acted.clear()
        if run.choice.recording:
            for step in self._recordings.steps(run.choice.recording, run.choice.frame):
                if run.turn != turn:
                    return
                run.acted.append(step.image)
                yield step
            return
        if policy not in (*self._actors(), ORACLE):
            raise UserError(say.NO_POLICY.format(policy=policy[:20]))
        if policy == ORACLE and not run.start.judged:
            raise UserError(say.ORACLE_KINDS)
        yield from self._in_turn(run, turn, partial(self._acted, run, turn, policy))

    def race(self, session: str | None) -> Iterator[RaceStep | Queued]:
        """Everybody who can act from the same start, a tenth of a second each in turn."""
        run, turn = self._run(session)
        if run.choice.recording:
            raise UserError(say.NO_RACE)
        racers = [*self._actors(), *([ORACLE] if run.start.judged else [])]
        yield from self._in_turn(run, turn, partial(self._raced, run, turn, racers))

    def _in_turn(
        self, run: Run, turn: int, play: Callable[[], Iterator[Step]]
    ) -> Iterator[Step | Queued]:
        """What `play` yields, once this visitor's turn has come, unless they stopped meanwhile."""
        with self._players.take() as place:
            while ahead := place.wait(WAIT_SECONDS):
                if run.turn != turn:
                    return
                yield Queued(ahead)
            if run.turn == turn:
                yield from play()

    def _raced(self, run: Run, turn: int, racers: list[str]) -> Iterator[RaceStep]:
        lanes = {policy: self._lane(run, policy) for policy in racers}
        try:
            while lanes:
                for policy, lane in list(lanes.items()):
                    if run.turn != turn:
                        return
                    acted = next(lane)
                    yield RaceStep(policy, acted)
                    if acted.over:
                        lanes.pop(policy).close()
        finally:
            for lane in lanes.values():
                lane.close()

    def _lane(self, run: Run, policy: str) -> Generator[ActedStep, None, None]:
        """A run of one's own from the same start, until it is closed."""
        number = self._acting.number()
        self._ask("begin", number, **self._words(run.choice))
        try:
            for step in itertools.count(1):
                yield self._stepped(run, number, step, policy)
        finally:
            self._ask("end", number)

    def _stepped(self, run: Run, number: int, step: int, policy: str) -> ActedStep:
        speaks = run.choice.speaks
        judged, delay = run.start.judged, round(FPS / speaks)
        told = self._ask("step", number, policy=policy, judged=judged, delay=delay)
        clock = told["clock"]
        if clock is not None:
            clock = Clock(clock["word"], clock["age"] / FPS, clock["came"], speaks)
        return ActedStep(
            step, told["frame"], told["action"], told["distance"], told["success"], told["over"],
            clock,
        )  # fmt: skip

    def _acted(self, run: Run, turn: int, policy: str) -> Iterator[ActedStep]:
        choice = run.choice
        self._ask("begin", run.number, **self._words(choice))
        try:
            step = 0
            while run.turn == turn:
                step += 1
                acted = self._stepped(run, run.number, step, policy)
                run.acted.append(acted.image)
                yield acted
                if acted.over:
                    return
        finally:
            self._ask("end", run.number)

    def halt(self, session: str | None) -> None:
        """End whatever goes on for this visitor."""
        with self._lock:
            run = self._runs.get(session or "")
        if run is not None:
            run.turn += 1

    def drop_session(self, session: str) -> None:
        """End and forget a visitor's run."""
        self.halt(session)
        with self._lock:
            self._runs.pop(session, None)

    def keep(self, session: str | None, kind: str) -> bytes:
        """Both sides of the run beside each other as mp4 or gif, a tenth of a second a frame."""
        if kind not in ("mp4", "gif"):
            raise UserError(say.NO_FILE.format(kind=kind[:20]))
        run = self._run(session)[0]
        if not run.imagined and not run.acted:
            raise UserError(say.NOTHING_KEPT)
        gap, seen = self._gap, np.stack([run.start.frame, *run.acted])
        right = list(self._compute.between(self._usable().quantizer.resize, seen))
        left = [right[0], *run.imagined]
        count = max(gap * (len(left) - 1) + 1, len(right))
        frames = films.beside(
            [left[min(at // gap, len(left) - 1)] for at in range(count)],
            [right[min(at, len(right) - 1)] for at in range(count)],
        )
        make = films.mp4 if kind == "mp4" else films.gif
        return make(frames, rate=FPS, aspect=frames[0].shape[1] / frames[0].shape[0])

    @property
    def bytes(self) -> int:
        """Pictures held now, of all sessions."""
        with self._lock:
            return sum(run.nbytes for run in self._runs.values())

    # Inside

    def _check(self, choice: Choice) -> None:
        if not 0 <= choice.seed < SEEDS:
            raise UserError(say.SEED.format(last=SEEDS - 1, seed=choice.seed))
        if len(choice.instruction) > INSTRUCTION:
            raise UserError(
                say.INSTRUCTION_LONG.format(count=len(choice.instruction), most=INSTRUCTION)
            )
        if choice.speaks not in SPEAKS:
            among = ", ".join(f"{each:g}" for each in SPEAKS)
            raise UserError(say.SPEAKS.format(speaks=choice.speaks, among=among))
        names = ("kind", "embodiment", "theme")
        for name, there in zip(names, self._choices(), strict=True):
            if getattr(choice, name) not in there:
                raise UserError(
                    say.NOT_AMONG.format(
                        name=name, choice=getattr(choice, name)[:40], names=", ".join(there)
                    )
                )

    def _choices(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Kinds of task, embodiments and themes; UserError says why nothing can be run."""
        self._usable()
        if not (self._folder / POLICY).is_dir():
            raise UserError(say.NO_CHECKPOINT.format(policy=POLICY))
        try:
            return self._acting.choices()
        except ImportError as error:
            raise UserError(say.NOT_INSTALLED.format(error=error)) from error

    @property
    def _gap(self) -> int:
        return gap_in_frames(self._usable().view.gap_seconds, FPS)

    def _start(self, choice: Choice, number: int) -> PolicyStart:
        if choice.recording:
            return self._recordings.start(choice.recording, choice.frame, choice.instruction)
        told = self._ask("begin", number, **self._words(choice))
        self._ask("end", number)
        return PolicyStart(
            told["frame"], told["instruction"], told["usual"], told["kind"], told["judged"],
            note=told["note"], chips=tuple(told["chips"]),
        )  # fmt: skip

    def _embodiment(self, choice: Choice) -> str:
        recorded = choice.recording
        return self._recordings.embodiment(recorded) if recorded else choice.embodiment

    def _words(self, choice: Choice) -> dict[str, Any]:
        return {
            "seed": choice.seed, "kind": choice.kind, "embodiment": choice.embodiment,
            "theme": choice.theme, "instruction": choice.instruction,
            "size": self._usable().view.image_size,
        }  # fmt: skip

    def _ask(self, verb: str, number: int, **words: Any) -> Any:
        folders = {**ACTORS, LARGE: POLICY}
        there = {name: self._folder / folder for name, folder in folders.items()}
        return self._acting.ask(there, verb, number, **words)

    def _actors(self) -> tuple[str, ...]:
        return tuple(name for name, path in ACTORS.items() if (self._folder / path).is_dir())

    def _usable(self) -> Loaded:
        return self._checkpoints.usable(QUANTIZER)

    def _opened(self) -> Any:
        with self._loading:
            if self._policy is None:
                try:
                    self._policy = self._compute.run(self._acting.policy, self._folder / POLICY)
                except (ValueError, OSError) as error:
                    raise UserError(say.CANNOT_LOAD.format(policy=POLICY, error=error)) from error
            return self._policy

    def _run(self, session: str | None) -> tuple[Run, int]:
        with self._lock:
            run = self._runs.get(session or "")
            if run is None:
                raise UserError(say.RUN_GONE)
            self._runs.move_to_end(session or "")
            return run, run.turn

    def _make_room(self) -> None:
        with self._lock:
            kept = [(key, run.address, run.nbytes) for key, run in self._runs.items()]
            for session in crowded_out(kept, self._limits.dream_bytes_total):
                # the latest stays
                if session != kept[-1][0]:
                    self._runs.pop(session).turn += 1
