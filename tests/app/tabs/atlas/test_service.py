"""The atlas in the app: points, pairs, placement, cards, patterns, links, records, its endpoint."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.core.codes import latent_action
from app.core.limits import SequenceProblem, UserError
from app.core.views import Model
from app.explorer import Explorer
from app.tabs.atlas import link
from app.tabs.atlas.api import AtlasEndpoint
from app.tabs.atlas.events import AtlasHandlers
from app.tabs.atlas.export import GAP, LINE, MOST, SIDE, heading, on_sheet
from app.tabs.atlas.pattern import matching, parse_pattern
from app.tabs.atlas.records import STEPS, region_label, region_told, table_record
from app.tabs.atlas.service import effect, sides
from lapa.atlas import Atlas, Points, write_atlas
from lapa.atlas.points import sectors
from lapa.atlas.regions import Region
from lapa.atlas.store import sheets_of

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
        instruction=np.array(["push the cube"] * 4 + ["lift the red-hot star"] * 2),
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
    folder = checkpoint.parents[1] / "atlas" / "small"
    cloud = some_points()
    maps = {"umap2": cloud.flat[:, :2], "pca3": cloud.flat[:, 2:5]}
    about = {"model": "small", "codebook_size": 8, "usage": {"frequent": []}, "quality": {}}
    write_atlas(folder, Atlas(cloud, maps, about))
    tiles = np.stack([np.full((8, 8, 3), 30 * n, np.uint8) for n in range(len(CLIPS) + 1)])
    (sheet,) = sheets_of(tiles)
    (folder / "thumbnails-00.webp").write_bytes(sheet)
    return explorer


def test_every_point_is_told_by_name(atlas: Explorer) -> None:
    table = atlas.atlas.table("small")
    assert len(table) == 6 and table.embodiments == ("blue-arm", "red-arm")
    assert table.shipped.tolist() == [True, True, False, False, False, False]
    assert [table.clips[n] for n in table.clip] == CLIPS
    assert table.direction.tolist() == [0, 0, 6, 8, 7, 4]


def test_the_pair_behind_a_point_that_is_here(atlas: Explorer) -> None:
    pair = atlas.atlas.pair("small", 0)
    assert (pair.clip_id, pair.index, pair.whole, pair.codes) == ("red-push-0", 2, True, CODES[0])
    assert pair.future[0, 0, 0] - pair.frame[0, 0, 0] == 20  # five frames of four levels
    assert pair.decoded[0, 0, 0] - pair.frame[0, 0, 0] == 16
    # of the other embodiment the pair with the same codes, and how far it is
    assert pair.neighbours == ((2, 0.0),)


def test_of_other_clips_there_are_thumbnails(atlas: Explorer) -> None:
    pair = atlas.atlas.pair("small", 2)
    assert not pair.whole and pair.frame.shape == (8, 8, 3)
    assert abs(int(pair.frame[4, 4, 0]) - 60) < 6 and abs(int(pair.future[4, 4, 0]) - 90) < 6
    assert pair.decoded.shape == (32, 32, 3)
    both = atlas.atlas.thumbnails("small", [0, 2])
    assert len(both) == 2 and abs(int(both[0][1][4, 4, 0]) - 30) < 6


@pytest.mark.parametrize("row", [-1, 6, "2", None, True, 1.5])
def test_there_is_no_such_point(atlas: Explorer, row) -> None:
    with pytest.raises(UserError, match="the atlas has 0 to 5"):
        atlas.atlas.pair("small", row)


def test_a_frame_is_found_and_any_pair_is_placed(atlas: Explorer, send_video) -> None:
    assert atlas.atlas.row_of("small", "red-push-0", 5) == 1
    with pytest.raises(UserError, match="no point in the atlas"):
        atlas.atlas.row_of("small", "blue-push-0", 0)
    placed = atlas.atlas.place("small", "red-push-0", 2, None)
    assert placed.codes == CODES[0] and set(placed.places) == {"umap2", "pca3"}
    # 20 levels are 2.5 of the quantizer's steps in each quarter: between the points at 2
    assert placed.nearest[0][0] == 2
    clip = atlas.clips.add_upload(send_video(count=10), "me")
    assert atlas.atlas.place("small", clip.id, 0, "me").nearest
    with pytest.raises(UserError, match="no clip"):
        atlas.atlas.place("small", clip.id, 0, "you")
    with pytest.raises(UserError, match="no true future to place"):
        atlas.atlas.place("small", "red-push-0", 19, None)


def test_a_card_of_what_a_pattern_stands_for(atlas: Explorer) -> None:
    card = atlas.atlas.card("small", (2, None, 2, None))
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
        atlas.atlas.card("small", (7, 7, 7, 7))


def test_agreement_of_directions() -> None:
    assert effect("a", np.array([[0.1, 0], [0.3, 0]])).agreement == pytest.approx(1)
    assert effect("a", np.array([[0.1, 0], [-0.1, 0]])).agreement == pytest.approx(0)
    assert np.isnan(effect("a", np.zeros((3, 2))).agreement)


def test_what_is_like_a_pair_is_the_nearest_of_every_other_clip(atlas: Explorer) -> None:
    near = atlas.atlas.like("small", 0)
    # the distance of two columns of latents a code: 0, then 1, then 1 and 1, of three other clips
    assert [row for row, _ in near] == [2, 5, 4]
    assert [apart for _, apart in near] == pytest.approx([0, 2**0.5, 2])
    with pytest.raises(UserError, match="the atlas has 0 to 5"):
        atlas.atlas.like("small", 6)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("cube", [0, 1, 2, 3]),
        ("robot:red", [0, 1, 5]),
        ("red", [0, 1, 4, 5]),
        ("embodiment:Blue-arm lower", [2, 4]),
        ("right", [0, 1, 4]),
        ("up", []),
        ("direction:down push", [2, 4]),
        ("still", [3]),
        ("instruction:red-hot", [4, 5]),
        ("lift task:push", [4, 5]),
    ],
)
def test_pairs_by_words(atlas: Explorer, text, rows) -> None:
    assert atlas.atlas.find("small", text).rows.tolist() == rows


def test_what_words_are_in_and_which_are_nowhere(atlas: Explorer) -> None:
    assert dict(atlas.atlas.find("small", "red").where) == {"instruction": 2, "robot": 3}
    assert atlas.atlas.find("small", "cube banana").missing == ("banana",)
    for text, words in (("colour:red", "no field 'colour'"), ("—", "no word")):
        with pytest.raises(UserError, match=words):
            atlas.atlas.find("small", text)


def test_the_first_card_is_of_the_code_whose_pairs_agree_best(atlas: Explorer) -> None:
    # at the second position, code 0 has a motion to the right and a still one, code 1 one diagonal
    assert atlas.atlas.first("small") == (None, 0, None, None)


def test_regions_are_told_in_a_word_and_in_figures(atlas: Explorer) -> None:
    table = atlas.atlas.table("small")
    assert set(atlas.atlas.regions("small")) == {"umap2", "pca3"}
    told = {}
    for name, value in (("direction", 3), ("side", 2), ("embodiment", 1), ("code2", 3)):
        region = Region((0,), (0.0, 0.0), name, value, 1200, 0.804, 0.1)
        told[region_label(table, region)] = region_told(table, region)
    assert told == {
        "up-left": "80 % of the pairs here move up-left, and 10 % of all others.",
        "left": "80 % of the pairs here move left, give or take 45°, and 10 % of all others.",
        "red-arm": "80 % of the pairs here are of red-arm, and 10 % of all others.",
        "[*,*,3,*]": "80 % of the pairs here have [*,*,3,*], and 10 % of all others.",
    }
    still = Region((0,), (0.0, 0.0), "direction", 8, 10, 1, 0)
    assert "stand still" in region_told(table, still)


def test_four_sides_are_as_wide_as_two_sectors() -> None:
    motion = np.array([(1, 0.9), (0.9, -1), (-1, 0.1), (0.1, 1), (0, 0)], np.float32) * 0.1
    assert sides(motion, sectors(motion)).tolist() == [0, 1, 2, 3, 4]


def test_chosen_pairs_are_saved(atlas: Explorer) -> None:
    handlers = AtlasHandlers(atlas.atlas, atlas.clips, atlas.models)

    def saved(**asked):
        found = handlers.export({"m": "small", "rows": [4, 0], "words": "Lasso", **asked})
        return found["name"], base64.b64decode(found["data"])

    name, data = saved(**{"as": "csv"})
    first, *lines = list(csv.DictReader(io.StringIO(data.decode())))
    assert name == "atlas-small-2-pairs.csv" and len(lines) == 1
    assert (first["clip"], first["frame"], first["instruction"]) == (
        "blue-far-1", "1", "lift the red-hot star",
    )  # fmt: skip
    assert [first[f"code_{n}"] for n in range(4)] == ["2", "1", "2", "3"]
    assert (first["direction"], first["motion_right"], first["split"]) == (
        "down-right", "0.1", "train",
    )  # fmt: skip
    told = json.loads(saved(**{"as": "json"})[1])
    assert (told["model"], told["chosen"], len(told["pairs"])) == ("small", "Lasso", 2)
    assert told["pairs"][1]["codes"] == list(CODES[0]) and told["pairs"][1]["split"] == "holdout"
    name, data = saved(**{"as": "webp"})
    sheet = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    # row 4 has the thumbnails of level 120 and 150, in frames of 4 to 3
    top = 2 * GAP + LINE + SIDE - 20
    assert abs(sheet[top, GAP + SIDE // 2, 0] - 120) < 8
    assert abs(sheet[top, GAP + SIDE + SIDE // 2, 0] - 150) < 8
    for wrong, words in (
        ({"as": "exe"}, "not as exe"),
        ({"rows": [6]}, "0 to 5"),
        ({"rows": "all"}, "0 to 5"),
        ({"rows": []}, "0 to 5"),
        ({"rows": [0.5]}, "0 to 5"),
        ({"rows": [True]}, "0 to 5"),
        ({"rows": [[0], [1]]}, "0 to 5"),
    ):
        assert words in handlers.export({"m": "small", "rows": [0], "as": "csv", **wrong})["error"]


def test_a_sheet_of_very_many_shows_some_evenly_and_says_so() -> None:
    assert on_sheet(np.arange(1000))[[0, -1]].tolist() == [0, 999]
    assert len(on_sheet(np.arange(1000))) == MOST and len(on_sheet(np.arange(7))) == 7
    assert heading("small", MOST, 1000, "up") == f"small: {MOST} of 1,000 pairs, evenly; up"
    assert heading("small", 7, 7, "") == "small: 7 pairs"


def test_without_an_atlas_or_with_anothers(explorer: Explorer, checkpoint: Path) -> None:
    parts = r"checkpoints/small --data VIDEO --out \S+/atlas/small$"
    with pytest.raises(UserError, match=rf"no atlas of small yet.* lapa atlas \S*{parts}"):
        explorer.atlas.table("small")
    with pytest.raises(UserError, match="There is no checkpoint"):
        explorer.atlas.table("../small")
    folder = checkpoint.parents[1] / "atlas" / "small"
    write_atlas(folder, Atlas(some_points(), {}, {"model": "other"}))
    with pytest.raises(UserError, match="of the checkpoint other, not of small"):
        explorer.atlas.table("small")
    (folder / "atlas.parquet").write_bytes(b"nothing")
    with pytest.raises(UserError, match="damaged"):
        explorer.atlas.table("small")


# Patterns


@pytest.mark.parametrize("seed", range(20))
def test_a_written_pattern_is_read_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pattern = tuple(None if rng.random() < 0.4 else int(rng.integers(8)) for _ in range(4))
    assert parse_pattern(latent_action(pattern), MODEL) == pattern
    loose = latent_action(pattern).replace(",", rng.choice([" ", " , ", ";", "  "])).strip("[]")
    assert parse_pattern(loose, MODEL) == pattern


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("3 * 0 ?", (3, None, 0, None)),
        ("(1;2;3;4)", (1, 2, 3, 4)),
        ("3", (3, None, None, None)),
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
    look = link.Look("small", "pca3", "code2", 17, "[3,*,0,*]")
    text = link.write(look)
    assert text == "tab=atlas&v=1&m=small&map=pca3&by=code2&i=17&q=3.*.0.*"
    query = dict(pair.split("=") for pair in text.split("&"))
    back, notes = link.read(query, models=["small"], positions=4)
    assert back == link.Look("small", "pca3", "code2", 17, "3,*,0,*") and not notes
    assert link.from_event(link.to_event(look)) == look


def test_words_that_were_searched_are_kept_in_a_link_as_they_are() -> None:
    look = link.Look("small", pattern="robot:red no. 3")
    query = dict(parse_qsl(link.write(look)))
    assert link.read(query, models=["small"], positions=4)[0].pattern == "robot:red no. 3"


@pytest.mark.parametrize("change", [{"map": "tsne"}, {"by": "code9"}, {"m": "other"}])
def test_what_a_link_cannot_have_is_told(change) -> None:
    look, notes = link.read({"m": "small", **change}, models=["small"], positions=4)
    assert look == link.Look("small") and len(notes) == 1 and list(change.values())[0] in notes[0]


class Event:
    def __init__(self, **data) -> None:
        self._data = data


class Visitor:
    session_hash = "me"


def test_columns_travel_as_numbers(atlas: Explorer) -> None:
    record = table_record(atlas.atlas.table("small"))
    codes = np.frombuffer(base64.b64decode(record["columns"]["codes"]), np.uint8)
    assert codes.reshape(6, 4).tolist() == [list(row) for row in CODES]
    motion = np.frombuffer(base64.b64decode(record["columns"]["motion"]), "<i2") / STEPS
    assert np.allclose(motion.reshape(6, 2), some_points().motion, atol=1e-4)
    at = np.frombuffer(base64.b64decode(record["maps"]["umap2"]["at"]), "<i2").reshape(6, 2)
    middle, half = record["scales"]["umap2"]
    assert np.allclose(at / STEPS * half + middle, some_points().flat[:, :2], atol=1e-3)
    json.dumps(record, allow_nan=False)


def test_the_tab_answers_in_records(atlas: Explorer) -> None:
    handlers, visitor = AtlasHandlers(atlas.atlas, atlas.clips, atlas.models), Visitor()
    opened = handlers.open(Event(seq=1, query="?tab=atlas&by=direction&i=3"), visitor)
    assert opened["look"]["by"] == "direction" and opened["look"]["i"] == 3
    pair = handlers.pair(Event(seq=2, m="small", i=0), visitor)
    assert pair["text"] == "[2,2,2,2]" and pair["neighbours"] == [[2, 0.0]] and pair["seq"] == 2
    found = handlers.search(Event(seq=3, m="small", q="2 * 2 *"), visitor)
    assert found["text"] == "[2,*,2,*]" and found["rows"] == [0, 1, 2, 4, 5]
    assert found["card"]["pairs"] == 5
    assert "No pair" in handlers.search(Event(m="small", q="[7,7,7,7]"), visitor)["note"]
    words = handlers.search(Event(m="small", q=" lift   star"), visitor)
    assert words["text"] == "lift star" and words["rows"] == [4, 5] and "card" not in words
    assert words["where"] == {"instruction": 2}
    assert "No pair has “wxyz”" in handlers.search(Event(m="small", q="wxyz"), visitor)["note"]
    assert "none has all" in handlers.search(Event(m="small", q="cube star"), visitor)["note"]
    near = handlers.like(Event(m="small", i=0), visitor)["nearest"]
    assert near[0] == [2, 0] and near[1] == [5, 1.414]
    wrong = handlers.search(Event(m="small", q="[2,x]"), visitor)
    assert wrong["at"] == 3 and re.search(r"\n   \^$", wrong["pointer"])
    with pytest.raises(gr.Error, match="does not know how the codes are used"):
        handlers.chart(Event(m="small", p=0), visitor)
    placed = handlers.place(Event(m="small", c="red-push-0", f=3), visitor)
    assert placed["row"] == 0 and placed["nearest"]
    refused = handlers.bring(Event(path="/etc/hostname"), visitor)
    assert "upload it again" in refused["error"], "only what was just uploaded is read"
    elsewhere = handlers.place(Event(m="small", c="blue-push-0", f=0), visitor)
    assert elsewhere["row"] is None and len(elsewhere["places"]["pca3"]) == 3
    assert "cannot be read" in handlers.place(Event(m="small", c="x", f="2"), visitor)["error"]
    link = handlers.link(Event(m="small", map="umap2", by="task", i=2, q=""), visitor)["link"]
    assert link == "tab=atlas&v=1&m=small&map=umap2&by=task&i=2"
    table = handlers.table({"m": "small"})
    assert table["count"] == 6 and table["first"] == "[*,0,*,*]"
    assert len(table["regions"]["umap2"]["middles"]) == len(set(CODES[n][0] for n in range(6)))
    assert len(handlers.thumbnails({"m": "small", "rows": [0, 5]})["pictures"][0]) == 2
    assert "cannot be named" in handlers.thumbnails({"m": "small"})["error"]
    json.dumps([opened, pair, found, placed], allow_nan=False)


def test_a_link_is_read_by_the_positions_of_its_own_model() -> None:
    several = (MODEL, replace(MODEL, name="eight", code_length=1))
    handlers = AtlasHandlers(None, None, SimpleNamespace(all=lambda: several))
    for model, by in (("small", "code3"), ("eight", "direction")):
        opened = handlers.open(Event(query=f"?m={model}&by=code3"), Visitor())
        assert (opened["look"]["m"], opened["look"]["by"]) == (model, by)
    assert opened["notes"] == ["There is no colouring code3; direction is shown."]


def test_the_endpoint_by_pattern_by_clip_and_bare(atlas: Explorer) -> None:
    endpoint = AtlasEndpoint(atlas.atlas, atlas.models)
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
