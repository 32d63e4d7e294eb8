"""The game: fair pairs, wrong answers that look wrong, and the same rounds for everybody."""

from __future__ import annotations

import numpy as np
import pytest
from gradio import EventData

from app.core.limits import UserError
from app.explorer import Explorer
from app.tabs.explore.guess.choice import is_fair, unlike
from app.tabs.explore.guess.events import GuessHandlers


def grey(level: float) -> np.ndarray:
    return np.full((4, 4, 3), level, np.uint8)


def test_a_pair_is_fair_where_it_moves_and_its_code_tells_how() -> None:
    assert is_fair(grey(100), grey(120), grey(116))
    assert not is_fair(grey(100), grey(120), grey(141)), "a copy of the frame is nearer"
    assert not is_fair(grey(100), grey(100), grey(100)), "nothing moves"


def test_wrong_answers_look_unlike_the_right_one_and_one_another() -> None:
    frame, future, right = grey(100), grey(120), grey(118)
    levels = [119, 60, 61, 150, 100, 125]
    # the right one moves 18: 12.6 apart from it at least, 6.3 from one another
    chosen = unlike(frame, future, right, [grey(level) for level in levels], 3)
    assert [levels[n] for n in chosen] == [60, 150, 100]
    assert unlike(frame, future, right, [grey(level) for level in (119, 60, 61, 125)], 2) is None
    # as near to the truth as the right one: it would be as good an answer
    assert unlike(grey(100), grey(120), grey(110), [grey(130)], 1) is None


@pytest.fixture
def handlers(explorer: Explorer) -> GuessHandlers:
    return GuessHandlers(explorer.guess, explorer.explore)


def ask(handlers: GuessHandlers, **event) -> dict:
    class Visitor:
        session_hash = "one"

    return handlers.round(
        EventData(None, {"seq": 1, "m": "small", "game": 7, "n": 0} | event), Visitor
    )


def test_a_round_holds_the_pairs_own_codes_once(explorer: Explorer, handlers) -> None:
    seen, places = set(), set()
    for n in range(10):
        found = ask(handlers, n=n)
        codes = [tuple(option["codes"]) for option in found["options"]]
        assert len(set(codes)) == 4
        pair = explorer.explore.encode_clip("small", found["clip"], found["index"])
        assert codes[found["right"]] == pair.codes
        seen.add((found["clip"], found["index"]))
        places.add(found["right"])
    assert len(seen) > 3 and len(places) > 1


def test_a_link_gives_the_same_rounds_on_any_visit(explorer, handlers, small_world) -> None:
    elsewhere = small_world()
    other = GuessHandlers(elsewhere.guess, elsewhere.explore)
    for n in (3, 0):
        assert ask(handlers, n=n) == ask(other, n=n)
    assert ask(handlers, n=1) != ask(handlers, n=2)
    assert ask(handlers, game=8) != ask(handlers, game=9)


@pytest.mark.parametrize(
    "event", [{"n": 10}, {"n": -1}, {"game": 10**6}, {"game": "7"}, {"n": True}, {"m": "nope"}]
)
def test_what_is_no_round_is_said(handlers, event) -> None:
    assert set(ask(handlers, **event)) == {"error", "seq"}


def test_a_robot_that_a_model_does_not_know_is_not_asked_about(make_explorer, write_usage) -> None:
    group = {"pairs": 3, "frequent": [], "still": [0, 0, 0, 0]}
    write_usage({"pairs": 3, "overall": group, "embodiments": {"blue-arm": group}})
    explorer = make_explorer()
    clips = {explorer.guess.round("small", 1, n).clip.embodiment for n in range(6)}
    assert clips == {"blue-arm"}
    write_usage({"pairs": 3, "overall": group, "embodiments": {"green-arm": group}})
    with pytest.raises(UserError, match="no pair whose codes of small look different"):
        make_explorer().guess.round("small", 1, 0)
