"""The loop: what it yields, what it writes, and that a resumed run repeats a whole one exactly."""

from __future__ import annotations

import errno
import math
import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from lapa.training import parallel
from lapa.training.checkpoint import list_checkpoints
from lapa.training.loop import fit, make_optimizer
from lapa.training.recipe import LoopConfig, Recipe
from lapa.training.records import read_metrics


def config(**changes) -> LoopConfig:
    values = {"steps": 12, "batch_size": 6, "learning_rate": 1e-2, "save_every": 5}
    return LoopConfig(**(values | changes))


def losses(folder) -> list[float]:
    return [record["loss"] for record in read_metrics(folder)]


def test_events_arrive_in_order_and_the_loss_falls(recipe, tmp_path):
    events = list(fit(recipe(), config(steps=60, save_every=50, learning_rate=0.05), tmp_path))
    assert [e.event for e in events[:2]] == ["step", "step"]
    assert [e.event for e in events if e.event != "step"] == ["saved", "saved", "finished"]
    assert [e.step for e in events if e.event == "saved"] == [50, 60]
    assert events[-1].path == tmp_path / "model" and (tmp_path / "model" / "weights").exists()
    steps = [e for e in events if e.event == "step"]
    assert [e.step for e in steps] == list(range(1, 61))
    assert np.mean([e.loss for e in steps[-10:]]) < 0.5 * np.mean([e.loss for e in steps[:10]])
    assert steps[-1].seconds_left == 0 and steps[0].seconds_left > 0
    assert steps[5].samples_per_second > 0
    assert steps[3].metrics["twice"] == pytest.approx(2 * steps[3].loss)


def test_metrics_file_holds_one_line_a_step(recipe, tmp_path):
    list(fit(recipe(), config(), tmp_path))
    records = read_metrics(tmp_path)
    assert [r["step"] for r in records] == list(range(1, 13))
    names = {"loss", "twice", "learning_rate", "gradient_norm", "samples_per_second", "listed"}
    assert names <= set(records[0])


@pytest.mark.parametrize("abandoned_at", [7, 5, 11])
def test_abandoned_run_resumes_bit_for_bit(recipe, tmp_path, abandoned_at):
    list(fit(recipe(), config(accumulate=2), tmp_path / "whole"))
    run = fit(recipe(), config(accumulate=2), tmp_path / "cut")
    for progress in run:
        if progress.step == abandoned_at and progress.event == "step":
            break
    run.close()
    list(fit(recipe(), config(accumulate=2), tmp_path / "cut", resume=True))
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    memories = [[r["memory"] for r in read_metrics(tmp_path / n)] for n in ("cut", "whole")]
    assert memories[0] == memories[1]
    for name in ("model", "average", "optimizer"):
        files = [
            tmp_path / n / "checkpoints/step-00000012" / f"{name}.safetensors"
            for n in ("cut", "whole")
        ]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_a_recipe_of_three_verbs_remembers_nothing_and_shows_nothing(recipe, tmp_path):
    class Plain(Recipe):
        __init__, batch, loss, export = (
            vars(recipe)[name] for name in ("__init__", "batch", "loss", "export")
        )

    list(fit(Plain(), config(), tmp_path / "plain"))
    list(fit(Plain(), config(steps=14), tmp_path / "plain", resume=True))
    assert len(losses(tmp_path / "plain")) == 14
    with pytest.raises(ValueError, match="no picture to preview"):
        list(fit(Plain(), config(preview_every=2), tmp_path / "shown"))
    list(fit(recipe(), config(), tmp_path / "full"))
    with pytest.raises(ValueError, match="remembers memory"):
        list(fit(Plain(), config(steps=14), tmp_path / "full", resume=True))


def test_looking_does_not_change_the_run(recipe, tmp_path):
    def evaluate(model):
        return {"noise": float(torch.rand(()))}

    list(fit(recipe(), config(), tmp_path / "blind"))
    looks = config(evaluate_every=2, preview_every=3, save_every=4)
    events = list(fit(recipe(), looks, tmp_path / "looking", evaluate=evaluate))
    assert losses(tmp_path / "blind") == losses(tmp_path / "looking")
    assert [e.step for e in events if e.event == "evaluated"] == [2, 4, 6, 8, 10, 12]
    picture = tmp_path / "looking/previews/step-00000003.png"
    assert np.asarray(Image.open(picture)).shape == (4, 6, 3)


def test_finished_run_is_evaluated_once_more(recipe, tmp_path):
    run = fit(recipe(), config(evaluate_every=5), tmp_path, evaluate=lambda model: {"score": 1.0})
    assert [e.step for e in run if e.event == "evaluated"] == [5, 10, 12]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_saves_then_ends(recipe, tmp_path, number):
    before = signal.getsignal(number)
    events = []
    for progress in fit(recipe(), config(), tmp_path / "cut"):
        events.append(progress.event)
        if progress.step == 3 and progress.event == "step":
            os.kill(os.getpid(), number)
    assert events == ["step"] * 3 + ["saved", "stopped"]
    assert signal.getsignal(number) is before
    list(fit(recipe(), config(), tmp_path / "cut", resume=True))
    list(fit(recipe(), config(), tmp_path / "whole"))
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")


def test_folder_with_a_run_is_not_overwritten(recipe, tmp_path):
    list(fit(recipe(), config(), tmp_path))
    with pytest.raises(ValueError, match="already holds a run"):
        next(fit(recipe(), config(), tmp_path))


def test_resume_of_a_finished_run_only_says_so(recipe, tmp_path):
    list(fit(recipe(), config(), tmp_path))
    events = [e.event for e in fit(recipe(), config(), tmp_path, resume=True)]
    assert events == ["finished"]


def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(recipe, tmp_path, caplog):
    list(fit(recipe(), config(), tmp_path / "whole"))
    list(fit(recipe(), config(), tmp_path / "run"))
    newest = list_checkpoints(tmp_path / "run" / "checkpoints")[-1]
    assert newest.name == "step-00000012"
    weights = newest / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:40])
    list(fit(recipe(), config(), tmp_path / "run", resume=True))
    assert "step-00000012 is damaged" in caplog.text and "the one before is used" in caplog.text
    assert losses(tmp_path / "run") == losses(tmp_path / "whole")
    for checkpoint in list_checkpoints(tmp_path / "run" / "checkpoints"):
        (checkpoint / "state.json").write_text("{}")
    with pytest.raises(ValueError, match="no checkpoint of the run can be read"):
        next(fit(recipe(), config(), tmp_path / "run", resume=True))


def test_a_full_disk_keeps_the_checkpoint_and_leaves_no_draft(recipe, tmp_path, monkeypatch):
    list(fit(recipe(), config(steps=5), tmp_path))

    def full(path, *rest):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("lapa.training.checkpoint.save_tensors", full)
    with pytest.raises(OSError, match="No space left"):
        list(fit(recipe(), config(), tmp_path, resume=True))
    names = [path.name for path in (tmp_path / "checkpoints").iterdir()]
    assert names == ["step-00000005"] and (tmp_path / "model" / "weights").exists()


def test_infinite_loss_ends_the_run_and_keeps_the_checkpoint(recipe, tmp_path):
    broken = recipe()
    honest = broken.loss
    broken.loss = lambda model, batch, accelerator: (
        tuple(v * math.inf for v in honest(model, batch, accelerator)[:1]) + ({},)
        if broken.memory > 20
        else honest(model, batch, accelerator)
    )
    with pytest.raises(FloatingPointError, match="learning rate"):
        list(fit(broken, config(), tmp_path))
    assert [p.name for p in list_checkpoints(tmp_path / "checkpoints")] == ["step-00000005"]


def test_only_the_newest_checkpoints_are_kept(recipe, tmp_path):
    list(fit(recipe(), config(save_every=2, keep=2), tmp_path))
    names = [p.name for p in list_checkpoints(tmp_path / "checkpoints")]
    assert names == ["step-00000010", "step-00000012"]


def test_accumulated_batches_follow_one_order(recipe, tmp_path):
    tiny = recipe()
    list(fit(tiny, config(steps=4, accumulate=3), tmp_path))
    assert sorted(tiny.made)[:12] == list(range(12))


def test_learning_rate_warms_up_then_falls_along_a_cosine():
    schedule = config(steps=110, learning_rate=1.0, warmup_steps=10, final_share=0.1)
    rates = [schedule.rate_at(step) for step in range(1, 111)]
    assert rates[:10] == pytest.approx([0.1 * n for n in range(1, 11)])
    assert rates[59] == pytest.approx(0.55)
    assert rates[-1] == pytest.approx(0.1)
    assert rates[9:] == sorted(rates[9:], reverse=True)


def test_a_checkpoint_of_another_model_is_refused(recipe, tmp_path):
    list(fit(recipe(), config(), tmp_path))
    wider = recipe()
    wider.model = torch.nn.Sequential(torch.nn.Linear(4, 9), torch.nn.Identity())
    with pytest.raises(ValueError, match=r"another model: it has 0.bias of shape \(8,\)"):
        next(fit(wider, config(steps=20), tmp_path, resume=True))


def test_more_processes_than_gpus_are_refused(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(parallel.PartialState, "_shared_state", {})
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    with pytest.raises(ValueError, match="4 processes were started on a machine of 2 GPUs"):
        next(fit(recipe(), config(), tmp_path))


def test_processes_must_divide_the_batch(recipe, tmp_path, monkeypatch):
    five = SimpleNamespace(num_processes=5, process_index=0)
    monkeypatch.setattr(parallel, "processes", lambda: five)
    with pytest.raises(ValueError, match="5 processes cannot share 6 .*; start 1, 2, 3, 6, or"):
        next(fit(recipe(), config(), tmp_path))


def test_blocks_are_needed_for_gradient_checkpointing(recipe, tmp_path):
    with pytest.raises(ValueError, match="Sequential has no blocks"):
        next(fit(recipe(), config(gradient_checkpointing=True), tmp_path))


@pytest.mark.parametrize(
    "changes", [{"steps": 0}, {"batch_size": 0}, {"precision": "half"}, {"trackers": ("csv",)}]
)
def test_config_refuses_what_cannot_be(changes):
    with pytest.raises(ValueError):
        config(**changes)


def test_missing_tracker_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install wandb"):
        config(trackers=("wandb",))


def test_bfloat16_keeps_the_weights_in_float32(recipe, tmp_path):
    tiny = recipe()
    seen = []
    tiny.model[0].register_forward_hook(lambda module, given, out: seen.append(out.dtype))
    list(fit(tiny, config(precision="bfloat16"), tmp_path))
    assert set(seen) == {torch.bfloat16}
    assert {p.dtype for p in tiny.model.parameters()} == {torch.float32}
    assert np.isfinite(losses(tmp_path)).all()


def test_weight_decay_spares_vectors_and_codebooks():
    model = torch.nn.ModuleDict({"codebook": torch.nn.Linear(2, 2), "other": torch.nn.Linear(2, 2)})
    groups = make_optimizer(model, config(weight_decay=0.1)).param_groups
    assert [g["weight_decay"] for g in groups] == [0.1, 0.0]
    assert [len(g["params"]) for g in groups] == [1, 3]
    assert groups[0]["params"][0] is model["other"].weight
