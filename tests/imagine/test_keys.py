"""Keys learned from clips whose every move is known: a square that goes where its actions say."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lapa.imagine.keys import WAYS, Key, Moves, as_json, learn_keys, watch_moves
from tests.synthetic import ARM, GAP, REACH, RED, Oracle, frame_pairs


@pytest.fixture(scope="module")
def moves() -> dict[str, Moves]:
    seen = list(watch_moves(Oracle(), frame_pairs(ARM, RED), most=120))
    done, total, found = seen[-1]
    assert done == total and [step[0] for step in seen] == sorted(step[0] for step in seen)
    return found


def test_an_arrow_is_the_code_that_moves_that_way(moves) -> None:
    keys = learn_keys(moves)
    assert set(keys) == {"arm", "red"}
    for own in keys.values():
        for name, (x, y) in WAYS.items():
            across, down = (REACH[code] for code in own[name].codes)
            # the square moves along the arrow, and less to its side
            assert across * x + down * y > abs(across * y + down * x), name
            assert own[name].agree > 0.5 and own[name].pairs >= 3
        assert own["stay"].codes == (GAP, GAP)


def test_what_one_embodiment_does_not_show_is_known_from_all() -> None:
    rng = np.random.default_rng(0)
    still = np.zeros((6, 2))
    left = still + [-0.1, 0] + rng.normal(0, 0.001, (6, 2))
    episode, grip = np.arange(6) % 3, np.full(6, np.nan)
    one = Moves(np.tile([1, 1], (6, 1)), episode, still, grip)
    two = Moves(np.tile([0, 1], (6, 1)), episode + 3, left, grip)
    keys = learn_keys({"one": one, "two": two})
    assert keys["two"]["left"].codes == (0, 1) and not keys["two"]["left"].everyone
    assert keys["one"]["left"].codes == (0, 1) and keys["one"]["left"].everyone
    assert "right" not in keys["one"] and "close" not in keys["one"]


def test_a_grip_is_told_by_the_change_of_its_command() -> None:
    codes = np.repeat([[0, 0], [1, 1]], 5, 0)
    grip = np.repeat([1.0, -1.0], 5)
    keys = learn_keys({"arm": Moves(codes, np.arange(10) % 4, np.zeros((10, 2)), grip)})["arm"]
    assert keys["close"].codes == (0, 0) and keys["open"].codes == (1, 1)


def test_few_pairs_or_one_episode_are_not_enough() -> None:
    left = np.tile([-0.1, 0], (6, 1))
    alone = Moves(np.zeros((6, 2), int), np.zeros(6, int), left, np.full(6, np.nan))
    assert learn_keys({"arm": alone}) == {"arm": {}}


def test_keys_are_plain_values() -> None:
    told = as_json({"arm": {"left": Key((1, 2), 5, 2 / 3, -0.1, 0.0)}})
    assert json.loads(json.dumps(told))["arm"]["left"]["agree"] == 0.6667
