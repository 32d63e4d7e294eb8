"""Names learned from clips whose every move is known: code k of a position moves REACH[k] steps."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lapa.imagine.keys import Moves, learn_keys, watch_moves
from lapa.imagine.names import EVERYONE, WORDS, Names, as_json, learn_names
from tests.driving import car_pairs
from tests.synthetic import ARM, GAP, RED, K, Oracle, Random, frame_pairs


def learn(quantizer: Oracle) -> dict[str, Names]:
    *_, (_, _, moves) = watch_moves(quantizer, frame_pairs(ARM, RED), most=250)
    return learn_names(moves, K)


@pytest.fixture(scope="module")
def names() -> dict[str, Names]:
    return learn(Oracle())


def made(codes: list[list[int]], motion: list[list[float]], episodes: int = 4) -> dict[str, Moves]:
    """Pairs of one arm, their episodes in turn."""
    number = len(codes)
    return {
        "arm": Moves(
            np.array(codes), np.arange(number) % episodes,
            np.array(motion, np.float64), np.full(number, np.nan),
        )
    }  # fmt: skip


def test_a_code_moves_the_mean_of_its_pairs(names) -> None:
    assert set(names) == {EVERYONE, "arm", "red"}
    for own in names.values():
        across, down = own.codes
        assert [len(position) for position in own.codes] == [K, K]
        assert [across[0].word, across[-1].word] == ["left", "right"]
        assert [down[0].word, down[-1].word] == ["up", "down"]
        assert across[0].right < -0.08 < 0.08 < across[-1].right
    pairs = [name.witness.pairs for name in names["arm"].codes[0]]
    assert sum(pairs) == sum(name.witness.pairs for name in names["arm"].codes[1])
    both = names["arm"].codes[0][0].witness.pairs + names["red"].codes[0][0].witness.pairs
    assert names[EVERYONE].codes[0][0].witness.pairs == both


def test_a_whole_latent_action_has_the_word_of_its_sum(names) -> None:
    own = names["arm"]
    words = {(0, GAP): "left", (K - 1, GAP): "right", (GAP, 0): "up", (GAP, K - 1): "down",
             (0, 0): "up-left", (K - 1, K - 1): "down-right", (GAP, GAP): "stays"}  # fmt: skip
    assert {codes: own.sum(codes) for codes in words} == words
    # the codes tell all, so that on other episodes the sum is right where the flow measures well
    agree, pairs = (sum(getattr(each, part) for each in own.sums.values())
                    for part in ("agree", "pairs"))  # fmt: skip
    assert agree > 0.8 * pairs and own.sums["left"].enough


def test_codes_that_mean_nothing_have_no_names() -> None:
    for own in learn(Random()).values():
        assert not any(name.witness.enough for position in own.codes for name in position)
        assert not any(witness.enough for witness in own.sums.values())


def test_a_name_says_how_many_pairs_bear_it_out() -> None:
    far = 0.1
    moves = [[-far, -far]] * 12 + [[far, 0]] * 3 + [[0, far]] * 10
    own = learn_names(made([[0]] * 15 + [[1]] * 10, moves), 3)["arm"]
    first, second, never = own.codes[0]
    assert (first.word, first.witness.pairs, first.witness.agree) == ("up-left", 15, 12)
    assert (second.word, second.witness.agree) == ("down", 10) and second.witness.enough
    assert never.witness.pairs == 0 and not never.witness.enough


@pytest.mark.parametrize("episodes, pairs, enough", [(4, 10, True), (4, 9, False), (1, 10, False)])
def test_few_pairs_or_one_episode_are_not_enough(episodes, pairs, enough) -> None:
    moves = made([[0]] * pairs, [[0.1, 0.0]] * pairs, episodes)
    assert learn_names(moves, 2)["arm"].codes[0][0].witness.enough is enough


def test_a_mean_that_fewer_than_half_follow_is_no_direction() -> None:
    moves = [[0.1, 0.0]] * 4 + [[0.0, 0.1]] * 3 + [[0.0, -0.1]] * 3
    name = learn_names(made([[0]] * 10, moves), 2)["arm"].codes[0][0]
    assert name.word == "right" and name.witness.agree == 4 and not name.witness.enough


def test_less_than_half_a_pixel_is_no_direction() -> None:
    own = learn_names(made([[0]] * 12, [[0.002, 0.0]] * 12), 2)["arm"]
    assert own.codes[0][0].word == "stays" and own.codes[0][0].witness.agree == 12


@pytest.mark.parametrize(
    ("change", "many", "word"),
    [(2.0, 6, "closes"), (-2.0, 7, "opens"), (2.0, 5, ""), (0.1, 12, ""), (np.nan, 12, "")],
)
def test_a_latent_action_says_what_the_gripper_does_where_half_of_its_pairs_agree(
    change: float, many: int, word: str
) -> None:
    moves = made([[0, 1]] * 12 + [[1, 1]] * 12, [[0.1, 0.0]] * 24)
    moves["arm"].grip[:12] = [change] * many + [0.0] * (12 - many)
    own = learn_names(moves, 2)["arm"]
    found = {codes: (grip, witness.agree) for codes, (grip, witness) in own.grips.items()}
    assert found == ({(0, 1): (word, many)} if word else {})
    told = as_json({"arm": own})["arm"]["grips"]
    assert [each["named"] for each in told.values()] == ([True] if word else [])
    assert list(told) == (["0.1"] if word else [])


def test_names_are_plain_values() -> None:
    told = as_json(learn_names(made([[0]] * 12, [[0.1, 0.0]] * 12), 2))
    own = json.loads(json.dumps(told))["arm"]
    assert own["codes"][0][0] == {
        "word": "right", "pairs": 12, "agree": 12, "episodes": 4, "named": True,
        "right": 0.1, "down": 0.0,
    }  # fmt: skip
    assert own["base"] == pytest.approx([0.1, 0]) and np.shape(own["effects"]) == (1, 2, 2)
    assert own["sums"]["right"]["named"] is True


def test_a_car_has_words_of_its_own() -> None:
    *_, (_, _, moves) = watch_moves(Oracle(), car_pairs(ARM), most=200)
    told = as_json(learn_names(moves, K, ["car"]))
    car, arm, all_of_them = told["car"], told["arm"], told[EVERYONE]
    assert "says" not in arm and "says" not in all_of_them
    assert set(car["says"]) == set(WORDS)
    steering, pedals = car["codes"]
    assert car["says"][steering[0]["word"]] == "steers left"
    assert car["says"][pedals[-1]["word"]] == "brakes"
    keys = learn_keys(moves, ["car"])["car"]
    assert keys["stay"].codes == (GAP, GAP)
    assert keys["left"].codes == (0, GAP) and keys["up"].codes == (GAP, 0)
    alone = as_json(learn_names({"car": moves["car"]}, K, ["car"]))
    assert alone[EVERYONE]["says"]["stays"] == "straight on"
