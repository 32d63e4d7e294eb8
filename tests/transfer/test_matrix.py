"""Latent actions of every body on every other's frames, and the pairs to hold them against."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lapa.evaluation.flow import moved
from lapa.transfer.matrix import as_json, transfer_matrix
from lapa.transfer.pairs import load_pairs, save_pairs, watch_pairs
from tests.synthetic import (
    ARM,
    HAND,
    RED,
    SIZE,
    SQUARE,
    Collapsed,
    Contrary,
    K,
    Oracle,
    frame_pairs,
    picture,
)


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs(ARM, RED, HAND)


@pytest.fixture(scope="module")
def known(pairs):
    *_, (done, total, found) = watch_pairs(Oracle(), pairs)
    assert done == total == len(pairs)
    return found


def test_every_body_on_every_other_and_on_itself(pairs):
    told = []
    cells = transfer_matrix(
        Contrary(), pairs, count=12, examples=2, tick=lambda *step: told.append(step)
    )
    assert {(cell.source, cell.target) for cell in cells} == {
        (a, b) for a in ("arm", "red", "hand") for b in ("arm", "red", "hand")
    }
    for cell in cells:
        contrary = cell.target == "red"
        assert (cell.cosine.value < -0.8) if contrary else (cell.cosine.value > 0.8), cell
        assert cell.pairs == 12 and cell.best[0].cosine >= cell.worst[0].cosine
        assert all(each.source[0] != each.target[0] for each in (*cell.best, *cell.worst))
        assert not set(cell.best) & set(cell.worst)
    assert told[-1] == (9 * 12, 9 * 12)
    assert cells == transfer_matrix(Contrary(), pairs, count=12, examples=2)


def test_nothing_moves_with_one_code_and_its_read_back(pairs):
    cells = transfer_matrix(Collapsed(), pairs, count=4)
    assert all(cell.cosine.value == 0 and cell.same_code == 1 for cell in cells)


def test_cells_as_json_name_clips_and_frames(pairs):
    cells = transfer_matrix(Oracle(), pairs, count=4)
    told = json.loads(json.dumps(as_json(cells, pairs), allow_nan=False))
    assert told["embodiments"] == sorted(["arm", "red", "hand"]) and len(told["cells"]) == 9
    example = told["cells"][1]["best"][0]
    assert example["clip"].startswith(told["cells"][1]["from"])
    assert example["onto"].startswith(told["cells"][1]["to"]) and len(example["codes"]) == 2


def test_nearest_pairs_carry_the_same_codes(known):
    codes = known.codes[5]
    rows = known.nearest("red", codes, known.latent[5].astype(float), 3)
    assert len(rows) == 3 and len(set(known.clip[rows].tolist())) == 3
    assert known.differing(rows, codes).tolist() == [0, 0, 0]
    assert {known.embodiments[known.clip[row]] for row in rows} == {"red"}
    # the oracle's code is the shift, so what shares it moved alike
    assert np.allclose(known.motion[rows], known.motion[5], atol=0.06)


def test_fewest_differing_codes_come_first_then_the_nearest_latent(known):
    strange = np.full(2, K + 1)
    rows = known.nearest("hand", strange, np.zeros((2, 1)), 100)
    assert set(known.differing(rows, strange)) == {2}
    apart = np.square(known.latent[rows].astype(float)).sum((1, 2))
    assert (np.diff(apart) >= 0).all() and len(rows) == 6


def test_kept_pairs_come_back(known, tmp_path):
    back = load_pairs(save_pairs(tmp_path / "pairs.safetensors", known))
    assert back.clips == known.clips and back.embodiments == known.embodiments
    for name in ("clip", "index", "codes", "latent", "motion", "centre"):
        assert np.array_equal(getattr(back, name), getattr(known, name))
    with pytest.raises(FileNotFoundError):
        load_pairs(tmp_path / "none.safetensors")
    (tmp_path / "odd.safetensors").write_bytes(b"not a table")
    with pytest.raises(ValueError, match=r"odd.safetensors holds no frame pairs"):
        load_pairs(tmp_path / "odd.safetensors")


def test_a_motion_has_a_place():
    frame, future = picture(ARM, 4, 15)[None], picture(ARM, 6, 15)[None]
    found = moved(frame, future)
    assert found.vector[0] == pytest.approx([2, 0], abs=0.6)
    assert np.abs(found.centre[0] - (np.array([5, 15]) + SQUARE / 2)).max() < 3
    still = moved(frame, frame)
    assert still.vector.tolist() == [[0, 0]] and still.centre.tolist() == [[(SIZE - 1) / 2] * 2]


@pytest.mark.parametrize(
    "damage", [{"clip": 99}, {"clip": -1}, {"latent": np.nan}, {"motion": np.inf}]
)
def test_pairs_that_were_damaged_are_refused(known, tmp_path, damage):
    [(name, value)] = damage.items()
    column = getattr(known, name).copy()
    column.flat[3] = value
    path = save_pairs(tmp_path / "pairs.safetensors", replace(known, **{name: column}))
    with pytest.raises(ValueError, match="pairs.safetensors is damaged"):
        load_pairs(path)
