"""Instructions read back as the tasks they came from."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.sim.tabletop.env import TabletopEnv, ask
from lapa.sim.tabletop.tasks import KINDS
from lapa.sim.tabletop.understand import plain, understand
from lapa.sim.tabletop.world import World

NUMBERS = range(40)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize("split", ["seen", "unseen-phrases"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_phrasing_is_understood(world: World, kind: str, split: str) -> None:
    for number in NUMBERS:
        asked = ask(world, np.random.default_rng(number), kind, split)
        read = understand(asked.instruction, world.blocks, world.places)
        told = asked.instruction
        assert (read.kind, read.block, read.follows) == (kind, asked.block, asked.follows), told
        assert (read.others, read.within) == (asked.others, asked.within), told
        assert np.allclose(read.goal_at, asked.goal_at), told


def test_writing_does_not_matter_and_what_is_wrong_is_said(world: World) -> None:
    task = ask(world, np.random.default_rng(0), "block2block")
    told = f"  Please, could you {task.instruction.upper()}!!! "
    assert plain(told) == task.instruction
    assert understand(told, world.blocks, world.places).others == task.others
    names = [block.name for block in world.blocks]
    absent = next(
        f"{colour} {shape}" for colour in ("red", "blue") for shape in ("cube", "star", "moon")
        if f"{colour} {shape}" not in names
    )  # fmt: skip
    for wrong, said in (
        ("make me a coffee", "is no task here"),
        (f"push the {absent} to the {names[0]}", f"no block '{absent}' on this board"),
        (f"push the {names[0]} to the {names[0]}", "twice"),
        ("push the red block to the center", r"blocks called 'red block'|no block 'red block'"),
    ):
        with pytest.raises(ValueError, match=said):
            understand(wrong, world.blocks, world.places)


def test_a_block_that_lies_there_is_done_already(world: World) -> None:
    world.reset(np.random.default_rng(1))
    places = world.places.copy()
    places[1] = places[0] + [0.04, 0]
    one, other = world.blocks[0].name, world.blocks[1].name
    with pytest.raises(ValueError, match="is done already"):
        understand(f"push the {one} to the {other}", world.blocks, places)


def test_the_environment_takes_anybodys_instruction() -> None:
    env = TabletopEnv(image_size=0)
    env.reset(seed=5)
    name = env.world.blocks[2].name
    seen, info = env.reset(seed=5, options={"instruction": f"push the {name} to the bottom left"})
    assert seen["instruction"] == f"push the {name} to the bottom left"
    assert env.task.block == 2 and info["kind"] == "block2absolute"
    with pytest.raises(ValueError, match="is no task here"):
        env.reset(seed=5, options={"instruction": "dance"})
