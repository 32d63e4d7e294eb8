"""The atlas in the app: points, pairs, placement, cards, patterns, links, records, its endpoint."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from app.api.atlas import AtlasEndpoint
from app.atlases import effect
from app.limits import SequenceProblem, UserError
from app.patterns import matching, parse_pattern, written
from app.service import Explorer
from app.tabs import atlas_links as links
from app.tabs.atlas_handlers import AtlasHandlers
from app.tabs.atlas_records import STEPS, table_record
from app.views import Model
from lapa.evaluation.atlas import Atlas, Points, Thumbnails, write_atlas

MODEL = Model("small", "Small", 32, 4, 8, 0.5)
# two pairs of a clip that is here, four of clips that are not
CLIPS = ["red-push-0", "red-push-0", "blue-far-0", "blue-far-0", "blue-far-1", "red-far-0"]
CODES = [(2, 2, 2, 2), (2, 0, 2, 0), (2, 2, 2, 2), (0, 0, 0, 0), (2, 1, 2, 3), (2, 2, 2, 1)]


def some_points() -> Points:
    count = len(CLIPS)
    bodies = np.array(["red-arm" if clip.startswith("red") else "blue-arm" for clip in CLIPS])
    return Points(
        clip=np.array(CLIPS),
        embodiment=bodies,
        task=np.array(["push"] * count),
        instruction=np.array(["push the cube"] * count),
        split=np.array(["holdout"] * 2 + ["train"] * 4),
        index=np.array([2, 6, 0, 3, 1, 4], np.int32),
        gap=np.full(count, 5, np.int32),
        aspect=np.full(count, 4 / 3, np.float32),
        codes=np.array(CODES, np.uint8),
        latent=np.repeat(np.array(CODES, np.float32)[..., None], 2, -1),
        motion=np.array([(0.1, 0), (0.1, 0), (0, 0.1), (0, 0), (0.1, 0.1), (-0.1, 0)], np.float32),
        centre=np.full((count, 2), 0.5, np.float32),
        displacement=np.full((count, 3), np.nan, np.float32),
        first=np.arange(count, dtype=np.int32),
        second=np.arange(count, dtype=np.int32) + 1,
    )


@pytest.fixture
def atlas(explorer: Explorer, checkpoint: Path) -> Explorer:
    folder = checkpoint.parents[1] / "atlas"
    cloud = some_points()
    maps = {"umap2": cloud.flat[:, :2], "pca3": cloud.flat[:, 2:5]}
    about = {"model": "small", "codebook_size": 8, "usage": {"frequent": []}, "quality": {}}
    write_atlas(folder, Atlas(cloud, maps, about))
    sheets = Thumbnails(folder)
    sheets.add(np.stack([np.full((8, 8, 3), 30 * n, np.uint8) for n in range(len(CLIPS) + 1)]))
    sheets.close()
    return explorer


def test_every_point_is_told_by_name(atlas: Explorer) -> None:
    table = atlas.atlases.table("small")
    assert len(table) == 6 and table.embodiments == ("blue-arm", "red-arm")
    assert table.shipped.tolist() == [True, True, False, False, False, False]
    assert [table.clips[n] for n in table.clip] == CLIPS
    assert table.direction.tolist() == [0, 0, 6, 8, 7, 4]


def test_the_pair_behind_a_point_that_is_here(atlas: Explorer) -> None:
    pair = atlas.atlases.pair("small", 0)
    assert (pair.clip_id, pair.index, pair.whole, pair.codes) == ("red-push-0", 2, True, CODES[0])
    assert pair.future[0, 0, 0] - pair.frame[0, 0, 0] == 20  # five frames of four levels
    assert pair.decoded[0, 0, 0] - pair.frame[0, 0, 0] == 16
    # of the other embodiment the pair with the same codes, and how far it is
    assert pair.neighbours == ((2, 0.0),)


def test_of_other_clips_there_are_thumbnails(atlas: Explorer) -> None:
    pair = atlas.atlases.pair("small", 2)
    assert not pair.whole and pair.frame.shape == (8, 8, 3)
    assert abs(int(pair.frame[4, 4, 0]) - 60) < 6 and abs(int(pair.future[4, 4, 0]) - 90) < 6
    assert pair.decoded.shape == (32, 32, 3)
    both = atlas.atlases.thumbnails("small", [0, 2])
    assert len(both) == 2 and abs(int(both[0][1][4, 4, 0]) - 30) < 6


@pytest.mark.parametrize("row", [-1, 6, "2", None, True, 1.5])
def test_there_is_no_such_point(atlas: Explorer, row) -> None:
    with pytest.raises(UserError, match="the atlas has 0 to 5"):
        atlas.atlases.pair("small", row)


def test_a_frame_is_found_and_any_pair_is_placed(atlas: Explorer, send_video) -> None:
    assert atlas.atlases.row_of("small", "red-push-0", 5) == 1
    with pytest.raises(UserError, match="no point in the atlas"):
        atlas.atlases.row_of("small", "blue-push-0", 0)
    placed = atlas.atlases.place("small", "red-push-0", 2, None)
    assert placed.codes == CODES[0] and set(placed.places) == {"umap2", "pca3"}
    # 20 levels are 2.5 of the quantizer's steps in each quarter: between the points at 2
    assert placed.nearest[0][0] in (0, 2)
    clip = atlas.add_upload(send_video(count=10), "me")
    assert atlas.atlases.place("small", clip.id, 0, "me").nearest
    with pytest.raises(UserError, match="no clip"):
        atlas.atlases.place("small", clip.id, 0, "you")
    with pytest.raises(UserError, match="no true future to place"):
        atlas.atlases.place("small", "red-push-0", 19, None)


def test_a_card_of_what_a_pattern_stands_for(atlas: Explorer) -> None:
    card = atlas.atlases.card("small", (2, None, 2, None))
    assert card.pairs == 5
    told = {each.embodiment: each for each in card.effects}
    red = told["red-arm"]
    assert red.pairs == 3 and red.motion == pytest.approx((1 / 30, 0), abs=1e-4)
    assert told["red-arm"].agreement == pytest.approx(1 / 3)
    assert card.examples[0] in (0, 1, 2, 4) and len(set(card.examples)) == len(card.examples)
    # free positions stand still, which is code 0 here
    name, frame, imagined = card.shown[0]
    assert name == "red-arm" and imagined[0, 0, 0] - frame[0, 0, 0] == 16
    assert np.array_equal(imagined[0, -1], frame[0, -1])
    with pytest.raises(UserError, match="No pair of the atlas"):
        atlas.atlases.card("small", (7, 7, 7, 7))


def test_agreement_of_directions() -> None:
    assert effect("a", np.array([[0.1, 0], [0.3, 0]])).agreement == pytest.approx(1)
    assert effect("a", np.array([[0.1, 0], [-0.1, 0]])).agreement == pytest.approx(0)
    assert np.isnan(effect("a", np.zeros((3, 2))).agreement)


def test_without_an_atlas_or_with_anothers(explorer: Explorer, checkpoint: Path) -> None:
    with pytest.raises(UserError, match="There is no atlas here"):
        explorer.atlases.table("small")
    folder = checkpoint.parents[1] / "atlas"
    write_atlas(folder, Atlas(some_points(), {}, {"model": "other"}))
    with pytest.raises(UserError, match="of the checkpoint other, not of small"):
        explorer.atlases.table("small")
    (folder / "atlas.parquet").write_bytes(b"nothing")
    with pytest.raises(UserError, match="damaged"):
        explorer.atlases.table("small")


# Patterns


@pytest.mark.parametrize("seed", range(20))
def test_a_written_pattern_is_read_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pattern = tuple(None if rng.random() < 0.4 else int(rng.integers(8)) for _ in range(4))
    assert parse_pattern(written(pattern), MODEL) == pattern
    loose = written(pattern).replace(",", rng.choice([" ", " , ", ";", "  "])).strip("[]")
    assert parse_pattern(loose, MODEL) == pattern


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("3 * 0 ?", (3, None, 0, None)),
        ("(1;2;3;4)", (1, 2, 3, 4)),
    ],
)
def test_patterns_as_people_write_them(text, pattern) -> None:
    assert parse_pattern(text, MODEL) == pattern


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("[3,x,0,*]", 3, 'found "x"'),
        ("[3,9,0,*]", 3, 'found "9"'),
        ("[3,*]", 5, "2 of 4 positions"),
        ("[1,2,3,4,5]", 9, "only 4 positions"),
        ("", 0, "0 of 4"),
    ],
)
def test_errors_point_at_the_character(text, at, words) -> None:
    with pytest.raises(SequenceProblem) as caught:
        parse_pattern(text, MODEL)
    assert caught.value.position == at and words in str(caught.value)
    assert caught.value.pointer.splitlines()[-1] == " " * at + "^"


def test_what_a_pattern_matches() -> None:
    found = matching(np.array(CODES), (2, None, 2, None))
    assert np.flatnonzero(found).tolist() == [0, 1, 2, 4, 5]


# Links and the tab


def test_a_link_gives_the_same_look_again() -> None:
    look = links.Look("small", "pca3", "code2", 17, "[3,*,0,*]")
    text = links.write(look)
    assert text == "tab=atlas&v=1&m=small&map=pca3&by=code2&i=17&q=3.*.0.*"
    query = dict(pair.split("=") for pair in text.split("&"))
    back, notes = links.read(query, models=["small"], positions=4)
    assert back == links.Look("small", "pca3", "code2", 17, "3,*,0,*") and not notes
    assert links.from_event(links.to_event(look)) == look


@pytest.mark.parametrize("change", [{"map": "tsne"}, {"by": "code9"}, {"m": "other"}])
def test_what_a_link_cannot_have_is_told(change) -> None:
    look, notes = links.read({"m": "small", **change}, models=["small"], positions=4)
    assert look == links.Look("small") and len(notes) == 1 and list(change.values())[0] in notes[0]


class Event:
    def __init__(self, **data) -> None:
        self._data = data


class Visitor:
    session_hash = "me"


def test_columns_travel_as_numbers(atlas: Explorer) -> None:
    record = table_record(atlas.atlases.table("small"))
    codes = np.frombuffer(base64.b64decode(record["columns"]["codes"]), np.uint8)
    assert codes.reshape(6, 4).tolist() == [list(row) for row in CODES]
    motion = np.frombuffer(base64.b64decode(record["columns"]["motion"]), "<i2") / STEPS
    assert np.allclose(motion.reshape(6, 2), some_points().motion, atol=1e-4)
    at = np.frombuffer(base64.b64decode(record["maps"]["umap2"]["at"]), "<i2").reshape(6, 2)
    middle, half = record["scales"]["umap2"]
    assert np.allclose(at / STEPS * half + middle, some_points().flat[:, :2], atol=1e-3)
    json.dumps(record, allow_nan=False)


def test_the_tab_answers_in_records(atlas: Explorer) -> None:
    handlers, visitor = AtlasHandlers(atlas), Visitor()
    opened = handlers.open(Event(seq=1, query="?tab=atlas&by=direction&i=3"), visitor)
    assert opened["look"]["by"] == "direction" and opened["look"]["i"] == 3
    pair = handlers.pair(Event(seq=2, m="small", i=0), visitor)
    assert pair["text"] == "[2,2,2,2]" and pair["neighbours"] == [[2, 0.0]] and pair["seq"] == 2
    found = handlers.search(Event(seq=3, m="small", q="2 * 2 *"), visitor)
    assert found["text"] == "[2,*,2,*]" and found["rows"] == [0, 1, 2, 4, 5]
    assert found["card"]["pairs"] == 5
    assert "No pair" in handlers.search(Event(m="small", q="[7,7,7,7]"), visitor)["note"]
    wrong = handlers.search(Event(m="small", q="[2,x]"), visitor)
    assert wrong["at"] == 3 and re.search(r"\n   \^$", wrong["pointer"])
    placed = handlers.place(Event(m="small", c="red-push-0", f=3), visitor)
    assert placed["row"] == 0 and placed["nearest"]
    elsewhere = handlers.place(Event(m="small", c="blue-push-0", f=0), visitor)
    assert elsewhere["row"] is None and len(elsewhere["places"]["pca3"]) == 3
    assert "cannot be read" in handlers.place(Event(m="small", c="x", f="2"), visitor)["error"]
    link = handlers.link(Event(m="small", map="umap2", by="task", i=2, q=""), visitor)["link"]
    assert link == "tab=atlas&v=1&m=small&map=umap2&by=task&i=2"
    assert handlers.table({"m": "small"})["count"] == 6
    assert len(handlers.thumbnails({"m": "small", "rows": [0, 5]})["pictures"][0]) == 2
    assert "cannot be named" in handlers.thumbnails({"m": "small"})["error"]
    json.dumps([opened, pair, found, placed], allow_nan=False)


def test_the_endpoint_by_pattern_by_clip_and_bare(atlas: Explorer) -> None:
    endpoint = AtlasEndpoint(atlas)
    assert endpoint.look_up_atlas()["pairs"] == 6
    told = endpoint.look_up_atlas(pattern="[2,2,2,2]")
    assert told["pairs"] == 2 and told["points"][0]["codes"] == "[2,2,2,2]"
    assert {each["embodiment"] for each in told["effects"]} == {"red-arm", "blue-arm"}
    near = endpoint.look_up_atlas(clip="red-push-0", index=2)
    assert near["points"][0]["distance"] <= near["points"][1]["distance"]
    assert endpoint.look_up_atlas(pattern="[7,7,7,7]")["points"] == []
    json.dumps([told, near], allow_nan=False)
    for arguments, words in (
        ({"pattern": "[1]"}, "1 of 4 positions"),
        ({"pattern": "[1,1,1,1]", "clip": "red-push-0"}, "give one of them"),
        ({"clip": "red-push-0", "index": "x"}, "whole number"),
    ):
        with pytest.raises(UserError, match=words):
            endpoint.look_up_atlas(**arguments)
