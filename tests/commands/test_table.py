"""The paper's tables in small: what a cell is made of, that it goes on, and what is told of it."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lapa.__main__ import main, options_of
from lapa.commands import console, inverse, table
from lapa.commands.table import STOPPED, Steps, collect
from lapa.data import Cache
from lapa.data.bins import read_bins
from lapa.presets.tables import METHODS, SPLITS, VARIANTS, Plan, Step, debug, full
from lapa.sim.recorders.headless import choose_renderer
from lapa.training.toy import make_toy_videos


@pytest.fixture
def renderer(monkeypatch) -> None:
    """Pictures can be drawn, or the test is skipped."""
    try:
        chosen = choose_renderer()
    except OSError as error:
        pytest.skip(str(error))
    for name, value in chosen.items():
        monkeypatch.setitem(os.environ, name, value)


def whole(plan: Plan) -> None:
    """All cells there are."""
    columns = plan.table.columns.values()
    asked = [(method, column) for column in columns for method in column.methods]
    for values in plan.table.scaling.values():
        asked += [(method, column) for column, methods in values.values() for method in methods]
    for split in SPLITS:
        for method, column in asked:
            plan.cell(method, column, split)
        for variant, (method, _) in VARIANTS.items():
            plan.cell(method, plan.table.columns["in-domain"], split, variant)


@pytest.mark.parametrize("each", [full(), debug()], ids=["full", "debug"])
def test_every_cell_is_commands_that_exist(each) -> None:
    """Each step can be given by hand, and needs only what a step before it has made."""
    plan = Plan(each, Path("OUT"), workers=2)
    whole(plan)
    made: set[Path] = {Path("OUT/tokens")}
    for step in plan.steps.values():
        options_of(step.words)
        out = Path("OUT") / step.name
        for word in step.words:
            if word.startswith("OUT/") and word not in (str(out), str(out.parent)):
                needed = Path(word)
                assert {needed, *needed.parents} & made, f"{step.name} needs {word}"
        made |= {out, *([out.parent] if step.words[0] == "generate" else [])}


def test_cells_share_what_they_have_in_common() -> None:
    """As in the paper Scratch is the same in two columns; the hand's actions are unknown."""
    table, plan = full(), Plan(full(), Path("OUT"))
    columns = table.columns
    scratch = {name: plan.cell("scratch", column, "seen") for name, column in columns.items()}
    assert scratch["in-domain"] == scratch["cross-environment"] == scratch["human-video"]
    assert scratch["cross-task"] != scratch["in-domain"]
    seen, unseen = (plan.cell("lapa", columns["in-domain"], split) for split in SPLITS)
    assert len(seen) == 1 and [each.stem for each in unseen] == ["unseen-blocks", "unseen-phrases"]
    assert "actionvla" not in columns["human-video"].methods
    assert columns["cross-task"].labels == 7 * columns["in-domain"].labels
    told = {step.words[0]: step for step in plan.steps.values()}
    evaluated = options_of(told["evaluate"].words)
    assert evaluated.episodes * len(unseen) == 50 and evaluated.longest == 100
    # recordings have no seed in common
    seeds = [
        range(options.seed, options.seed + options.episodes)
        for step in plan.steps.values()
        if step.words[0] == "generate"
        for options in [options_of(step.words)]
    ]
    assert all(not set(a) & set(b) for n, a in enumerate(seeds) for b in seeds[n + 1 :])


def test_another_seed_shares_what_no_method_learns() -> None:
    table, first = full(), Plan(full(), Path("OUT"))
    second = replace(first, seed=1)
    column = table.columns["in-domain"]
    for method in ("vpt", "unipi"):
        assert not set(first.cell(method, column, "seen")) & set(
            second.cell(method, column, "seen")
        )
    assert second.steps is first.steps
    again = {name: options_of(step.words) for name, step in first.steps.items() if "seed-1" in name}
    trained = {name for name, options in again.items() if getattr(options, "seed", None) == 1}
    # labels and cells are not trained
    assert len(trained) == len(again) - 3 and len(again) == 8
    assert {"sight", "tokenizer", "cache/sim"} <= set(first.steps)


def test_what_is_done_is_counted_and_published(tmp_path: Path, capsys) -> None:
    """A cell of two files is their sum; a cell that lacks one is not there yet."""
    files = [tmp_path / f"{number}.json" for number in range(3)]
    for number, file in enumerate(files[:2]):
        episodes = [
            {"kind": kind, "success": at < number + 1}
            for kind in ("separate", "block2block")
            for at in range(3)
        ]
        file.write_text(json.dumps({"episodes": episodes}))
    found = collect({
        ("table", "in-domain", "lapa", "unseen"): tuple(files[:2]),
        ("table", "in-domain", "vpt", "seen"): tuple(files[1:]),
    })  # fmt: skip
    cell = found["table", "in-domain", "lapa", "unseen"]
    assert cell["successes"] == 6 and cell["episodes"] == 12
    assert cell["by_kind"]["separate"] == {"successes": 3, "episodes": 6}
    assert len(found) == 1


def test_a_stopped_step_goes_on(tmp_path: Path, monkeypatch, capsys) -> None:
    """Stopped in the midst of the second of two trainings: the first is not run again, and the
    second ends as if it had never been stopped."""
    cache = tmp_path / "cache"
    Cache.build(make_toy_videos(tmp_path / "toy", episodes=4, size=32), cache, 32)

    def plan(folder: str) -> Plan:
        own = Plan(debug(), tmp_path / folder)
        for name in ("one", "two"):
            words = ("inverse", "--data", str(cache), "--preset", "debug", "--steps", "6",
                     "--bins", "8", "--resume", "--out", str(own.folder / name))  # fmt: skip
            own.steps[name] = Step(name, words)
        return own

    assert Steps(plan("whole")).run(None) == 0
    seen: list[str] = []

    def stopping(run, every):
        for progress in run:
            seen.append(progress.event)
            if seen.count("step") == stop_at:
                signal.raise_signal(signal.SIGINT)
        return ""

    monkeypatch.setattr(inverse, "follow", stopping)
    stop_at = 9
    begun = plan("cut")
    assert Steps(begun).run(None) == STOPPED
    assert "the same command goes on" in capsys.readouterr().err
    steps = Steps(begun)
    assert [steps.done(each) for each in begun.steps.values()] == [True, False]
    stop_at = 0
    seen.clear()
    assert Steps(begun).run(None) == 0 and seen.count("step") == 3
    for name in ("one", "two"):
        weights = [
            (tmp_path / folder / name / "model" / "model.safetensors").read_bytes()
            for folder in ("whole", "cut")
        ]
        assert weights[0] == weights[1]
    monkeypatch.setattr(inverse, "follow", console.follow)
    changed = plan("cut")
    changed.steps["one"] = Step("one", (*changed.steps["one"].words, "--every", "3"))
    with pytest.raises(ValueError, match="choose another --out"):
        Steps(changed).done(changed.steps["one"])


@pytest.mark.parametrize("usual", [signal.default_int_handler, signal.SIG_IGN])
def test_no_time_is_left(tmp_path: Path, monkeypatch, capsys, usual) -> None:
    """The alarm stops a training as Ctrl-C does, where a shell's script ignores that, too; nothing
    is published of what is not done."""
    monkeypatch.setattr(table, "RING_AGAIN", 1)
    before = signal.signal(signal.SIGINT, usual)
    cache = tmp_path / "cache"
    Cache.build(make_toy_videos(tmp_path / "toy", episodes=4, size=32), cache, 32)
    plan = Plan(debug(), tmp_path / "run")
    words = ("inverse", "--data", str(cache), "--preset", "debug", "--steps", "20000",
             "--resume", "--out", str(plan.folder / "long"))  # fmt: skip
    plan.steps["long"] = Step("long", words)
    try:
        assert Steps(plan).run(0.05) == STOPPED
        assert signal.getsignal(signal.SIGINT) is usual
    finally:
        signal.signal(signal.SIGINT, before)
    assert not Steps(plan).done(plan.steps["long"])
    assert main(["table", "--minutes", "0"]) == 2
    assert "--minutes is above 0" in capsys.readouterr().err
    assert main(["table", "--scaling", "--variant", "mean"]) == 2


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    """A policy for frames of 32 pixels that has learned nothing."""
    from lapa.models.patch_tokenizer import PatchTokenizer, PatchTokenizerConfig
    from lapa.presets.policies import stages
    from lapa.training.policy.recipe import new_policy
    from lapa.training.policy.text import learn_text

    folder = tmp_path_factory.mktemp("start")
    torch.manual_seed(0)
    tokenizer = PatchTokenizer(
        PatchTokenizerConfig(image_size=32, patch_size=8, codebook_size=16, components=8)
    )
    torch.nn.init.normal_(tokenizer.codebook)
    text = learn_text(["push the red star to the blue cube"], folder / "t.model", size=400).path
    policy = new_policy(stages("debug").ground, tokenizer, text, code_length=2, latent=8)
    policy.save_pretrained(folder / "policy")
    return folder / "policy"


def test_one_column_with_one_method(renderer, start: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "table"
    words = ["table", "--debug", "--column", "human-video", "--method", "scratch", "--start",
             str(start), "--workers", "1", "--out", str(out)]  # fmt: skip
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "34.4 *" in told and "scratch, unseen" in told
    kept = json.loads((out / "results.json").read_text())
    cells = kept["table"]["human-video"]["scratch"]
    assert set(cells) == {"seen", "unseen"}
    assert cells["seen"]["episodes"] == cells["unseen"]["episodes"] == 10
    assert set(cells["seen"]["by_kind"]) == set(cells["unseen"]["by_kind"])
    # once more it has nothing to do, and says what was done
    files = {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")}
    assert main([*words, "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == 6 and all(line.startswith("done") for line in listed)
    (out / "results.json").write_text(json.dumps({"table": {"in-domain": {"kept": 1}}}))
    assert main(words) == 0
    assert files == {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")}
    kept = json.loads((out / "results.json").read_text())["table"]
    assert kept["in-domain"] == {"kept": 1} and kept["human-video"]["scratch"] == cells


@pytest.mark.slow
def test_the_whole_grid(renderer, tmp_path: Path) -> None:
    """Every column, method and split, the variants and the scaling, with toy sizes."""
    out = tmp_path / "table"
    common = ["--debug", "--workers", "1", "--out", str(out)]
    assert main(["table", *common]) == 0
    variants = [word for name in VARIANTS for word in ("--variant", name)]
    assert main(["table", *common, "--column", "in-domain", *variants]) == 0
    assert main(["table", *common, "--scaling"]) == 0
    kept = json.loads((out / "results.json").read_text())
    for name, column in debug().columns.items():
        assert tuple(kept["table"][name]) == column.methods
        for cells in kept["table"][name].values():
            assert [cell["episodes"] for cell in cells.values()] == [10, 10]
    assert set(kept["table"]["in-domain"]) == set(METHODS)
    assert set(kept["variants"]["in-domain"]) == set(VARIANTS)
    assert set(kept["scaling"]) == {"video", "labels"}
    assert set(kept["scaling"]["labels"]["4"]) == {"lapa", "scratch"}
    # inferred actions are told in the bins of the labelled episodes
    inferred = read_bins(out / "inverse" / "few-8" / "model" / "bins.csv")
    learned = read_bins(out / "pretrained" / "vpt-sim-few-8" / "model" / "bins.csv")
    assert inferred.counts == learned.counts
