"""The tabletop's rules on states made by hand, its words, its blocks, its physics, its oracle."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.sim.tabletop import board
from lapa.sim.tabletop.blocks import APART, BLOCKS, RADIUS, SHAPES, UNSEEN, outline, solid
from lapa.sim.tabletop.env import ask
from lapa.sim.tabletop.oracle import Oracle
from lapa.sim.tabletop.tasks import KINDS, SPLITS, Task, sample
from lapa.sim.tabletop.words import APART as APART_PHRASES
from lapa.sim.tabletop.words import VERBS
from lapa.sim.tabletop.world import World

GRID = np.array([[0.25 + 0.1 * (k % 3), -0.2 + 0.15 * (k // 3)] for k in range(8)])


def task(kind: str, goal: tuple[float, float], within: float, *, follows: bool = False) -> Task:
    return Task(kind, "do it", 0, (1,), goal, follows, within, GRID.copy())


def moved(block: int, place: np.ndarray) -> np.ndarray:
    places = GRID.copy()
    places[block] = place
    return places


@pytest.fixture(scope="module")
def world() -> World:
    return World()


# ---- when a task is done


def test_block_to_block_counts_the_other_where_it_is_now() -> None:
    asked = task("block2block", (0, 0), 0.05, follows=True)
    assert not asked.done(GRID)
    assert asked.done(moved(0, GRID[1] + [0.049, 0]))
    assert not asked.done(moved(0, GRID[1] + [0.051, 0]))
    both = moved(0, np.array([0.4, 0.2]))
    both[1] = [0.4, 0.24]
    assert asked.done(both)


@pytest.mark.parametrize(("kind", "within"), [("block2absolute", 0.115), ("block2relative", 0.1)])
def test_a_fixed_goal_is_a_disc(kind: str, within: float) -> None:
    asked = task(kind, (0.4, 0.1), within)
    for angle in np.linspace(0, 6, 7):
        way = np.array([np.cos(angle), np.sin(angle)])
        assert asked.done(moved(0, [0.4, 0.1] + 0.99 * within * way))
        assert not asked.done(moved(0, [0.4, 0.1] + 1.01 * within * way))


def test_beside_a_block_is_a_stretch_and_the_other_may_not_be_dragged() -> None:
    asked = task("block2blockrelative", (-0.08, 0.0), 0.04, follows=True)
    above = np.array([-1.0, 0.0])
    for far, done in ((0.08, True), (0.12, True), (0.129, False), (0.005, True), (-0.005, False)):
        assert asked.done(moved(0, GRID[1] + far * above)) is done, far
    assert not asked.done(moved(0, GRID[1] + [-0.08, 0.041]))
    places = moved(0, GRID[1] + [0.049 - 0.08, 0])
    places[1] = GRID[1] + [0.049, 0]
    assert asked.done(places)
    places += np.where(np.arange(8)[:, None] < 2, [0.004, 0], 0)
    assert not asked.done(places), "the other was dragged by more than 5 cm"


def test_apart_is_measured_to_the_point_that_was_asked_for() -> None:
    asked = task("separate", (0.5, 0.2), 0.025)
    assert asked.done(moved(0, np.array([0.5, 0.224])))
    assert not asked.done(moved(0, np.array([0.5, 0.226])))


# ---- which tasks are asked


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", SPLITS)
def test_tasks_are_open_on_the_board_and_of_their_split(kind: str, split: str, world) -> None:
    rng = np.random.default_rng(3)
    for _ in range(25):
        asked = ask(world, rng, kind, split)
        assert asked.kind == kind and not asked.done(world.places)
        assert np.array_equal(asked.start, world.places)
        if kind != "block2absolute":
            assert board.inside(asked.goal(world.places))
        named = {world.blocks[at] for at in asked.others}
        assert not named & UNSEEN
        assert (world.blocks[asked.block] in UNSEEN) is (split == "unseen-blocks")
        heard = any(
            f"{verb} the " in asked.instruction for verb in VERBS["unseen"]
        ) or asked.instruction.startswith(APART_PHRASES["unseen"][0][:8])
        assert heard is (split == "unseen-phrases")


@pytest.mark.parametrize(
    ("kind", "most", "least"), [("block2relative", 0.251, 0.149), ("separate", 0.1, 0.02)]
)
def test_how_far_a_block_is_to_go(kind: str, most: float, least: float, world) -> None:
    rng = np.random.default_rng(1)
    ways = []
    for _ in range(30):
        asked = ask(world, rng, kind)
        ways.append(np.linalg.norm(asked.goal(world.places) - world.places[asked.block]))
    assert min(ways) > least and max(ways) < most


def test_an_instruction_names_one_block_only(world) -> None:
    rng = np.random.default_rng(0)
    short = 0
    for _ in range(200):
        asked = ask(world, rng, "block2relative")
        words = set(asked.instruction.split())
        fitting = [
            block
            for block in world.blocks
            if (block.colour in words or not words & {each.colour for each in BLOCKS})
            and (block.shape in words or not words & set(SHAPES))
        ]
        assert fitting == [world.blocks[asked.block]], asked.instruction
        short += "block" in words or not words & {each.colour for each in BLOCKS}
    assert short > 0


def test_what_is_unknown_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="no kind of task 'juggle'; there are block2block"):
        sample(rng, "juggle", BLOCKS[:8], GRID)
    with pytest.raises(ValueError, match="no split 'test'; there are seen"):
        sample(rng, "separate", BLOCKS[:8], GRID, "test")
    with pytest.raises(ValueError, match="no embodiment 'crane'; there are cylinder"):
        World("crane")
    with pytest.raises(ValueError, match="no theme 'mars'; there are sim, real"):
        World(theme="mars")
    with pytest.raises(ValueError, match="no shape 'disc'"):
        outline("disc")


# ---- blocks and physics


def test_unseen_pairs_hide_no_colour_and_no_shape() -> None:
    assert len(BLOCKS) == 16 and len(UNSEEN) == 4
    assert len({block.colour for block in UNSEEN}) == len({block.shape for block in UNSEEN}) == 4


@pytest.mark.parametrize("shape", SHAPES)
def test_blocks_are_closed_solids(shape: str) -> None:
    flat = outline(shape)
    assert np.linalg.norm(flat, axis=1).max() < RADIUS + 0.004
    following = np.roll(flat, -1, 0)
    area = (flat[:, 0] * following[:, 1] - flat[:, 1] * following[:, 0]).sum() / 2
    assert area > 0, "anticlockwise"
    vertices, faces = solid(shape)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    there = {tuple(edge) for edge in edges.tolist()}
    assert len(there) == len(edges) and all((b, a) in there for a, b in there)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    assert volume == pytest.approx(0.03 * area, rel=1e-6), "faces look outwards"


def test_the_pusher_goes_where_it_is_told_and_stays_on_the_board(world) -> None:
    away = np.array([[0.2 + 0.05 * k, 0.25] for k in range(8)])
    world.lay(BLOCKS[:8], away, np.zeros(8), np.array([0.4, -0.2]))
    for _ in range(5):
        world.move(np.array([0.0, 0.5]))
    assert world.aim == pytest.approx([0.4, -0.05])
    world.move(np.zeros(2))
    world.move(np.zeros(2))
    assert world.pusher == pytest.approx([0.4, -0.05], abs=2e-3)
    assert np.allclose(world.places, away, atol=1e-6)
    for _ in range(20):
        world.move(np.array([-0.03, -0.03]))
    assert world.aim == pytest.approx(board.LOW)


def test_a_block_is_pushed_and_never_off_the_board(world) -> None:
    places = GRID.copy()
    places[0] = [0.4, 0.2]
    away = np.abs(places[1:] - places[0]).max(1) > 0.1
    places[1:][~away] = [0.2, -0.2]
    world.lay(BLOCKS[:1], places[:1], np.zeros(1), np.array([0.4, 0.1]))
    for _ in range(8):
        world.move(np.array([0.0, 0.01]))
    ahead = world.places[0] - world.pusher
    assert ahead[1] == pytest.approx(0.018 + 0.0095, abs=3e-3), "it touches the cube's side"
    for _ in range(30):
        world.move(np.array([0.0, 0.02]))
    assert board.inside(world.places[0], 0.02)


def test_layouts_overlap_nowhere_and_follow_their_seed(world) -> None:
    for seed in range(20):
        world.reset(np.random.default_rng(seed), joined=seed % 2 == 0)
        places = np.vstack([world.places, world.pusher])
        distance = np.linalg.norm(places[:, None] - places[None], axis=-1) + np.eye(9)
        assert distance.min() > APART - 1e-9
        if seed % 2 == 0:
            assert distance[0, 1] <= 0.0651
    first = world.places
    world.reset(np.random.default_rng(19), joined=False)
    assert np.array_equal(first, world.places)


# ---- the oracle


def solved(world: World, kind: str, seed: int, noise: float = 0.002) -> int | None:
    """Steps until it is done, or None."""
    rng = np.random.default_rng([seed, 5])
    asked = ask(world, rng, kind)
    oracle = Oracle(asked)
    for step in range(200):
        world.move(oracle.action(world.places, world.pusher) + rng.normal(0, noise, 2))
        if asked.done(world.places):
            return step + 1
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_the_oracle_solves_a_few_of_each(kind: str, world) -> None:
    steps = [solved(world, kind, seed) for seed in range(6)]
    assert sum(step is not None for step in steps) >= 5
    again = [solved(world, kind, seed) for seed in range(2)]
    assert again == steps[:2]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_oracle_solves_95_of_100(kind: str, world) -> None:
    steps = [solved(world, kind, seed) for seed in range(100, 200)]
    assert sum(step is not None for step in steps) >= 95
