"""How often a policy does what it is told in the originals: Language Table and SIMPLER.

Every episode follows from its kind and its number, in whatever process it is run, so that all
policies meet the same ones. `lapa.sim.benchmarks` says which originals there are.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lapa.evaluation.remote import Remote, is_address
from lapa.sim.benchmarks import ORACLE, RANDOM, STILL, Benchmark, Expert, World
from lapa.sim.recorders.store import write_video
from lapa.sim.workers import as_ended, pool

if TYPE_CHECKING:
    # its module brings the tabletop's simulator along
    from lapa.evaluation.success import Act

WORDS = (ORACLE, RANDOM, STILL)


@dataclass(frozen=True)
class Played:
    """One episode. rates: what the benchmark counts beside success (see `Benchmark.rates`)."""

    kind: str
    number: int
    instruction: str
    success: bool
    steps: int
    rates: dict[str, bool] = field(default_factory=dict)


class Baseline:
    """Who acts without a checkpoint: the oracle, any action, or none. Begun anew each episode."""

    def __init__(self, word: str, world: World, kind: str, number: int) -> None:
        self._word, self._world = word, world
        self._rng = np.random.default_rng([zlib.crc32(kind.encode()), number])
        self._expert: Expert | None = world.expert() if word == ORACLE else None

    def action(self, observation: Mapping[str, Any]) -> np.ndarray:
        """(A,) float32."""
        if self._expert is not None:
            return self._expert.action()
        if self._word == RANDOM:
            return self._world.random_action(self._rng)
        return self._world.still_action()


class Acting:
    """A policy in an episode: asked again when what it predicted is done."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._plan: list[np.ndarray] = []

    def action(self, observation: Mapping[str, Any]) -> np.ndarray:
        """(A,) in the benchmark's units."""
        if not self._plan:
            answer = self._act(observation["image"][None], [observation["instruction"]])
            self._plan = list(np.atleast_2d(np.asarray(answer)[0]))
        return self._plan.pop(0)


def play(
    world: World, who: str | Act, kind: str, number: int, *, filmed: bool = False
) -> tuple[Played, list[np.ndarray]]:
    """Run an episode of the protocol.

    Args:
        who: of WORDS, or a policy.
        filmed: hand back the benchmark's own pictures, too, (H, W, 3) uint8, one a step and the
            first.

    Raises:
        ValueError: there is no such kind or number.
    """
    observation, info = world.reset(options={"kind": kind, "number": number})
    actor = Baseline(who, world, kind, number) if isinstance(who, str) else Acting(who)
    pictures = [world.render()] if filmed else []
    steps, over = 0, False
    while not over:
        observation, _, done, cut, info = world.step(actor.action(observation))
        steps, over = steps + 1, done or cut
        if filmed:
            pictures.append(world.render())
    rates = {name: bool(each) for name, each in info.get("rates", {}).items()}
    played = Played(kind, number, observation["instruction"], bool(info["success"]), steps, rates)
    return played, pictures


def evaluate(
    benchmark: Benchmark,
    who: str,
    episodes: Sequence[tuple[str, int]],
    *,
    workers: int = 1,
    image_size: int = 128,
    films: Films | None = None,
) -> Iterator[Played]:
    """Run these episodes, (kind, number), as they end, in processes of their own.

    Args:
        who: folder of a policy that acts, of WORDS, or the address of a server (`POST /act`).
        image_size: side of the policy's pictures, pixels.
        films: keeps some of them.

    Raises:
        ModuleNotFoundError, OSError, ValueError: something is missing or does not fit.
    """
    benchmark.check()
    check(benchmark, who)
    size = 0 if who in WORDS else image_size
    try:
        with pool(workers, _begin, (benchmark, who, size)) as executor:

            def submit(job: tuple[str, int]) -> Any:
                wanted = films is not None and films.wants(job[0])
                return executor.submit(_share, *job, films.folder if films and wanted else None)

            for _, played in as_ended(executor, episodes, workers, submit):
                if films is not None:
                    films.took(played)
                yield played
    except BrokenProcessPool as error:
        raise OSError(f"a process of {benchmark.name} died; --resume goes on from here") from error


def check(benchmark: Benchmark, who: str) -> None:
    """Whether who is there and gives as many numbers as the benchmark takes.

    Raises:
        OSError, ValueError: it is not, or does not.
    """
    if who in WORDS:
        return
    count, takes = _numbers(who), len(benchmark.action_names)
    if count is not None and count != takes:
        raise ValueError(
            f"{benchmark.name} takes {takes} numbers ({', '.join(benchmark.action_names)}), "
            f"{who} gives {count}"
        )


def _numbers(who: str) -> int | None:
    """Numbers in an action; None where a server does not say."""
    if is_address(who):
        return Remote(who).numbers()
    from lapa.models.policy import NO_BINS
    from lapa.models.video_policy import load_acting

    policy = load_acting(who)
    if policy.bins is None:
        raise ValueError(f"{who}: {NO_BINS}")
    return len(policy.bins)


class Films:
    """The first success and the first failure of each kind, as `<kind>-success-<number>.mp4`."""

    def __init__(self, folder: Path) -> None:
        """folder: made if need be; what it has of earlier runs counts."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def wants(self, kind: str) -> bool:
        """Whether a next episode of this kind could be one of them."""
        return not all(self._there(kind, word) for word in ("success", "failure"))

    def took(self, played: Played) -> None:
        """Keep the first of those that are there: episodes of a kind begin in the order of their
        numbers, and end in any."""
        for each in self._there(played.kind, _word(played.success))[1:]:
            each.unlink()

    def _there(self, kind: str, word: str) -> list[Path]:
        return sorted(self.folder.glob(f"{kind}-{word}-*.mp4"))


def _word(success: bool) -> str:
    return "success" if success else "failure"


def counts(benchmark: Benchmark, outcomes: Sequence[Played]) -> dict[str, dict[str, int]]:
    """Kind -> `successes`, `episodes`, and how many for each of the benchmark's rates."""
    found = {}
    for kind in benchmark.kinds:
        mine = [each for each in outcomes if each.kind == kind]
        if mine:
            found[kind] = {
                "successes": sum(each.success for each in mine),
                "episodes": len(mine),
                **{name: sum(each.rates[name] for each in mine) for name in benchmark.rates},
            }
    return found


# of a worker's process, set once as it begins
_world: World
_who: str | Act
_fps: int


def _begin(benchmark: Benchmark, who: str, size: int) -> None:
    global _world, _who, _fps
    _world, _fps = benchmark.open(size), benchmark.fps
    _who = who if who in WORDS else _policy(who)


def _policy(who: str) -> Act:
    if is_address(who):
        return Remote(who)
    import torch

    from lapa.models.video_policy import load_acting

    torch.set_num_threads(1)
    return load_acting(who).act


def _share(kind: str, number: int, folder: Path | None) -> Played:
    played, pictures = play(_world, _who, kind, number, filmed=folder is not None)
    if folder is not None:
        name = f"{kind}-{_word(played.success)}-{number:03d}.mp4"
        draft = folder / f".{name}"
        write_video(draft, np.stack(pictures), _fps)
        draft.replace(folder / name)
    return played
