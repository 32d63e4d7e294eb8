"""The real simulators, one short visit each; skipped where they are not installed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import av
import numpy as np
import pytest

from lapa.sim.recorders import SOURCES, record

pytestmark = pytest.mark.slow
CASES = [
    ("robosuite", "panda", ["play-lift", "lift"], 7),
    ("metaworld", "metaworld-sawyer", ["coffee-button", "play-coffee-button"], 4),
    ("gymnasium-robotics", "fetch", ["push", "play-push"], 4),
    ("gymnasium-robotics", "adroit-hand", ["play-door"], 28),
    ("car-racing", "car", ["follow", "play-follow"], 3),
]


def pictures(path: Path) -> np.ndarray:
    """Decoded without lapa.data, which needs torch, which an environment of simulators lacks."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize(("name", "embodiment", "tasks", "width"), CASES)
def test_a_simulator_is_filmed(
    name: str, embodiment: str, tasks: list[str], width: int, tmp_path: Path, clips: Path
) -> None:
    missing = [each for each in SOURCES[name].needs if importlib.util.find_spec(each) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed (requirements-sim.txt)")
    options = {"embodiments": [embodiment], "tasks": tasks, "size": 64}
    told = list(record(name, tmp_path / "first", episodes=3, **options))
    assert [each.problem for each in told] == [""] * 3
    index = name.replace("-", "_")
    rows = [json.loads(line) for line in (tmp_path / "first" / f"{index}.jsonl").open()]
    known = [json.loads(line) for line in (clips / f"{index}.jsonl").open(encoding="utf-8")]
    same = next(row for row in known if row["embodiment"] == embodiment and row["task"] in tasks)
    for row in rows:
        with np.load(tmp_path / "first" / index / f"{row['id']}.npz") as file:
            actions = file["action"]
        assert actions.shape == (row["frames"] - 1, width)
        assert np.abs(actions).max() <= 1 and actions.std(0).max() > 0.1
        assert row["action_names"] == same["action_names"] and row["fps"] == same["fps"]
        play = row["task"].startswith("play-") and embodiment != "car"
        assert row["frames"] >= (100 if play else 20)

    # the last one alone, by a simulator that did nothing before
    last = rows[-1]
    options |= {"seed": last["seed"], "tasks": [last["task"]]}
    again = list(record(name, tmp_path / "alone", episodes=1, **options))
    assert again[0].name == last["id"]
    files = [tmp_path / part / index / last["id"] for part in ("first", "alone")]
    first, alone = (np.load(file.with_suffix(".npz"))["action"] for file in files)
    np.testing.assert_array_equal(first, alone)
    first, alone = (pictures(file.with_suffix(".mp4")) for file in files)
    assert first.shape == (last["frames"], 64, 64, 3)
    # x264 with AVX-512 writes one and the same video a little differently each time
    assert np.abs(first.astype(int) - alone).mean() < 1
