"""A frozen quantizer replays what it has computed before: the same answers, without Python."""

from __future__ import annotations

import copy
import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from lapa import LAQConfig, LatentActionQuantizer
from lapa.nn.recorded import KEPT, Recorded

SMALL = LAQConfig(
    image_size=32, patch_size=8, dim=16, heads=2, dim_head=8, quant_dim=4, code_length=2,
    codebook_size=4, spatial_depth=1, temporal_depth=1, decoder_depth=1,
)  # fmt: skip
WARP = replace(
    SMALL, stem="conv", stem_widths=(8,), position="learned", reduce="conv",
    detach_first_frame=False, mix_code_channels=False, scrambled_temporal_peg=False,
    raw_keys=False, shared_codebook=False,
)  # fmt: skip
NETWORKS = {
    "pixels": SMALL,
    "change": replace(SMALL, head="change"),
    "warp": replace(WARP, head="warp"),
    "layers": replace(WARP, head="layers"),
    "motion": replace(WARP, head="layers", encoder="motion", spatial_depth=0),
    "nested": replace(WARP, head="layers", nested=True),
}


def network(config: LAQConfig) -> LatentActionQuantizer:
    torch.manual_seed(0)
    model = LatentActionQuantizer(config).eval()
    with torch.no_grad():
        for each in model.parameters():
            # heads that begin as copy-frame would say nothing
            each.add_(0.2 * torch.randn_like(each))
    return model


def frames(count: int, seed: int, side: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def same(found: np.ndarray, told: np.ndarray) -> None:
    """But for what rounds to the next grey level, as sums may be taken in another order."""
    apart = np.abs(found.astype(int) - told)
    assert apart.max() <= 1 and (apart > 0).mean() < 0.001


@pytest.mark.parametrize("name", NETWORKS)
def test_a_frozen_quantizer_answers_as_before(name: str) -> None:
    """At the first call of a shape, when it is recorded, and when it is replayed."""
    model = network(NETWORKS[name])
    frozen = copy.deepcopy(model).freeze()
    for seed in range(4):
        for count in (1, 3):
            here, there = frames(count, seed), frames(count, seed + 9)
            codes = np.random.default_rng(seed).integers(0, 4, (count, 2))
            np.testing.assert_array_equal(frozen.encode(here, there), model.encode(here, there))
            told = model.latent(here, there)
            np.testing.assert_allclose(frozen.latent(here, there), told, atol=1e-6)
            for size in (None, 48):
                told = model.decode(model.prepare(here, size=size), codes)
                assert len(np.unique(told)) > 20
                found = frozen.decode(frozen.prepare(here, size=size), codes)
                same(found, told)
        whole = model.sweep(here[0], codes[0], position=1)
        same(frozen.sweep(here[0], codes[0], position=1), whole)
        if NETWORKS[name].nested:
            told = model.decode(here, codes[:, :1])
            same(frozen.decode(here, codes[:, :1]), told)


def test_the_third_call_of_a_shape_does_not_enter_python() -> None:
    entered: list[int] = []

    class Counting:
        def double(self, x: torch.Tensor) -> tuple[torch.Tensor]:
            entered.append(len(x))
            return (x * 2,)

    counting = Counting()
    recorded = Recorded(counting.double)
    for count in (2, 3, 2, 3, 2, 3, 2):
        (found,) = recorded(torch.full((count,), float(count)))
        assert found.tolist() == [2.0 * count] * count
    assert entered == [2, 3, 2, 3]


def test_only_so_many_shapes_are_remembered() -> None:
    entered: list[int] = []

    class Counting:
        def same(self, x: torch.Tensor) -> tuple[torch.Tensor]:
            entered.append(len(x))
            return (x + 0,)

    counting = Counting()
    recorded = Recorded(counting.same)
    for count in (*range(1, KEPT + 2), *range(1, KEPT + 2)):
        recorded(torch.zeros(count))
    # each was forgotten before it came again
    assert entered == [*range(1, KEPT + 2)] * 2
    recorded(torch.zeros(KEPT + 1))
    recorded(torch.zeros(KEPT + 1))
    assert entered[2 * KEPT + 2 :] == [KEPT + 1], "recorded at its third, replayed at its fourth"


def test_a_frozen_quantizer_learns_no_more_and_goes_when_nobody_has_it() -> None:
    frozen = network(SMALL).freeze()
    assert not any(each.requires_grad for each in frozen.parameters())
    for _ in range(3):
        frozen.decode(frames(1, 0)[0], [1, 2])
    gone = weakref.ref(frozen)
    gc.disable()
    try:
        del frozen
        assert gone() is None, "a model of a gigabyte must not wait for the collector"
    finally:
        gc.enable()
