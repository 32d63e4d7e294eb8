"""A world keeps the contract of a gymnasium environment, and can be kept, restored and branched."""

from __future__ import annotations

import numpy as np
import pytest

from lapa import ImaginedWorld, imagine
from lapa.imagine import Ground, as_gymnasium


@pytest.fixture
def world(small, frame):
    return ImaginedWorld(small, frame, steps=4)


def test_reset_and_step_tell_what_an_environment_tells(world, small, frame):
    first, info = world.reset(seed=0)
    assert np.array_equal(first, small.resize(frame)) and world.observation_space.contains(first)
    assert info == {"step": 0, "codes": (), "sharpness": 1.0, "distance": None}
    action = world.action_space.sample()
    frame, reward, terminated, truncated, info = world.step(action)
    assert world.observation_space.contains(frame) and np.array_equal(frame, world.render())
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert info["codes"] == tuple(action) and info["step"] == 1 and info["sharpness"] > 0


def test_world_is_the_rollout_and_ends_at_its_horizon(world, small, frame, codes):
    world.reset()
    seen = [world.step(row) for row in codes[0, :4]]
    assert [told[3] for told in seen] == [False, False, False, True]
    expected = imagine(small, frame, actions=codes[0, :4])
    assert np.array_equal([world.moment.first, *(told[0] for told in seen)], expected)


def test_seed_draws_the_start(small, frame):
    starts = [np.roll(frame, 9 * i, 1) for i in range(5)]
    world = ImaginedWorld(small, starts)
    drawn = [world.reset(seed=seed)[0] for seed in range(8)]
    assert len(np.unique(drawn, axis=0)) > 2
    again = [world.reset(seed=seed)[0] for seed in range(8)]
    assert np.array_equal(drawn, again)
    world.reset(seed=3)
    later = world.reset()[0]
    world.reset(seed=3)
    assert np.array_equal(later, world.reset()[0]), "later resets go on from the seed"
    assert np.array_equal(world.reset(options={"start": 2})[0], small.resize(starts[2]))
    assert np.array_equal(world.reset(options={"frame": frame})[0], small.resize(frame))


def test_what_is_shown_is_the_callers_own(world, codes):
    world.reset()
    world.render()[:] = 0
    frame = world.step(codes[0, 0])[0]
    kept = frame.copy()
    frame[:] = 0
    assert np.array_equal(world.render(), kept)
    with pytest.raises(ValueError, match="read-only"):
        world.moment.frame[:] = 0


def test_moment_undoes_and_goes_another_way(world, codes):
    world.reset()
    world.step(codes[0, 0])
    kept = world.moment
    one = world.step(codes[0, 1])
    world.restore(kept)
    assert np.array_equal(world.render(), kept.frame) and world.moment.step == 1
    other, again = world.step(codes[1, 1]), None
    world.restore(kept)
    again = world.step(codes[0, 1])
    assert np.array_equal(one[0], again[0]) and one[4] == again[4]
    assert not np.array_equal(one[0], other[0])


def test_branches_are_what_stepping_would_give(world, codes):
    world.reset()
    world.step(codes[2, 0])
    here = world.moment
    branches = world.branch(codes)
    assert world.moment is here and [len(branch) for branch in branches] == [6, 6, 6]
    for branch, rows in zip(branches, codes, strict=True):
        world.restore(here)
        for moment, row in zip(branch, rows, strict=True):
            frame, *_, info = world.step(row)
            assert np.array_equal(frame, moment.frame) and info == moment.info
    world.restore(branches[1][2])
    assert world.moment.codes == tuple(map(tuple, [codes[2, 0], *codes[1, :3]]))
    assert len(world.branch(codes[0])) == 1, "one future may come without its dimension"


def test_distance_is_told_where_real_frames_are_known(small, frame, codes):
    real = np.stack([small.resize(np.roll(frame, 3 * i, 1)) for i in range(8)])
    world = ImaginedWorld(small, frame, ground=Ground.of(real, np.arange(8) // 2))
    assert world.reset()[1]["distance"] == 0
    # this decoder needs some steps until anything has moved by 20 grey levels
    (moments,) = world.branch([np.concatenate([codes[0]] * 4)])
    assert moments[-1].distance > 0.5 and moments[0].distance <= moments[-1].distance


def test_what_cannot_be_done_is_named(world, small, frame):
    with pytest.raises(RuntimeError, match="reset"):
        world.step([0, 0, 0, 0])
    for options in ({"strat": 1}, {"start": 1}, {"start": "a"}, {"frame": frame[0]}):
        with pytest.raises(ValueError, match="accepted|one frame"):
            world.reset(options=options)
    world.reset()
    before = world.moment
    for action in ([0, 0, 0], [0, 0, 0, 8], "left", [[0, 0, 0, 0]], 3):
        with pytest.raises(ValueError, match="accepted are"):
            world.step(action)
    assert world.moment is before, "a refused action changes nothing"
    with pytest.raises(ValueError, match="at least one frame"):
        ImaginedWorld(small, [])
    with pytest.raises(ValueError, match="steps is 0"):
        ImaginedWorld(small, frame, steps=0)


def test_spaces_speak_as_gymnasiums(world):
    space = world.action_space
    space.seed(4)
    drawn = [space.sample() for _ in range(50)]
    space.seed(4)
    assert np.array_equal(drawn, [space.sample() for _ in range(50)])
    assert all(map(space.contains, drawn)) and space.nvec.tolist() == [8] * 4
    assert np.min(drawn) == 0 and np.max(drawn) == 7
    for other in ([0, 0, 0], [0, 0, 0, 8], [0, 0, 0, 0.5], [[0], [0, 0]], None, "abcd"):
        assert not space.contains(other)
    assert not world.observation_space.contains(np.zeros((64, 64, 3)))


def test_gymnasium_accepts_it(small, frame):
    pytest.importorskip("gymnasium")
    from gymnasium.utils.env_checker import check_env

    world = as_gymnasium(ImaginedWorld(small, frame, steps=5))
    check_env(world, skip_render_check=True)
