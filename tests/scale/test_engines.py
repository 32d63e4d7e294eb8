"""Parts by one process and by several: the same files, whoever is stopped or killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lapa.files import claimed
from lapa.scale import Shard, here, processes, run
from lapa.scale.engines import put
from lapa.scale.parts import episodes_in
from lapa.scale.work import in_parts

from .toy import COUNT, PART, parts_in, work

WHOLE = COUNT // PART


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in parts_in(folder).there()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, bytes]:
    """The parts of one process."""
    folder = tmp_path_factory.mktemp("whole")
    steps = list(run(work(), parts_in(folder), here))
    assert [step.note for step in steps if step.note] == ["skipped clip-7: is broken"]
    assert steps[-1].done == steps[-1].total == steps[-1].pairs == COUNT
    assert len(files(folder)) == WHOLE
    return files(folder)


def test_several_processes_make_the_same_and_a_killed_one_costs_nothing(
    whole, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("TOY_KILLED", "yes")
    with pytest.raises(ChildProcessError, match="a worker process was killed.*run the same comman"):
        list(run(work(), parts_in(tmp_path), processes(2)))
    assert len(files(tmp_path)) < WHOLE
    assert all(whole[name] == content for name, content in files(tmp_path).items())
    monkeypatch.delenv("TOY_KILLED")
    steps = list(run(work(), parts_in(tmp_path), processes(2)))
    assert steps[-1].done == COUNT and files(tmp_path) == whole


def test_the_list_of_a_part_is_in_its_header(whole, tmp_path) -> None:
    file = tmp_path / "part.parquet"
    file.write_bytes(whole["part-00003.parquet"])
    assert episodes_in(file) == ["clip-6", "clip-7"]


def test_what_was_made_elsewhere_is_put_down_once(whole, tmp_path) -> None:
    own, parts = work(), parts_in(tmp_path)
    made = own.open()(own.task(0))
    with claimed(parts.part(0)):
        step = put(parts, 0, made)
    assert not step.written and "part-00000.parquet is being written by another" in step.notes[0]
    assert put(parts, 0, made).written and files(tmp_path) == {
        "part-00000.parquet": whole["part-00000.parquet"]
    }
    parts.part(0).write_bytes(b"of another process")
    assert put(parts, 0, made).written and parts.part(0).read_bytes() == b"of another process"


def test_shares_come_to_the_whole(whole, tmp_path) -> None:
    for number in (3, 1, 2):
        steps = list(run(work(), parts_in(tmp_path), here, Shard(number, 3)))
        left = {3: "8 of 12", 1: "4 of 12", 2: ""}[number]
        assert (steps[-1].note or "")[: len(left)] == left
    assert '"complete": true' in (tmp_path / "toy.json").read_text()
    assert files(tmp_path) == whole


def test_numbers_are_cut_into_parts() -> None:
    assert in_parts(5, 2) == [range(2), range(2, 4), range(4, 5)] and in_parts(0, 2) == []
