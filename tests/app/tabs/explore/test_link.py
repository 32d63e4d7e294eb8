"""A state and its link: one gives the other back, and junk is told in words."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from app.core.views import Clip, Model
from app.tabs.explore import link

MODELS = (
    Model("robots", "Robots", 128, 4, 8, 0.6, 5_000_000),
    Model("wide", "Wide", 128, 6, 16, 0.6, 9_000_000),
)


def clip(name: str, frames: int = 30) -> Clip:
    return Clip(name, "s", "panda", "lift", "lift it", 10.0, frames, 48, 64, "holdout")


CLIPS = (clip("first"), clip("second", 50), clip("with space & sign"))


def reopened(query: str | dict, models=MODELS) -> tuple[link.State, list[str]]:
    pairs = dict(parse_qsl(query)) if isinstance(query, str) else query
    wanted, notes = link.read(pairs)
    state, more = link.settle(wanted, models=models, clips=CLIPS, opening=lambda c: c.frames // 3)
    return state, notes + more


@pytest.mark.parametrize(
    "state",
    [
        link.State("robots", "second", 12, (3, 1, 0, 6), 2, "diff"),
        link.State("robots", "first", 0, None, 0, "none"),
        link.State("robots", "first", 29, (0, 0, 0, 0), None, "slider"),
        link.State("wide", "with space & sign", 1, (15, 0, 1, 2, 3, 4), 5, "blink"),
    ],
)
def test_a_written_state_is_read_back_exactly(state: link.State) -> None:
    assert reopened(link.write(state)) == (state, [])
    assert link.from_event(link.to_event(state)) == state


def test_an_empty_query_opens_the_first_clip_on_its_opening_frame() -> None:
    assert reopened("") == (link.State("robots", "first", 10), [])


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"f": "99999"}, "asks for frame 99999; this clip has frames 0 to 29, so frame 29"),
        ({"f": "-3"}, "so frame 0 is shown"),
        ({"f": "twelve"}, "frame “twelve” is not a whole number"),
        ({"a": "1.2.3"}, "[1,2,3] does not fit robots, which takes 4 codes from 0 to 7"),
        ({"a": "1.2.3.8"}, "does not fit robots"),
        ({"a": "1.2.3.-1"}, "does not fit robots"),
        ({"a": "one.two"}, "“one.two” is not a list of codes"),
        ({"m": "gone"}, "no checkpoint named gone; robots is used"),
        ({"c": "gone"}, "no clip named gone here"),
        ({"c": "upload-x"}, "upload the file again"),
        ({"p": "9"}, "sweeps position 9; robots has positions 0 to 3"),
        ({"o": "sparkle"}, "overlay “sparkle” is not one of"),
        ({"v": "2"}, "another version"),
    ],
)
def test_junk_gives_one_sentence_and_a_state_that_can_be_shown(query: dict, sentence: str) -> None:
    state, notes = reopened(query)
    assert len(notes) == 1 and sentence in notes[0], notes
    assert state.clip == "first" and 0 <= state.index < 30
    assert state.codes is None and state.position == 0 and state.overlay == "blink"


def test_long_junk_is_shortened() -> None:
    _, notes = reopened({"c": "x" * 5000, "m": "y" * 5000, "a": "1." * 5000, "f": "z" * 5000})
    assert len(notes) == 4 and all(len(note) < 250 for note in notes)


def test_the_frame_of_a_missing_clip_is_not_applied_to_another() -> None:
    state, _ = reopened({"c": "gone", "f": "29"})
    assert state.index == 10


def test_codes_are_not_judged_by_a_checkpoint_that_cannot_be_used() -> None:
    broken = (Model("robots", "Robots", error="It is damaged."),)
    state, notes = reopened({"a": "3.1.0.6", "p": "2"}, models=broken)
    assert state.codes is None and notes == []
