"""Free play covers all directions and stays in its workspace; scripts arrive."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.sim.recorders.motion import Fingers, Wander, hold, reach, smooth

LOW, HIGH = np.array([-0.3, -0.3, 0.8]), np.array([0.3, 0.3, 1.2])


def wandered(seed: int, steps: int = 120, speed: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """(positions (steps, 3), velocities (steps, 3)) of a hand that does as it is told."""
    wander = Wander(np.random.default_rng(seed), LOW, HIGH)
    hand, places, moves = np.array([0.0, 0.0, 1.0]), [], []
    for _ in range(steps):
        move = wander(hand)
        hand = hand + speed * move
        places.append(hand)
        moves.append(move)
    return np.array(places), np.array(moves)


def test_play_goes_in_every_direction() -> None:
    moves = np.concatenate([wandered(seed)[1] for seed in range(60)])
    assert np.abs(moves).max() <= 1
    flat = np.linalg.norm(moves[:, :2], axis=1)
    angle = np.arctan2(moves[:, 1], moves[:, 0])[flat > 0.1]
    sector = np.round(angle / (np.pi / 4)).astype(int) % 8
    shares = np.bincount(sector, minlength=8) / len(sector)
    assert shares.min() > 0.05 and shares.max() < 0.25
    for sign in (-1, 1):
        assert (sign * moves[:, 2] > 0.1).mean() > 0.2
    assert 0.05 < (np.abs(moves).max(1) < 0.1).mean() < 0.3


def test_play_stays_where_the_camera_looks() -> None:
    places = np.concatenate([wandered(seed, steps=300)[0] for seed in range(30)])
    beyond = np.maximum(LOW - places, places - HIGH).max(1)
    assert beyond.max() < 0.1
    assert (beyond > 0).mean() < 0.15


def test_episodes_differ_in_pace_and_repeat_by_seed() -> None:
    speeds = [np.abs(wandered(seed)[1]).mean() for seed in range(30)]
    assert max(speeds) > 2 * min(speeds)
    np.testing.assert_array_equal(wandered(5)[1], wandered(5)[1])


def test_a_hand_outside_is_led_back() -> None:
    wander = Wander(np.random.default_rng(0), LOW, HIGH)
    far = np.array([0.9, 0.0, 1.0])
    moves = np.array([wander(far) for _ in range(60)])
    assert (moves[10:, 0] < 0).all()


def test_reach_arrives_and_then_ends() -> None:
    hand, goal = np.zeros(3), np.array([0.1, 0.0, 0.05])
    steps = []
    for offset, grip in reach(hand.copy, goal.copy, -1.0, steps=50, near=0.01):
        hand += 0.3 * offset
        steps.append(grip)
    assert np.linalg.norm(goal - hand) < 0.01
    assert 3 < len(steps) < 20 and set(steps) == {-1.0}
    assert len(list(reach(np.zeros(3).copy, goal.copy, 1.0, steps=5))) == 5


def test_hold_stays() -> None:
    held = list(hold(1.0, 3))
    assert [grip for _, grip in held] == [1.0] * 3
    assert not np.any([offset for offset, _ in held])


def test_fingers_open_and_close() -> None:
    fingers = Fingers(np.random.default_rng(1))
    grips = [fingers() for _ in range(400)]
    assert set(grips) == {-1.0, 1.0}
    assert 5 < np.count_nonzero(np.diff(grips)) < 50


@pytest.mark.parametrize("knot", [1, 4, 9])
def test_smooth_is_linear_between_knots(knot: int) -> None:
    noise = smooth(np.random.default_rng(0), 100, 3, knot)
    assert noise.shape == (100, 3)
    bend = np.abs(np.diff(noise, 2, axis=0)).max(1)
    corners = (np.arange(len(bend)) + 1) % knot == 0
    assert bend[~corners].max(initial=0) < 1e-12
    assert 0.7 < smooth(np.random.default_rng(0), 4000, 3, knot)[::knot].std() < 1.3
