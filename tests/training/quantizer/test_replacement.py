"""LAPA's own replacement of unused codes: when it looks, what it counts, what it puts in."""

from __future__ import annotations

import torch

from lapa.nn import quantizers
from lapa.training.quantizer.replacement import OfficialReplacement


def codebook():
    return quantizers.build("nsvq", size=4, length=2, dim=3, shared=True, normalise=False)


def test_it_looks_ever_less_often_and_not_after_five_thousand_steps():
    due = [step - 1 for step in range(1, 20_001) if OfficialReplacement.due(step)]
    assert due[:11] == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200]
    assert due[-3:] == [3500, 4000, 4500] and 900 in due and 1000 in due and 1500 in due


def test_a_code_counts_once_a_pass_and_is_held_against_the_batch_size():
    care, book = OfficialReplacement(4), codebook()
    before = book.vectors.detach().clone()
    for codes in ([[0, 0], [0, 1]], [[0, 1], [1, 1]], [[2, 2], [2, 2]]):
        care.count(torch.tensor(codes))
    # two passes of 20 are a tenth; one pass, however often it chose code 2, is not
    assert care.replace(book, 20) == 2
    assert torch.equal(book.vectors[0, :2], before[0, :2])
    donors = {tuple(row) for row in before[0, :2].tolist()}
    for row in book.vectors[0, 2:].tolist():
        assert any(torch.allclose(torch.tensor(row), torch.tensor(d)) for d in donors)


def test_counts_are_forgotten_after_a_look_and_kept_in_the_state():
    care, book = OfficialReplacement(4), codebook()
    care.count(torch.arange(4)[None])
    again = OfficialReplacement(4)
    again.load_state(care.state())
    assert again.replace(book, 10) == 0
    assert again.replace(book, 10) == 4
