"""Files that are whole or absent."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest

from lapa.files import read_json, replacing, reserve, update_json, write_text


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, error):
    file = write_text(tmp_path / "in" / "a.txt", "before")
    with pytest.raises(type(error)), replacing(file) as draft:
        draft.write_text("half")
        raise error
    assert file.read_text() == "before" and list(file.parent.iterdir()) == [file]


def test_room_is_taken_at_once_or_the_file_is_gone(tmp_path, monkeypatch):
    file = tmp_path / "a.npy"
    np.lib.format.open_memmap(file, "w+", np.uint8, (3_000_000,))
    reserve(file)
    assert file.stat().st_blocks * 512 >= 3_000_000
    assert not np.load(file).any()

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        reserve(file)
    assert not file.exists()


def test_places_of_a_file_are_set_and_the_others_stay(tmp_path):
    file = update_json(tmp_path / "results.json", {("speed",): {"ms": 3}, ("success", "vla"): 5})
    update_json(file, {("success", "oracle"): 9, ("speed",): {"s": 1}, ("open", "a", "b"): [1]})
    assert read_json(file) == {
        "speed": {"s": 1}, "success": {"vla": 5, "oracle": 9}, "open": {"a": {"b": [1]}},
    }  # fmt: skip
