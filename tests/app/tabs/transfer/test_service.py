"""Transfers: one pair's latent action on every embodiment, its words, what was measured before."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from app.core.limits import UserError
from app.core.views import Model
from app.explorer import Explorer
from app.tabs.transfer import link
from app.tabs.transfer.events import TransferHandlers
from app.tabs.transfer.sentences import Found, told
from app.tabs.transfer.service import Pair, verdict
from app.tabs.transfer.views import CarriedRow, Moving
from lapa.transfer.pairs import KnownPairs, save_pairs

CLIP = "red-push-0"
MODEL = Model("small", "Small quantizer", embodiments=("red-arm", "a", "b"))
# the brightness of five frames later: one step of the small quantizer's codes is 8 levels
CODES = (2, 2, 2, 2)


def known_pairs(clips: tuple[str, ...], codes: list[tuple[int, ...]]) -> KnownPairs:
    count = len(codes)
    return KnownPairs(
        clips=clips,
        embodiments=tuple("red-arm" if clip.startswith("red") else "blue-arm" for clip in clips),
        clip=np.arange(count, dtype=np.int32) % len(clips),
        index=np.zeros(count, np.int32),
        codes=np.array(codes, np.uint8),
        latent=np.zeros((count, 4, 2), np.float16),
        motion=np.full((count, 2), 0.1, np.float16),
        centre=np.full((count, 2), 0.5, np.float16),
    )


@pytest.fixture
def measured(checkpoint: Path) -> Path:
    """A checkpoint with a matrix and pairs beside it."""
    example = {
        "clip": CLIP,
        "index": 0,
        "onto": "blue-push-0",
        "at": 3,
        "codes": list(CODES),
        "cosine": 0.5,
    }
    cell = {
        "from": "red-arm",
        "to": "blue-arm",
        "pairs": 4,
        "cosine": [0.25, None, None],
        "same_code": 0.5,
    }
    told = {
        "command": "python -m lapa transfer",
        "embodiments": ["blue-arm", "red-arm"],
        "cells": [{**cell, "best": [example], "worst": [{**example, "cosine": -1.0}]}],
    }
    (checkpoint / "transfer.json").write_text(json.dumps(told))
    pairs = known_pairs(("red-lift-0", "blue-push-0", CLIP), [(2, 2, 2, 2), (2, 2, 0, 0), CODES])
    save_pairs(checkpoint / "pairs.safetensors", pairs)
    return checkpoint


def test_an_action_is_done_on_every_embodiment(explorer: Explorer) -> None:
    found = explorer.transfer.carry("small", Pair(CLIP, 2), steps=3)
    assert found.codes == CODES and found.embodiment == "red-arm"
    # the pair's own embodiment comes first, in another clip
    assert [(row.embodiment, row.clip_id) for row in found.rows] == [
        ("red-arm", "red-lift-0"), ("blue-arm", "blue-push-0"),
    ]  # fmt: skip
    row = found.rows[1]
    frame, index = explorer.clips.frame("blue-push-0", row.index), 9 // 3
    assert row.index == index and len(row.images) == 3
    assert [int(image[0, 0, 0]) - int(frame[0, 0, 0]) for image in row.images] == [16, 32, 48]
    assert row.returned == CODES
    assert found.gain == pytest.approx(np.mean([row.gain for row in found.rows]))


def test_other_frames_are_chosen_one_by_one(explorer: Explorer) -> None:
    onto = {"blue-arm": ("blue-push-0", 7)}
    found = explorer.transfer.carry("small", Pair(CLIP, 2), onto=onto)
    assert [row.index for row in found.rows] == [12 // 3, 7]


def test_looks_that_leak_are_found(explorer: Explorer) -> None:
    # of a foreign frame this quantizer's codes tell the brightness, which is all there is of it
    onto = {"blue-arm": ("blue-push-0", 7)}
    rows = explorer.transfer.carry("small", Pair(CLIP, 2), onto=onto).rows
    # 68 is offered to 48 and comes out as 64
    assert rows[1].gain == pytest.approx(20 * np.log10(20 / 4), abs=0.01)


def test_two_pictures_or_two_uploads_are_a_pair(explorer: Explorer, send_picture) -> None:
    dark, light = (np.full((48, 64, 3), level, np.uint8) for level in (80, 96))
    found = explorer.transfer.carry("small", Pair("", pictures=(dark, light)))
    assert found.codes == CODES and found.embodiment == "" and len(found.rows) == 2
    sent = [explorer.clips.add_upload(send_picture(level=level), "me").id for level in (80, 96)]
    pair = Pair(sent[0], 0, sent[1])
    assert explorer.transfer.carry("small", pair, session="me").codes == CODES
    # nobody else's, and gone with the page
    for session, drop in (("you", False), ("me", True)):
        if drop:
            explorer.drop_session("me")
        with pytest.raises(UserError, match="no clip"):
            explorer.transfer.carry("small", pair, session=session)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"pair": Pair(CLIP, 18)}, "no true future"),
        ({"pair": Pair(CLIP, 99)}, "frames 0 to 19"),
        ({"pair": Pair("nobody")}, "no clip"),
        ({"steps": 9}, "Steps must be 1 to 8; 9 came"),
        ({"steps": 0}, "Steps must be 1 to 8"),
        ({"onto": {"green-arm": (CLIP, 0)}}, "no embodiment 'green-arm'"),
        ({"onto": {"blue-arm": (CLIP, 0)}}, "does not show blue-arm"),
        ({"model": "none"}, "no checkpoint"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(explorer: Explorer, asked, sentence) -> None:
    with pytest.raises(UserError, match=sentence):
        explorer.transfer.carry(**{"model": "small", "pair": Pair(CLIP, 2), **asked})


def test_real_pairs_bear_it_out(explorer: Explorer, measured) -> None:
    found = explorer.transfer.nearest("small", Pair(CLIP, 2))
    assert [pair.clip_id for pair in found["red-arm"]] == ["red-lift-0"]  # not the pair's own clip
    (blue,) = found["blue-arm"]
    assert (blue.codes, blue.differ) == ((2, 2, 0, 0), 2)
    assert blue.future[0, 0, 0] - blue.frame.image[0, 0, 0] == 12  # 3 frames at 5 a second


def test_what_was_measured_before(explorer: Explorer, measured) -> None:
    matrix = explorer.transfer.matrix("small")
    assert matrix.embodiments == ("blue-arm", "red-arm") and np.isnan(matrix.cells[0].low)
    cell = explorer.transfer.cell("small", "red-arm", "blue-arm")
    (example,) = explorer.transfer.examples("small", cell.best)
    assert example.imagined[0, 0, 0] - example.target.image[0, 0, 0] == 16
    with pytest.raises(UserError, match="Nothing was measured from blue-arm to red-arm"):
        explorer.transfer.cell("small", "blue-arm", "red-arm")


@pytest.mark.parametrize("text", ["{}", "not json", '{"embodiments": 3, "cells": [1]}'])
def test_a_checkpoint_does_without_or_with_damaged_files(explorer, checkpoint, text) -> None:
    (checkpoint / "transfer.json").write_text(text)
    (checkpoint / "pairs.safetensors").write_text(text)
    assert explorer.transfer.matrix("small") is None
    assert explorer.transfer.nearest("small", Pair(CLIP, 2)) == {}
    told = "It works without pairs.safetensors and transfer.json: damaged, or of another model."
    handlers = TransferHandlers(explorer.transfer, explorer.clips, explorer.models)
    assert handlers.matrix({"m": "small"}) == {"note": told}


def test_pairs_of_another_model_are_left_alone(explorer, checkpoint) -> None:
    save_pairs(checkpoint / "pairs.safetensors", known_pairs((CLIP,), [(9, 0, 0, 0)]))
    assert explorer.transfer.nearest("small", Pair(CLIP, 2)) == {}


def test_a_model_that_was_measured_on_other_robots_opens(explorer, checkpoint, measured) -> None:
    """Its pairs and examples are of clips that are not here, or of frames that they lack."""
    told = json.loads((checkpoint / "transfer.json").read_text())
    told["embodiments"] = ["mine", "red-arm"]
    (cell,) = told["cells"]
    cell["to"] = "mine"
    cell["best"][0]["onto"], cell["worst"][0]["index"] = "my-clip", 17
    (checkpoint / "transfer.json").write_text(json.dumps(told))
    pairs = known_pairs(("my-clip", "blue-push-0", "red-gone"), [CODES, CODES, CODES])
    pairs.index[1] = 7
    save_pairs(checkpoint / "pairs.safetensors", pairs)
    assert explorer.transfer.nearest("small", Pair(CLIP, 2)) == {"red-arm": (), "blue-arm": ()}
    matrix = explorer.transfer.matrix("small")
    cell = explorer.transfer.cell("small", "red-arm", "mine")
    assert [explorer.transfer.examples("small", each) for each in (cell.best, cell.worst)] == [
        [],
        [],
    ]
    handlers = TransferHandlers(explorer.transfer, explorer.clips, explorer.models)
    record = handlers.matrix({"m": "small"})
    assert record["embodiments"] == list(matrix.embodiments)
    assert record["note"] == "The model knows mine, which no clip here shows."


# Words


def row(name: str, cosine: float, *, still: bool = False) -> CarriedRow:
    moving = Moving(np.zeros((2, 2, 3), np.uint8), np.zeros(2), np.zeros(2))
    said = verdict(cosine, still=still)
    return CarriedRow(name, "c", 0, 1.0, moving, (), cosine, said, (), 0.0)


@pytest.mark.parametrize(
    ("cosines", "gain", "words"),
    [
        ([0.9, 0.8, 0.7], 0.2, ["to all other robots", "3 of 3", "+0.80", "no more than a trace"]),
        ([0.9, 0.8, 0.7, 0.9, -0.5], 0.2, ["to most other robots", "4 of 5"]),
        ([0.9, 0.1, -0.9], 2.0, ["hardly carries over", "in 1 the opposite", "2.0 dB", "part of"]),
        ([0.9, 0.8, -0.5, -0.6], 0.0, ["to some other robots", "in 2 the opposite", "+0.15"]),
    ],
)
def test_the_verdict_in_words(cosines, gain, words) -> None:
    moving = Moving(np.zeros((2, 2, 3), np.uint8), np.array([0.1, 0.0]), np.zeros(2))
    rows = [row("red-arm", 1), *(row(str(n), cosine) for n, cosine in enumerate(cosines))]
    said = told(Found(moving, rows, gain, MODEL, "red-arm"))
    assert all(word in said for word in words), said


def test_still_pairs_and_still_rows_say_so() -> None:
    nothing = Moving(np.zeros((2, 2, 3), np.uint8), np.zeros(2), np.zeros(2))
    assert "Almost nothing moves" in told(Found(nothing, [row("a", 0.0)], 0.0, MODEL))
    moving = Moving(nothing.image, np.array([0.1, 0.0]), nothing.centre)
    rows = [row("a", 0, still=True), row("b", 1)]
    assert "in 1 hardly at all" in told(Found(moving, rows, 0.0, MODEL))
    assert [verdict(c, still=False) for c in (0.5, 0.49, -0.5)] == ["same", "aside", "opposite"]


def test_nobody_is_told_more_than_the_model_can_know() -> None:
    moving = Moving(np.zeros((2, 2, 3), np.uint8), np.array([0.1, 0.0]), np.zeros(2))
    rows = [row("a", 0.9), row("b", 0.9)]
    unmeasured = told(Found(moving, rows, 0.0, Model("mine", "mine")))
    assert "mine is not known to have seen any robot" in unmeasured and "of 2" not in unmeasured
    stranger = told(Found(moving, rows, 0.0, MODEL, "panda"))
    assert stranger.startswith("small has never seen panda") and "2 of 2" in stranger
    assert told(Found(moving, [row("red-arm", 1)], 0.0, MODEL, "red-arm")).startswith("There is no")
    assert "done 4 times over, carries" in told(Found(moving, rows, 0.0, MODEL, steps=4))


def test_the_first_rows_come_before_the_words(explorer: Explorer) -> None:
    some = explorer.transfer.carry("small", Pair(CLIP, 2), most=1)
    whole = explorer.transfer.carry("small", Pair(CLIP, 2))
    assert [row.embodiment for row in some.rows] == ["red-arm"] and some.sentence == ""
    assert np.array_equal(some.rows[0].images[0], whole.rows[0].images[0])
    assert np.isnan(some.gain) and whole.sentence


# Links


def test_a_link_gives_the_same_choice_again(explorer: Explorer) -> None:
    choice = link.Choice("small", Pair(CLIP, 4), 4, {"blue-arm": ("blue-push-0", 5)})
    query = dict(pair.split("=") for pair in link.write(choice).split("&"))
    back, notes = link.read(query, models=["small"], clips=explorer.clips.all())
    assert back == choice and not notes
    assert link.from_event(link.to_event(choice)) == choice


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"c": "gone"}, "no clip named gone"),
        ({"c": "upload-x", "d": "upload-y"}, "private"),
        ({"n": "99"}, "99 steps"),
        ({"m": "other"}, "no checkpoint named other"),
        ({"on": "blue-arm~red-push-0~3"}, "frame for blue-arm"),
    ],
)
def test_what_a_link_cannot_have_is_told(explorer: Explorer, change, note) -> None:
    query = {"tab": "transfer", "m": "small", "c": CLIP, "f": "3", **change}
    _, notes = link.read(query, models=["small"], clips=explorer.clips.all())
    assert len(notes) == 1 and note in notes[0]


def test_junk_in_a_link_is_clamped(explorer: Explorer) -> None:
    query = {"tab": "transfer", "c": CLIP, "f": "-7", "n": "x", "on": "~~.."}
    choice, _ = link.read(query, models=["small"], clips=explorer.clips.all())
    assert (choice.model, choice.pair.index, choice.steps, choice.onto) == ("small", 0, 1, {})
    assert link.read({"tab": "explore", "c": CLIP}, models=["small"], clips=())[0] is None


# The tab


class Event:
    def __init__(self, **data) -> None:
        self._data = data


class Visitor:
    session_hash = "me"


def test_the_tab_answers_in_records(explorer: Explorer, measured) -> None:
    handlers = TransferHandlers(explorer.transfer, explorer.clips, explorer.models)
    chosen = {"m": "small", "c": CLIP, "f": 2, "d": None, "n": 2, "on": {}}
    told = handlers.carry(Event(seq=4, **chosen), Visitor())
    assert told["seq"] == 4 and told["text"] == "[2,2,2,2]" and len(told["rows"]) == 2
    assert told["link"] == "tab=transfer&v=1&m=small&c=red-push-0&f=2&n=2"
    assert len(told["rows"][0]["images"]) == 2
    near = handlers.nearest(Event(seq=5, **chosen), Visitor())
    assert near["pairs"]["blue-arm"][0]["differ"] == 2
    cells = handlers.matrix({"m": "small"})["cells"]
    assert cells[0]["cosine"] == 0.25 and cells[0]["interval"] == [None, None]
    shown = handlers.examples({"m": "small", "from": "red-arm", "to": "blue-arm"})
    assert shown["best"][0]["at"] == 3 and shown["worst"][0]["cosine"] == -1
    json.dumps([told, near, cells, shown], allow_nan=False)


def test_the_tab_tells_errors_in_one_sentence(explorer: Explorer) -> None:
    handlers = TransferHandlers(explorer.transfer, explorer.clips, explorer.models)
    assert "cannot be read" in handlers.carry(Event(seq=1), Visitor())["error"]
    late = handlers.carry(Event(seq=2, m="small", c=CLIP, f=19, n=1), Visitor())
    assert "no true future" in late["error"] and late["seq"] == 2
    assert handlers.matrix({"m": "small"}) == {}
    with pytest.raises(gr.Error, match="Nothing was measured"):
        handlers.chart(Event(m="small"), Visitor())
    assert "Nothing was measured" in handlers.examples({"m": "small"})["error"]
