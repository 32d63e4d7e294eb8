"""The tab Imagine without a browser: its links, and what its handlers answer."""

from __future__ import annotations

import random
from types import SimpleNamespace

import gradio as gr
import pytest

from app.core.limits import UserError
from app.explorer import Explorer
from app.tabs.imagine.events import BROKEN, ImagineHandlers
from app.tabs.imagine.link import read_tree

CLIP = "red-push-0"


def grown(seed: int) -> list[tuple[int, tuple[int, ...]]]:
    """A random tree whose chains are whole: each goes on from its last moment, or forks."""
    dice = random.Random(seed)
    moves: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(dice.randint(1, 30)):
        parent = len(moves) if dice.random() < 0.7 else dice.randint(0, len(moves))
        moves.append((parent, tuple(dice.randrange(3) for _ in range(4))))
    return moves


def written(moves: list[tuple[int, tuple[int, ...]]]) -> str:
    """A tree as the browser writes it in a link (tree.js), for moves whose chains are whole."""
    chains: list[str] = []
    last = 0
    for number, (parent, codes) in enumerate(moves, start=1):
        word = ".".join(map(str, codes))
        if number == 1 or parent != last:
            chains.append((f"@{parent}:" if parent else "") + word)
        else:
            chains[-1] += f"_{word}"
        last = number
    return "~".join(chains)


@pytest.mark.parametrize("seed", range(60))
def test_a_tree_is_read_as_it_was_written(seed: int) -> None:
    moves = grown(seed)
    assert read_tree(written(moves)) == moves


def test_a_repeated_action_is_written_out() -> None:
    assert read_tree("1.2*3~@1:0.0") == [(0, (1, 2)), (1, (1, 2)), (2, (1, 2)), (1, (0, 0))]
    assert read_tree("") == []


@pytest.mark.parametrize("text", ["x", "1.2_", "@9:1.2", "1.2*9999_1.2", "1..2", "@:1", "1.2*0x"])
def test_a_link_that_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_tree(text)


def visitor(session: str | None = "me") -> SimpleNamespace:
    return SimpleNamespace(session_hash=session)


def event(op: str, **data) -> gr.EventData:
    return gr.EventData(None, {"op": op, "seq": 7, **data})


@pytest.fixture
def handlers(explorer: Explorer) -> ImagineHandlers:
    made = ImagineHandlers(explorer.imagine)
    begun = made.asked(event("begin", m="small", c=CLIP, f=0), visitor())
    assert begun["kind"] == "begun" and begun["seq"] == 7 and begun["longest"] == 3
    assert [key["name"] for key in begun["keys"]] == ["stay"]
    return made


def test_a_step_answers_with_its_moment(handlers: ImagineHandlers) -> None:
    answer = handlers.asked(event("step", a=[1, 0, 0, 0]), visitor())
    (step,) = answer["steps"]
    assert answer["here"] == 1 and step["parent"] == 0 and step["codes"] == [1, 0, 0, 0]
    assert step["src"].startswith("data:image/jpeg") and step["far"] is None
    distance, sharpness = handlers.chart(event(""), visitor()).data
    assert list(sharpness.x) == [0, 1] and list(distance.y) == [None, None]


@pytest.mark.parametrize(
    ("op", "data", "sentence"),
    [
        ("step", {"a": [9, 0, 0, 0]}, "out of range"),
        ("step", {}, "cannot be read"),
        ("go", {"n": "x"}, "cannot be read"),
        ("go", {"n": -1}, "no moment -1"),
        ("nothing", {}, "cannot be read"),
        ("keep", {"what": "exe", "rate": 1}, "no such file as exe"),
        ("read", {"text": "[1,0,0,0]", "times": 0}, "4096"),
        ("futures", {"n": 0, "text": "\n \n"}, "at least one sequence"),
    ],
)
def test_what_is_wrong_is_one_sentence(handlers, op, data, sentence) -> None:
    answer = handlers.asked(event(op, **data), visitor())
    assert answer["kind"] == "error" and sentence in answer["error"] and answer["seq"] == 7


def test_an_error_in_a_line_points_into_the_whole_text(handlers: ImagineHandlers) -> None:
    text = "[1,0,0,0]\n[1,0,9,0]"
    answer = handlers.asked(event("futures", n=0, text=text), visitor())
    assert answer["kind"] == "problem" and answer["error"].startswith("Line 2: Character 6")
    assert text[answer["position"]] == "9"


def test_a_fault_of_ours_is_an_answer_too(handlers, explorer) -> None:
    explorer.imagine.step = lambda *_: 1 / 0
    assert handlers.asked(event("step", a=[0, 0, 0, 0]), visitor())["error"] == BROKEN


def test_what_goes_on_ends_with_a_record(handlers: ImagineHandlers) -> None:
    told = list(handlers.playing(event("run", text="[1,0,0,0] x3"), visitor()))
    kinds = [record["kind"] for record in told]
    assert kinds == ["many", "grown", "grown", "grown", "over", "ended"]
    told = list(handlers.playing(event("run", text="[1,0,0"), visitor()))
    assert [record["kind"] for record in told] == ["problem", "ended"]


def test_a_link_and_a_file_give_the_same_dream(handlers: ImagineHandlers) -> None:
    for _ in handlers.playing(event("run", text="[1,0,0,0] x2, [0,2,0,0]"), visitor()):
        pass
    tree = {"tree": "1.0.0.0*2_0.2.0.0", "here": 3, "pins": [1]}
    told = list(handlers.playing(event("rebuild", m="small", c=CLIP, f=0, **tree), visitor("you")))
    assert told[-2]["kind"] == "here" and told[-2]["here"] == 3 and told[-2]["pins"] == [1]
    kept = handlers.asked(event("keep", what="json", rate=8, pins=[]), visitor())
    assert kept["name"] == f"dream-{CLIP}.json" and kept["url"].startswith("data:application/json")


def test_a_replay_comes_with_its_curve_and_its_words(handlers: ImagineHandlers) -> None:
    told = list(handlers.replaying(event("replay", f=0, every=1), visitor()))
    kinds = [record["kind"] for record, _ in told]
    assert kinds == ["replay", "replayed", "replayed", "replayed", "judged", "ended"]
    assert "every step from the true frame" in told[-2][0]["sentence"]
    curves = [curve for _, curve in told if hasattr(curve, "data")]
    assert len(curves[-1].data[1].x) == 3
