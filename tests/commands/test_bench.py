"""The benchmark: equal pictures first, then figures; the required ratios at full size."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
import torch

from lapa.commands import bench
from lapa.models.config import LAQConfig

SMALL = LAQConfig(
    image_size=64,
    patch_size=8,
    dim=32,
    heads=2,
    dim_head=16,
    spatial_depth=1,
    temporal_depth=1,
    decoder_depth=1,
    quant_dim=8,
)


@pytest.mark.parametrize("length", [1, 4])
def test_small_network_is_compared_and_timed(length: int) -> None:
    before = torch.get_num_threads()
    config = LAQConfig(**{**SMALL.to_dict(), "code_length": length})
    result = bench.run(config, repeats=1, threads=1)
    assert result.difference <= 1e-5
    assert min(result.press, result.first_press, result.sweep, result.shipped_press) > 0
    assert result.official_sweep > result.official_press
    assert result.press_ratio == result.official_press / result.press
    assert f"{result.sweep_ratio:.1f} |" in result.table()
    assert torch.get_num_threads() == before


def test_a_wrong_picture_is_never_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = bench.official_call
    monkeypatch.setattr(bench, "official_call", lambda *given: right(*given) + 1e-3)
    with pytest.raises(ArithmeticError, match="differs from the official call's by 0.001"):
        bench.run(SMALL, repeats=1, threads=1)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="start at 1, received 0 and 2"):
        bench.run(SMALL, repeats=0)


def run_command(words: list[str]) -> int:
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    return bench.command(parser.parse_args(words))


def result_with(
    ratio: float, shipped: float = 0.02, *, bfloat16: bool = False
) -> bench.BenchResult:
    return bench.BenchResult(
        parameters=1,
        threads=2,
        repeats=1,
        difference=0.0,
        official_press=ratio,
        first_press=1.0,
        press=1.0,
        official_sweep=8 * ratio,
        sweep=8.0,
        exact_press=2.0,
        exact_sweep=16.0,
        step=1,
        bfloat16=bfloat16,
        shipped_press=shipped,
    )


@pytest.mark.parametrize(
    ("ratio", "shipped", "code"),
    [(7.0, 0.04, 0), (5.9, 0.04, 1), (3.9, 0.04, 1), (7.0, 0.041, 1)],
)
def test_require_fails_where_it_is_too_slow(
    ratio: float,
    shipped: float,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.setattr(bench, "run", lambda **_: result_with(ratio, shipped))
    assert run_command(["--require"]) == code
    assert run_command([]) == 0
    told = capsys.readouterr().out
    assert f"{ratio:.1f} |" in told and f"a frame in {1000 * shipped:.0f} ms" in told


def test_figures_are_kept_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "results.json"
    kept.write_text('{"robots": {"pairs": 3}}')
    monkeypatch.setattr(bench, "RESULTS", kept)
    monkeypatch.setattr(bench, "run", lambda **_: result_with(5.0))
    assert run_command(["--write"]) == 0
    written = json.loads(kept.read_text())
    assert written["robots"] == {"pairs": 3}
    assert written["bench"]["official_press"] == 5.0 and written["bench"]["threads"] == 2


def test_command_line_says_what_is_wrong(capsys: pytest.CaptureFixture) -> None:
    assert run_command(["--threads", "0"]) == 2
    assert "lapa bench: repeats and threads start at 1" in capsys.readouterr().err


@pytest.mark.slow
def test_official_sizes_reach_the_required_ratios() -> None:
    result = bench.run(repeats=2)
    assert result.parameters > 340e6
    assert result.fast_enough, result.table()


@pytest.mark.slow
def test_training_is_timed_against_itself_and_the_official_blocks(capsys, tmp_path, monkeypatch):
    from lapa.commands import bench_train

    monkeypatch.setattr(bench_train, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(bench_train.hardware, "compiles", lambda config, device: False)
    assert run_command(["train", "--repeats", "1", "--threads", "1", "--write"]) == 0
    kept = json.loads((tmp_path / "results.json").read_text())["bench-train"]
    assert min(kept[name] for name in ("today", "settled", "before", "official")) > 0
    assert kept["settled"] > kept["today"], "half of the network rests"
    shown = capsys.readouterr().out
    assert f"{kept['today'] / kept['before']:.2f}"[:3] in shown and "pairs a second" in shown


@pytest.mark.parametrize(("ratio", "enough"), [(26.0, True), (24.0, False), (7.0, False)])
def test_more_is_required_where_there_are_units_for_bfloat16(ratio: float, enough: bool) -> None:
    result = result_with(ratio, bfloat16=True)
    assert result.fast_enough is enough
    assert "a sweep of one position, in float32" in result.table()
    assert "in float32" not in result_with(ratio).table()


def test_a_picture_in_bfloat16_is_held_against_the_reference(monkeypatch) -> None:
    monkeypatch.setattr(bench, "multiplies_bfloat16", lambda device: True)
    result = bench.run(SMALL, repeats=1, threads=1)
    assert result.bfloat16 and result.step <= 2
    monkeypatch.setattr(bench, "LARGEST_STEP", -1)
    with pytest.raises(ArithmeticError, match="in bfloat16 differs by . grey levels"):
        bench.run(SMALL, repeats=1, threads=1)


@pytest.mark.slow
def test_what_labelling_costs_is_measured_on_shipped_clips() -> None:
    from lapa.commands import bench_label

    told = bench_label.run(clips=2, models=("eight",))
    assert told.clips == 2 and told.frames > 20 and told.size == 128
    assert min(told.decode, told.label["eight"], told.embed["eight"]) > 0
    with pytest.raises(ValueError, match="is 0 clips; accepted are 1 and more"):
        bench_label.run(clips=0)
