"""The codebook watch: what it counts, when it ends a run, and that a resume keeps its memory."""

from __future__ import annotations

import pytest
import torch

from lapa.training.quantizer.health import (
    CodebookCare,
    CodebookCollapse,
    CodebookWatch,
    perplexity,
)


def watch(**changes) -> CodebookWatch:
    values = {"window": 3, "grace": 5, "patience": 4, "minimum_perplexity": 1.2}
    return CodebookWatch(2, 8, CodebookCare(**(values | changes)))


ALL = torch.arange(8).repeat(2, 1).T
DEAD = torch.stack([torch.arange(8), torch.full((8,), 5)], 1)


def test_counts_are_per_position_over_the_window():
    seen = watch()
    seen.update(ALL)
    assert seen.metrics()["codes_used_by_position"] == [8, 8]
    for _ in range(2):
        seen.update(DEAD)
    assert seen.used().tolist() == [8, 8]
    seen.update(DEAD)
    found = seen.metrics()
    assert found["codes_used_by_position"] == [8, 1] and found["codes_used"] == 1
    assert found["perplexity_by_position"] == [8.0, 1.0] and found["perplexity"] == 1.0


def test_perplexity():
    counts = torch.tensor([[4, 4, 0], [9, 0, 0], [0, 0, 0]])
    assert perplexity(counts).tolist() == pytest.approx([2.0, 1.0, 1.0])


def test_collapse_is_called_after_patience_and_says_where():
    seen = watch()
    for step in range(1, 7):
        seen.update(ALL if step < 2 else DEAD)
        seen.check(step)
    seen.update(DEAD)
    with pytest.raises(CodebookCollapse, match="step 7: position 1 has used 1 of 8 codes"):
        seen.check(7)


def test_collapse_waits_for_the_grace():
    seen = watch(grace=50)
    for step in range(1, 51):
        seen.update(DEAD)
        seen.check(step)
    with pytest.raises(CodebookCollapse, match="Re-seed"):
        seen.check(51)


def test_recovery_starts_the_count_anew():
    seen = watch(patience=4, window=1)
    for step in range(1, 40):
        seen.update(ALL if step % 4 == 0 else DEAD)
        seen.check(step)


def test_low_perplexity_alone_is_a_collapse():
    rare = torch.zeros(200, 2, dtype=torch.int64)
    rare[0] = 1
    seen = watch(minimum_codes=2)
    for _ in range(4):
        seen.update(rare)
    with pytest.raises(CodebookCollapse, match="used 2 of 8"):
        seen.check(6)


def test_state_restores_window_and_count():
    first, second = watch(), watch()
    for _ in range(5):
        first.update(DEAD)
    second.load_state(first.state())
    for each in (first, second):
        each.update(ALL)
    assert first.metrics() == second.metrics()
    assert second.metrics()["codes_used_by_position"] == [8, 8]
