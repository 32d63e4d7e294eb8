"""Labels in shards: the same as of one process, whoever is stopped, comes twice or goes wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.__main__ import main
from lapa.data.labels import Labels
from lapa.data.memory import Recording, cache_in_memory
from lapa.files import claimed
from lapa.models.config import explorer_config
from lapa.models.quantizer import LatentActionQuantizer
from lapa.scale import Shard, processes
from lapa.training.policy import label as module
from lapa.training.policy.label import label


@pytest.fixture(scope="module")
def quantizer() -> LatentActionQuantizer:
    torch.manual_seed(0)
    sizes = {"image_size": 32, "patch_size": 8, "dim": 16, "heads": 2, "dim_head": 8}
    config = explorer_config(
        **sizes, stem_widths=(8,), decoder_depth=1, temporal_depth=1, code_length=2, gap_seconds=0.3
    )
    return LatentActionQuantizer(config)


@pytest.fixture(scope="module")
def cache():
    """Nine episodes of five to seven frames, and a tenth that is too short for its gap."""
    noise = np.random.default_rng(0)
    recordings = [
        Recording(
            id=f"clip-{number}", source="toy", embodiment="arm", fps=10, split="train",
            height=32, width=32,
            frames=noise.integers(0, 255, (3 if number == 9 else 5 + number % 3, 32, 32, 3),
                                  dtype=np.uint8),
        )
        for number in range(10)
    ]  # fmt: skip
    return cache_in_memory(recordings, 32)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Two episodes a part: five parts."""
    monkeypatch.setattr(module, "EPISODES_A_PART", 2)


def run(quantizer, cache, folder: Path, shard: str = "1/1") -> str:
    """Label a share; returns what is noted at the end."""
    return [step.note for step in label(quantizer, cache, folder, shard=Shard.parse(shard))][-1]


def parts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("part-*.parquet"))}


@pytest.fixture(scope="module")
def whole(quantizer, cache, tmp_path_factory) -> Path:
    """The labels of one process."""
    folder = tmp_path_factory.mktemp("labels")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "EPISODES_A_PART", 2)
        assert run(quantizer, cache, folder) == ""
    return folder


def test_shards_in_any_order_are_the_labels_of_one_process(quantizer, cache, whole, tmp_path):
    assert len(parts(whole)) == 5
    assert run(quantizer, cache, tmp_path, "3/3").startswith("3 of 5 parts are not there yet")
    assert "(part-00001.parquet is the first)" in run(quantizer, cache, tmp_path, "1/3")
    with pytest.raises(ValueError, match="unfinished"):
        Labels.open(tmp_path)
    assert run(quantizer, cache, tmp_path, "2/3") == ""
    assert parts(tmp_path) == parts(whole)
    assert Labels.open(tmp_path).codes.tolist() == Labels.open(whole).codes.tolist()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_several_processes_make_the_same(quantizer, cache, whole, tmp_path):
    steps = list(label(quantizer, cache, tmp_path, engine=processes(2)))
    assert [step.note for step in steps] == [""] * 5 and steps[-1].done == steps[-1].total == 9
    assert parts(tmp_path) == parts(whole)


def test_a_shard_that_is_stopped_or_comes_twice_changes_nothing(quantizer, cache, whole, tmp_path):
    steps = label(quantizer, cache, tmp_path, shard=Shard(1, 2))
    next(steps)
    steps.close()
    first = (tmp_path / "part-00000.parquet").stat().st_mtime_ns
    for shard in ("1/2", "1/2", "2/2"):
        run(quantizer, cache, tmp_path, shard)
    assert parts(tmp_path) == parts(whole)
    assert (tmp_path / "part-00000.parquet").stat().st_mtime_ns == first


def test_a_part_that_another_process_writes_is_left_to_it(quantizer, cache, whole, tmp_path):
    tmp_path.mkdir(exist_ok=True)
    with claimed(tmp_path / "part-00002.parquet") as alone:
        assert alone
        notes = [step.note for step in label(quantizer, cache, tmp_path) if step.note]
        assert notes == [
            "part-00002.parquet is being written by another process, and left to it",
            "1 of 5 parts are not there yet (part-00002.parquet is the first)",
        ]
    assert run(quantizer, cache, tmp_path) == ""
    assert parts(tmp_path) == parts(whole)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda one, two: one.write_bytes(two.read_bytes()), "part-00000.parquet holds other"),
        (lambda one, two: one.write_bytes(b"PAR1"), "part-00000.parquet is damaged"),
        (lambda one, two: one.write_bytes(one.read_bytes()[:-9]), "part-00000.parquet is damaged"),
        (
            lambda one, two: one.with_name("part-00007.parquet").write_bytes(two.read_bytes()),
            "part-00007.parquet is no part of this work of 5 parts",
        ),
    ],
)
def test_a_part_that_is_not_right_is_named(quantizer, cache, whole, tmp_path, spoil, sentence):
    for name, content in parts(whole).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "labels.json").write_bytes((whole / "labels.json").read_bytes())
    spoil(tmp_path / "part-00000.parquet", tmp_path / "part-00001.parquet")
    with pytest.raises(ValueError, match=sentence):
        run(quantizer, cache, tmp_path)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1/0", "2", "a/b", "-1/2"])
def test_what_is_no_shard_is_told(text):
    with pytest.raises(ValueError, match="accepted are 1/N to N/N"):
        Shard.parse(text)


@pytest.mark.parametrize("of", [1, 2, 3, 7, 40])
def test_shares_are_all_of_it_once(of):
    items = list(range(31))
    shares = [Shard(number, of).share(items) for number in range(1, of + 1)]
    assert [item for share in shares for item in share] == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_shards_need_a_cache_that_is_there(quantizer, tmp_path, capsys):
    words = ["label", str(tmp_path), "--data", str(tmp_path), "--shard", "1/2"]
    assert main(words) == 2
    assert "--shard shares a prepared cache" in capsys.readouterr().err
