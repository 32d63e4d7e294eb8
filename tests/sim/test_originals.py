"""The originals themselves, where they are installed (docs/benchmarks.md); else skipped."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lapa.data import read_episodes
from lapa.evaluation.benchmarks import play
from lapa.evaluation.remote import Remote
from lapa.sim.benchmarks import BENCHMARKS
from lapa.sim.recorders import record

pytestmark = pytest.mark.slow
# of each original a kind, the numbers of an action, and steps that tell whether all is the same
TRIED = {"language-table": ("separate", 2, 8), "simpler": ("carrot", 7, 6)}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=BENCHMARKS)
def benchmark(request: pytest.FixtureRequest):
    found = BENCHMARKS[request.param]
    try:
        found.check()
    except (ModuleNotFoundError, OSError, ValueError) as error:
        pytest.skip(str(error))
    return found


@pytest.fixture
def world(benchmark):
    opened = benchmark.open(64)
    yield opened
    opened.close()


def story(world: Any, kind: str, options: dict, seed: int, steps: int) -> str:
    """A hash of what is seen of some steps of the oracle, pictures and instruction included."""
    observation, _ = world.reset(seed=seed, options={"kind": kind, **options})
    seen, expert = hashlib.sha256(observation["instruction"].encode()), world.expert()
    for _ in range(steps):
        seen.update(observation["image"].tobytes())
        seen.update(world.render().tobytes())
        observation, *_ = world.step(expert.action())
    seen.update(observation["image"].tobytes())
    return seen.hexdigest()


ELSEWHERE = """
import sys
from lapa.sim.benchmarks import BENCHMARKS
from tests.sim.test_originals import TRIED, story
name, number = sys.argv[1], int(sys.argv[2])
kind, _, steps = TRIED[name]
world = BENCHMARKS[name].open(64)
print(story(world, kind, {"number": number}, 0, steps), story(world, kind, {}, 11, steps))
"""


def elsewhere(name: str, number: int) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, name, str(number)],
        cwd=ROOT, capture_output=True, text=True, timeout=3600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-2:]


def test_an_episode_is_the_same_in_every_process_and_after_whatever(benchmark, world) -> None:
    kind, _, steps = TRIED[benchmark.name]
    numbered, seeded = elsewhere(benchmark.name, 3)
    # after another episode, in the other order
    assert story(world, kind, {"number": 5}, 0, 2) != numbered
    assert story(world, kind, {}, 11, steps) == seeded
    assert story(world, kind, {"number": 3}, 99, steps) == numbered
    assert seeded != numbered


def test_observations_lie_in_their_space_and_a_second_world_is_refused(benchmark, world) -> None:
    kind, numbers, _ = TRIED[benchmark.name]
    observation, info = world.reset(seed=1, options={"kind": kind})
    assert world.observation_space.contains(observation)
    assert world.action_space.shape == (numbers,) == (len(benchmark.action_names),)
    assert info["kind"] == kind and not info["success"]
    with pytest.raises(RuntimeError, match="in a process of its own"):
        benchmark.open(64)


def test_without_pictures_the_world_goes_the_same_way(benchmark, world) -> None:
    kind, _, steps = TRIED[benchmark.name]
    world.reset(options={"kind": kind, "number": 1})
    expert = world.expert()
    actions = [expert.action() for _ in range(steps) if world.step(expert.action())]
    world.close()
    blind = benchmark.open(0)
    observation, _ = blind.reset(options={"kind": kind, "number": 1})
    assert set(observation) == {"instruction"}
    expert = blind.expert()
    again = [expert.action() for _ in range(steps) if blind.step(expert.action())]
    assert np.array_equal(actions, again)
    blind.close()


def test_the_oracle_succeeds_and_a_still_arm_does_not(benchmark, world) -> None:
    kind, _, _ = TRIED[benchmark.name]
    assert play(world, "oracle", kind, 0)[0].success
    played, _ = play(world, "still", kind, 0)
    assert not played.success and not any(played.rates.values())


def test_recordings_are_successes_that_are_read_again(benchmark, tmp_path: Path) -> None:
    kind, numbers, _ = TRIED[benchmark.name]
    told = list(record(benchmark.name, tmp_path, episodes=2, tasks=[kind], size=64))
    assert [each.problem for each in told] == ["", ""]
    episodes, _ = read_episodes(tmp_path)
    assert len(episodes) == 2 and all(each.action_dim == numbers for each in episodes)
    frames = episodes[0].frames
    assert frames.shape[1:] == (64, 64, 3) and len(frames) > 4


def test_over_http_a_policy_does_what_it_does_in_process(benchmark, world) -> None:
    from lapa.server import server
    from tests.evaluation.test_benchmarks import serving

    kind, numbers, _ = TRIED[benchmark.name]

    class Small:
        """A policy by how bright the sixteenths of a picture are."""

        bins = type("Bins", (), {"counts": (4,) * numbers, "__len__": lambda self: numbers})()

        def act(self, frame: np.ndarray, instruction: str) -> np.ndarray:
            parts = frame[::16, ::16].mean(-1).ravel()[:numbers]
            return np.clip((parts - 128) / 128 * 0.03 + len(instruction) / 1e5, -0.03, 0.03)

    policy = Small()

    def act(images: np.ndarray, instructions: list[str]) -> np.ndarray:
        return np.stack([policy.act(images[0], instructions[0])])

    here = play(world, act, kind, 2)
    with serving(server(policy)) as address:
        there = play(world, Remote(address), kind, 2)
    assert here == there
