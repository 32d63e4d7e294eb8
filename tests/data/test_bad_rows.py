"""One bad row of a set's lists is named and left out, whatever it holds; names that are no text."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lapa.data import Cache, read_episodes
from lapa.data.splits import split_of

from .conftest import shades
from .lerobot_sets import write_v21, write_v30

LENGTHS = (5, 6, 7)
DEEP = "[" * 100_000


@pytest.fixture(scope="module", params=[write_v21, write_v30], ids=["v2.1", "v3.0"])
def lerobot(request, tmp_path_factory, write_video) -> Path:
    return request.param(tmp_path_factory.mktemp("sets") / "pusht", write_video, LENGTHS)


def with_rows(tmp_path: Path, whole: Path, change) -> Path:
    """A copy of a set; change: of the list of its episodes' rows."""
    root = tmp_path / "pusht"
    shutil.copytree(whole, root)
    lines, table = root / "meta/episodes.jsonl", root / "meta/episodes/chunk-000/file-000.parquet"
    if lines.exists():
        rows = change([json.loads(line) for line in lines.read_text().split("\n") if line])
        lines.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8-sig")
    else:
        rows = change(pq.read_table(table).to_pylist())
        pq.write_table(pa.Table.from_pylist(rows), table)
        # what a Mac leaves beside it
        table.with_name(f"._{table.name}").write_bytes(b"no table")
    return root


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("length", None, "its length is None, a whole number is accepted"),
        ("length", -1, "its length is -1, a whole number is accepted"),
        ("episode_index", None, "its episode_index is None, a whole number is accepted"),
        ("episode_index", 0, "is listed twice"),
    ],
)
def test_a_bad_row_of_lerobot_is_named(tmp_path, lerobot, field, value, said) -> None:
    root = with_rows(tmp_path, lerobot, lambda rows: [rows[0], {**rows[1], field: value}, rows[2]])
    episodes, report = read_episodes(root)
    assert [e.id for e in episodes] == ["pusht/000000", "pusht/000002"]
    assert [each.reason for each in report.skipped] == [said]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no JSON", "is not a JSON object"),
        ("[1]", "is not a JSON object"),
        (DEEP, "is not a JSON object"),
        ('{"episode_index": NaN, "length": 5}', "its episode_index is nan"),
        ('{"episode_index": true, "length": 5}', "its episode_index is True"),
        ('{"episode_index": 1, "length": 5, "tasks": [3]}', "its tasks are [3], a list of texts"),
    ],
)
def test_a_line_of_lerobot_that_is_none_is_named(tmp_path, write_video, line, said) -> None:
    root = write_v21(tmp_path / "pusht", write_video, (5, 5))
    lines = root / "meta/episodes.jsonl"
    good, _, _ = lines.read_text().split("\n")
    lines.write_text(f"{good}\n{line}\n")
    (episode,), report = read_episodes(root)
    assert episode.instruction == "task 0" and said in report.skipped[0].reason


def test_a_task_that_is_a_text_is_one_task(tmp_path, lerobot) -> None:
    if not (lerobot / "meta/episodes.jsonl").exists():
        pytest.skip("a table has one type for all rows")
    root = with_rows(tmp_path, lerobot, lambda rows: [{**rows[0], "tasks": "push it"}, *rows[1:]])
    assert read_episodes(root)[0][0].instruction == "push it"


ROW = {"embodiment": "arm", "fps": 10, "frames": 6, "split": "train", "height": 48, "width": 64}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (DEEP, "is not a JSON object"),
        ('{"id": ' + "9" * 5000 + "}", "is not a JSON object"),
        (json.dumps({"id": "../out", **ROW}), "its id leads out of the set's folder"),
        (json.dumps({"id": "/etc/out", **ROW}), "its id leads out of the set's folder"),
        (json.dumps({"id": "x" * 400, **ROW}), "the file is missing"),
        (json.dumps({"id": "a\0b", **ROW}), "the file is missing"),
    ],
)
def test_a_line_of_an_index_that_is_none_is_named(tmp_path, write_video, line, said) -> None:
    write_video(tmp_path / "src" / "good.mp4", shades(6))
    (tmp_path / "src.jsonl").write_text(f"{line}\n{json.dumps({'id': 'good', **ROW})}\n")
    (episode,), report = read_episodes(tmp_path)
    assert episode.id == "good" and [each.reason for each in report.skipped] == [said]


def test_half_characters_are_spelled_out_and_kept(tmp_path, write_video) -> None:
    """Of JSON, and of names of files, which are bytes."""
    for name in (b"caf\xe9.mp4", b"caf\xe8.mp4", "r\u00e9.mp4".encode()):
        write_video(tmp_path / "set" / "arm" / "new.mp4", shades(4))
        os.rename(tmp_path / "set/arm/new.mp4", os.fsencode(tmp_path / "set/arm") + b"/" + name)
    row = {"id": "good", **ROW, "frames": 4, "instruction": "push \ud800 it"}
    write_video(tmp_path / "index" / "src" / "good.mp4", shades(4))
    (tmp_path / "index" / "src.jsonl").write_text(json.dumps(row))
    for folder, ids, told in (
        ("set", ["arm/caf\\udce8.mp4", "arm/caf\\udce9.mp4", "arm/r\u00e9.mp4"], ""),
        ("index", ["good"], "push \\ud800 it"),
    ):
        cache = Cache.build(tmp_path / folder, tmp_path / f"cache-{folder}", 16)
        assert [e.id for e in cache.episodes] == ids and not cache.report.skipped
        assert {e.instruction for e in cache.episodes} == {told}


def test_a_name_has_one_split_however_its_accents_are_written() -> None:
    for number in range(40):
        assert split_of(f"caf\u00e9-{number}") == split_of(f"cafe\u0301-{number}")


def test_a_damaged_manifest_is_told(tmp_path, write_video) -> None:
    write_video(tmp_path / "set" / "a.mp4", shades(4))
    folder = Cache.build(tmp_path / "set", tmp_path / "cache", 16).folder
    for line in ('{"start": 1}', DEEP, '{"reason": "x"}', '{"kept": 1}'):
        text = (folder / "manifest.jsonl").read_text()
        (folder / "manifest.jsonl").write_text(f"{text}{line}\n")
        with pytest.raises(ValueError, match="is not the manifest of a cache, or damaged"):
            Cache.open(folder)
        (folder / "manifest.jsonl").write_text(text)
