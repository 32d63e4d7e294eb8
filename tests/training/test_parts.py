"""The parts of the loop: weight average, checkpoints, records, batches made ahead."""

from __future__ import annotations

import json
import time

import pytest
import torch
from torch import nn

from lapa.training.average import WeightAverage
from lapa.training.checkpoint import list_checkpoints, load_checkpoint, save_checkpoint
from lapa.training.progress import Clock, Progress, duration
from lapa.training.support import Ahead


def filled(value: float) -> nn.Linear:
    model = nn.Linear(2, 2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)
    return model


def test_average_follows_slowly_and_faster_at_the_start():
    average = WeightAverage(filled(0.0), decay=0.9)
    average.update(filled(1.0), step=1)
    assert average.module.weight[0, 0].item() == pytest.approx(1 - 2 / 11)
    late = WeightAverage(filled(0.0), decay=0.9)
    late.update(filled(1.0), step=1000)
    assert late.module.weight[0, 0].item() == pytest.approx(0.1)


def test_average_without_decay_is_the_model():
    average = WeightAverage(filled(0.0), decay=0.0)
    average.update(filled(1.0), step=1)
    assert average.module.bias.tolist() == [1.0, 1.0]


def test_average_follows_a_jump_exactly_and_nothing_else():
    model = filled(1.0)
    average = WeightAverage(filled(0.0), decay=0.9)
    with average.following(model), torch.no_grad():
        model.weight[1, 0] = 7.0
    assert average.module.weight.tolist() == [[0.0, 0.0], [7.0, 0.0]]


def test_average_copies_buffers_and_refuses_a_decay_of_one():
    model = nn.BatchNorm1d(2)
    average = WeightAverage(model, decay=0.9)
    model.running_mean.fill_(3.0)
    average.update(model, step=1)
    assert average.module.running_mean.tolist() == [3.0, 3.0]
    with pytest.raises(ValueError, match="ema_decay"):
        WeightAverage(model, decay=1.0)


def test_checkpoint_comes_back_and_a_half_written_one_does_not_count(tmp_path):
    tensors = {"model": {"a": torch.arange(3), "b": torch.tensor(2.5)}, "recipe": {}}
    path = save_checkpoint(tmp_path, 7, tensors, {"loss": 0.1}, keep=2)
    loaded, state = load_checkpoint(path)
    assert loaded["model"]["a"].tolist() == [0, 1, 2] and loaded["model"]["b"].item() == 2.5
    assert loaded["recipe"] == {} and state == {"step": 7, "loss": 0.1}
    (tmp_path / ".step-00000009.writing").mkdir()
    assert list_checkpoints(tmp_path) == [path]
    assert list_checkpoints(tmp_path / "none") == []


def test_failed_save_leaves_the_previous_one(tmp_path):
    save_checkpoint(tmp_path, 1, {"m": {"a": torch.ones(1)}}, {}, keep=1)
    with pytest.raises(TypeError):
        save_checkpoint(tmp_path, 2, {"m": {"a": torch.ones(1)}}, {"loss": object()}, keep=1)
    assert [p.name for p in list_checkpoints(tmp_path)] == ["step-00000001"]


def test_batches_arrive_in_order_whatever_their_cost():
    def make(index):
        time.sleep(0.002 * (index % 3))
        return index

    ahead = Ahead(make, 5, workers=3)
    assert [ahead.take() for _ in range(12)] == list(range(5, 17))
    ahead.close()


def test_error_while_making_a_batch_reaches_the_taker():
    ahead = Ahead(lambda index: 1 // (index - 1), 0, workers=1)
    assert ahead.take() == -1
    with pytest.raises(ZeroDivisionError):
        ahead.take()
    ahead.close()


def test_clock_counts_only_between_start_and_stop():
    clock = Clock(window=2)
    for _ in range(3):
        clock.start()
        clock.stop()
        time.sleep(0.05)
    assert clock.seconds_per_step < 0.01 and clock.rate(10) > 1000


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.4, "3 s"), (200, "3 min 20 s"), (3900, "1 h 05 min"), (-1, "0 s")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_progress_line_is_for_people():
    step = Progress("step", 3, 10, 0.5, {"ratio": 0.25, "by_position": [1, 2]}, 12.0, 75)
    assert step.line() == "3/10 step  loss 0.50000  ratio 0.25  12.0 pairs/s  1 min 15 s left"
    assert json.dumps(dict(step.metrics))
