"""What is planned: every robot has its turn, and no episode is confused with another."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lapa.sim.benchmarks import BENCHMARKS
from lapa.sim.recorders import FIRST_SEED, SOURCES, Job, plan
from lapa.sim.recorders.source import Recording, first_success
from lapa.sim.recorders.store import index_name
from tests.sim.fake import FAKE

# those of the `robots` set; of the tabletop and the car a tenth is held out by its names
ROBOTS = {
    name: source
    for name, source in SOURCES.items()
    if not name.startswith(("tabletop", "car-racing"))
}
# of these, those that also play; the originals name their kinds as their benchmarks do
PLAYING = {name: source for name, source in ROBOTS.items() if name not in BENCHMARKS}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_longer_plan_goes_on_with_the_shorter_one(source) -> None:
    assert plan(source, 500)[:37] == plan(source, 37)


@pytest.mark.parametrize("source", PLAYING.values(), ids=PLAYING)
def test_every_robot_and_task_has_its_turn(source) -> None:
    jobs = plan(source, 600)
    for embodiment, tasks in source.scenes:
        assert {job.task for job in jobs if job.embodiment == embodiment} == set(tasks)
    shares = Counter(job.embodiment for job in jobs)
    assert max(shares.values()) - min(shares.values()) <= 12
    assert any(job.play for job in jobs)


@pytest.mark.parametrize("source", ROBOTS.values(), ids=ROBOTS)
def test_ids_are_new(source, clips: Path) -> None:
    ids = [job.id for job in plan(source, 2000)]
    assert len(set(ids)) == len(ids)
    lines = (clips / f"{index_name(source.name)}.jsonl").read_text(encoding="utf-8").splitlines()
    held_out = [json.loads(line) for line in lines]
    assert held_out
    assert not {row["id"] for row in held_out} & set(ids)
    assert max(row["seed"] for row in held_out) < min(job.seed for job in plan(source, 10))


@pytest.mark.parametrize("source", PLAYING.values(), ids=PLAYING)
def test_names_are_those_of_the_held_out_clips(source, clips: Path) -> None:
    lines = (clips / f"{index_name(source.name)}.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        assert row["embodiment"] in source.embodiments
        assert row["task"] in source.tasks


def test_randomness_is_the_episodes_own() -> None:
    jobs = [
        Job("panda", "lift", FIRST_SEED),
        Job("panda", "stack", FIRST_SEED),
        Job("sawyer", "lift", FIRST_SEED),
        Job("panda", "lift", FIRST_SEED + 1),
    ]
    drawn = [tuple(job.rng().integers(2**31, size=4)) for job in jobs]
    assert len(set(drawn)) == len(drawn)
    assert np.array_equal(jobs[0].rng().normal(size=5), jobs[0].rng().normal(size=5))


def test_attempts_go_on_with_the_episodes_randomness_until_one_is_long_and_a_success() -> None:
    job, drawn = Job("arm", "push", 7), []

    def attempt(rng: np.random.Generator) -> Recording:
        drawn.append(int(rng.integers(2**32)))
        length, success = [(3, True), (9, False), (5, True)][len(drawn) - 1]
        frames, actions = np.zeros((length + 1, 4, 4, 3), np.uint8), np.zeros((length, 2))
        return Recording(frames, actions, ("x", "y"), 10, "push it", success)

    assert len(first_success(job, attempt, fewest=4).actions) == 5
    rng = job.rng()
    assert drawn == [int(rng.integers(2**32)) for _ in range(3)]


def test_an_oracle_that_always_fails_is_told_of() -> None:
    failed = Recording(
        np.zeros((2, 4, 4, 3), np.uint8), np.zeros((1, 2)), ("x", "y"), 10, "", False
    )
    with pytest.raises(ValueError, match="the oracle failed 5 times"):
        first_success(Job("arm", "push", 7), lambda rng: failed)


def test_only_what_is_asked_for() -> None:
    jobs = plan(FAKE, 40, embodiments=["square"], tasks=["slide", "play-turn"])
    assert {(job.embodiment, job.task) for job in jobs} == {
        ("square", "slide"),
        ("square", "play-turn"),
    }


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"episodes": 0}, "starts at 1, received 0"),
        ({"episodes": 5, "seed": 17}, "seeds start at 10000"),
        ({"episodes": 5, "embodiments": ["pandaa"]}, "no embodiment 'pandaa'; there are square"),
        ({"episodes": 5, "tasks": ["fly"]}, "no task 'fly'; there are play-slide"),
        ({"episodes": 5, "embodiments": ["box"], "tasks": ["play-turn"]}, "box cannot do"),
    ],
)
def test_wrong_plans_are_refused(options: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        plan(FAKE, **options)
