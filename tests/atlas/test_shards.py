"""The atlas in parts: the same as of one process, whoever is stopped, comes twice or goes wrong."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lapa.atlas import embed, embedding, gather, join, parts_in, put_sheets
from lapa.atlas import shards as module
from lapa.atlas.store import TILES
from lapa.files import claimed
from lapa.scale import Parts, Shard, here, processes, run
from tests.atlas.test_atlas import Shift, episode

LENGTHS = (12, 4, 9, 30, 6, 7, 11)
ABOUT = {"quantizer": "a", "thin": 3}


class Broken(SimpleNamespace):
    """An episode that cannot be decoded."""

    @property
    def frames(self) -> np.ndarray:
        raise ValueError("ends in the middle of a frame")


def recording(name: str, length: int, kind: type = SimpleNamespace) -> SimpleNamespace:
    own = vars(episode(name, length)) | {"source": "toy", "part": ""}
    return kind(
        **{key: value for key, value in own.items() if kind is not Broken or key != "frames"}
    )


@pytest.fixture(scope="module")
def episodes() -> list:
    """Six that are long enough, one that is too short, and one that is broken: four parts."""
    long = [recording(f"clip-{n}", length) for n, length in enumerate(LENGTHS)]
    return [*long, recording("broken", 8, Broken)]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch) -> None:
    monkeypatch.setattr(module, "EPISODES_A_PART", 2)


def made(folder: Path, episodes: list, shard: str = "1/1", engine=here) -> tuple[Parts, list[str]]:
    """Embed a share; the parts and what was noted."""
    work = embedding(Shift, episodes, side=8)
    parts = parts_in(folder / "parts", episodes, ABOUT, side=8)
    steps = run(work, parts, engine, Shard.parse(shard))
    return parts, [step.note for step in steps if step.note]


def files(parts: Parts) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in parts.there()}


def test_parts_put_together_are_the_points_of_all_episodes(episodes, tmp_path) -> None:
    parts, notes = made(tmp_path, episodes)
    assert notes == ["skipped broken: ends in the middle of a frame"]
    assert sorted(files(parts)) == [f"part-{n:05d}.parquet" for n in range(4)]
    found = gather(parts)
    assert found.episodes == 6 and [str(each) for each in found.skipped] == [notes[0][8:]]
    whole = join(list(embed(Shift(), episodes[:-1], side=8)))
    for name in ("clip", "index", "codes", "aspect", "split"):
        assert np.array_equal(getattr(found.points, name), getattr(whole, name)), name
    assert np.array_equal(found.points.latent, whole.latent.astype(np.float16))
    # each part begins a sheet of its own
    assert found.points.first[0] == 0 and found.points.first[8] == TILES**2
    (tmp_path / "thumbnails-07.webp").write_bytes(b"of an earlier atlas")
    put_sheets(parts, tmp_path)
    assert len(list(tmp_path.glob("thumbnails-*.webp"))) == 4
    assert not (tmp_path / "thumbnails-07.webp").exists()


def test_shards_in_any_order_or_stopped_are_the_parts_of_one_process(episodes, tmp_path) -> None:
    whole, _ = made(tmp_path / "one", episodes)
    _, notes = made(tmp_path / "two", episodes, "2/2")
    assert notes[-1] == "2 of 4 parts are not there yet (part-00000.parquet is the first)"
    work = embedding(Shift, episodes, side=8)
    parts = parts_in(tmp_path / "two" / "parts", episodes, ABOUT, side=8)
    stopped = run(work, parts, here, Shard(1, 2))
    next(stopped)
    stopped.close()
    first = parts.part(0).stat().st_mtime_ns
    with claimed(parts.part(1)):
        _, notes = made(tmp_path / "two", episodes, "1/2")
        assert notes[0].startswith("part-00001.parquet is being written by another process")
    parts, notes = made(tmp_path / "two", episodes, "1/2")
    assert not notes and files(parts) == files(whole)
    assert parts.part(0).stat().st_mtime_ns == first


@pytest.mark.slow
def test_several_processes_make_the_same(episodes, tmp_path) -> None:
    whole, _ = made(tmp_path / "one", episodes[:-1])
    parts, notes = made(tmp_path / "two", episodes[:-1], engine=processes(2))
    assert not notes and files(parts) == files(whole)


def test_a_part_that_is_not_right_is_named(episodes, tmp_path) -> None:
    parts, _ = made(tmp_path, episodes)
    good = parts.part(0).read_bytes()
    parts.part(0).write_bytes(good[: len(good) // 2])
    with pytest.raises(ValueError, match=r"part-00000.parquet is damaged .*: delete it"):
        made(tmp_path, episodes)
    with pytest.raises(ValueError, match=r"part-00000.parquet is damaged .*: delete it"):
        gather(parts)
    parts.part(0).write_bytes(parts.part(1).read_bytes())
    with pytest.raises(ValueError, match=r"part-00000.parquet holds other episodes"):
        made(tmp_path, episodes)
    parts.part(0).unlink()
    assert made(tmp_path, episodes)[1] == [] and parts.part(0).read_bytes() == good
    with pytest.raises(ValueError, match=r"holds other embedding \(data differ\)"):
        made(tmp_path, episodes[1:])


def test_without_pairs_it_is_said(tmp_path) -> None:
    parts, _ = made(tmp_path, [recording("short", 3)])
    with pytest.raises(ValueError, match="every episode is shorter"):
        gather(parts)
