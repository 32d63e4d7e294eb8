"""names.json beside a checkpoint: read, left out, or damaged."""

from __future__ import annotations

import copy
import json

import pytest

from app.core.names import is_still, names_of, read_names
from app.core.views import Model

MODEL = Model("small", "Small", code_length=2, codebook_size=3)
LEFT = {"word": "left", "pairs": 15, "agree": 12, "named": True}
OWN = {
    "still": 0.01,
    "base": [0.0, 0.1],
    "effects": [[[-0.1, 0.0], [0.0, 0.0], [0.2, 0.0]]] * 2,
    "sums": {"left": {"pairs": 30, "agree": 10, "episodes": 4, "named": False}},
    "codes": [[{**LEFT, "episodes": 4, "right": -0.1, "down": 0.0}] * 3] * 2,
    "grips": {"2.0": {"word": "opens", "pairs": 12, "agree": 7, "episodes": 3, "named": True}},
}


def write(folder, embodiments: object) -> None:
    text = json.dumps({"command": "python -m lapa drive small", "embodiments": embodiments})
    (folder / "names.json").write_text(text)


def test_names_are_those_of_the_robot_or_of_all(tmp_path) -> None:
    write(tmp_path, {"": OWN, "arm": {**OWN, "still": 0.02}})
    names = read_names(tmp_path, MODEL)
    arm, other = names_of(names, "arm"), names_of(names, "never seen")
    assert (arm["whose"], arm["still"]) == ("arm", 0.02)
    assert (other["whose"], other["still"]) == ("", 0.01)
    assert arm["codes"] == [[LEFT] * 3] * 2 and arm["effects"][1][2] == [0.2, 0.0]
    assert arm["grips"] == {"2.0": {"word": "opens", "pairs": 12, "agree": 7, "named": True}}
    assert arm["sums"] == {"left": {"word": "left", "pairs": 30, "agree": 10, "named": False}}


def test_a_checkpoint_without_names_has_none(tmp_path) -> None:
    assert read_names(tmp_path, MODEL) == {} and names_of({}, "arm") is None
    weights = tmp_path / "official.pt"
    weights.write_bytes(b"weights")
    assert read_names(weights, MODEL) == {}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (("still",), "far"),
        (("base",), [0.0]),
        (("effects",), [[[0.0, 0.0]] * 3]),
        (("codes",), [[LEFT] * 4] * 2),
        (("codes", 0, 0, "agree"), 16),
        (("codes", 0, 0, "pairs"), None),
        (("effects", 0, 0, 0), float("nan")),
        (("sums",), []),
        (("grips", "2.0", "agree"), 13),
    ],
)
def test_what_is_damaged_or_of_another_model_is_no_names(tmp_path, part, value) -> None:
    own = copy.deepcopy(OWN)
    *inside, last = part
    place = own
    for key in inside:
        place = place[key]
    place[last] = value
    write(tmp_path, {"": own})
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        read_names(tmp_path, MODEL)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"embodiments": 3}', "{"])
def test_what_is_no_list_of_names_is_no_names(tmp_path, text) -> None:
    (tmp_path / "names.json").write_text(text)
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        read_names(tmp_path, MODEL)


def test_the_page_opens_without_them(explorer, checkpoint) -> None:
    (checkpoint / "names.json").write_text("damaged")
    assert explorer.models.get("small").usable
    assert explorer.explore.names("small", "red-arm") is None
    assert "works without names.json" in explorer.models.get("small").note


def test_codes_that_are_known_to_move_are_not_still(tmp_path) -> None:
    """The motion is the base and the effect of each code: 0.1 down and 0.1 + 0.1 to the left."""
    write(tmp_path, {"": {**OWN, "still": 0.23}, "arm": {**OWN, "still": 0.22}})
    names = read_names(tmp_path, MODEL)
    assert is_still(names, "hand", (0, 0)) and not is_still(names, "arm", (0, 0))
    assert is_still({}, "arm", (0, 0)), "nothing is known of them"
    car = {"car": names[""] | {"says": {"stays": "straight on"}}}
    assert not is_still(car, "car", (0, 0)), "it goes straight on"
