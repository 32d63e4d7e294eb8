"""Each loss against a number worked out by hand."""

from __future__ import annotations

import pytest
import torch

from lapa.training.quantizer.losses import (
    LossWeights,
    edge,
    motion_weighted,
    mse,
    normalised,
    texture,
    total_loss,
)


def images(*values: float) -> torch.Tensor:
    """Flat images (B, 3, 4, 4), one a value."""
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 3, 4, 4).clone()


def test_mse():
    assert mse(images(0.5, 0.1), images(0.1, 0.1)).item() == pytest.approx(0.08)


def test_motion_weights_average_one_and_favour_what_moves():
    frame, future = images(0.0), images(0.0)
    future[:, :, 0, 0] = 0.8
    everywhere = motion_weighted(future + 0.1, frame, future, strength=4.0)
    assert everywhere.item() == pytest.approx(0.01, rel=1e-4)
    moving, still = future.clone(), future.clone()
    moving[:, :, 0, 0] += 0.1
    still[:, :, 3, 3] += 0.1
    weights = [motion_weighted(x, frame, future, strength=4.0).item() for x in (moving, still)]
    # m is 16 on the one pixel of sixteen that moves and 0 elsewhere
    assert weights[0] / weights[1] == pytest.approx(1 + 4 * 16, rel=1e-3)


def test_motion_weighting_of_a_static_pair_is_mse_scaled():
    found = motion_weighted(images(0.2), images(0.1), images(0.1), strength=4.0)
    assert found.item() == pytest.approx(0.01 / 5)


def test_normalised_is_one_for_a_copy_and_counts_pairs_alike():
    frame, future = images(0.0, 0.0), images(0.4, 0.1)
    assert normalised(frame, frame, future, floor=0.0).item() == pytest.approx(1.0)
    half = normalised(future / 2, frame, future, floor=0.0)
    assert half.item() == pytest.approx(0.25)
    assert normalised(frame, frame, future, floor=0.01).item() == pytest.approx(
        (0.16 / 0.17 + 0.01 / 0.02) / 2
    )


def test_edge_ignores_shade_and_sees_blur():
    sharp = images(0.0)
    sharp[:, :, :, 2:] = 1.0
    assert edge(sharp + 0.3, sharp).item() == pytest.approx(0.0, abs=1e-6)
    # the one step of height 1 among three differences a row is gone
    assert edge(images(0.5), sharp).item() == pytest.approx(1 / 3)


def test_texture_sees_blur_and_forgives_a_sharp_edge_beside_its_place():
    sharp = torch.zeros(1, 3, 32, 32)
    sharp[:, :, :, 13:] = 1.0
    beside = torch.zeros_like(sharp)
    beside[:, :, :, 12:] = 1.0
    blurred = torch.nn.functional.avg_pool2d(sharp, (1, 5), 1, (0, 2), count_include_pad=False)
    assert texture(sharp, sharp).item() == 0.0
    assert texture(beside, sharp).item() == pytest.approx(0.0, abs=1e-6)
    assert texture(blurred, sharp).item() > 0.5
    # doubled contrast is as far off as none at all (but for the floor in flat cells)
    assert texture(2 * sharp, sharp).item() == pytest.approx(1.0, abs=0.1)
    assert texture(0 * sharp, sharp).item() == pytest.approx(1.0, abs=0.1)


def test_texture_has_a_finite_slope_on_flat_images():
    flat = torch.full((1, 3, 16, 16), 0.5, requires_grad=True)
    texture(flat, torch.rand(1, 3, 16, 16)).backward()
    assert torch.isfinite(flat.grad).all()


def test_total_is_the_weighted_sum_and_leaves_out_what_weighs_nothing():
    frame, future, image = images(0.0), images(0.4), images(0.2)
    auxiliary = torch.tensor(0.5)
    total, parts = total_loss(image, frame, future, auxiliary, LossWeights(mse=2.0))
    assert total.item() == pytest.approx(2 * 0.04 + 0.5)
    assert set(parts) == {"mse", "quantizer", "ratio"}
    assert parts["ratio"].item() == pytest.approx(0.25, rel=1e-4)
    weights = LossWeights(mse=0.0, motion=1.0, normalised=0.1, edge=1.0, quantizer=0.0)
    total, parts = total_loss(image, frame, future, auxiliary, weights)
    expected = parts["motion"] + 0.1 * parts["normalised"] + parts["edge"]
    assert total.item() == pytest.approx(expected.item())


def test_everything_but_the_ratio_has_a_gradient_and_half_precision_is_widened():
    frame, future = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
    image = torch.rand(2, 3, 8, 8).bfloat16().requires_grad_()
    weights = LossWeights(motion=1.0, normalised=1.0, edge=1.0, texture=1.0)
    total, parts = total_loss(image, frame, future, torch.zeros(()), weights)
    total.backward()
    assert total.dtype == torch.float32 and image.grad.abs().sum() > 0
    assert not parts["ratio"].requires_grad


def test_what_the_flow_moves_is_weighed_only_where_there_is_a_flow():
    frame, future, moved = images(0.0), images(0.4), images(0.1)
    weights = LossWeights(mse=0.0, moved=2.0, normalised_floor=0.0)
    total, parts = total_loss(frame, frame, future, torch.zeros(()), weights, moved)
    assert parts["moved"].item() == pytest.approx(0.09 / 0.16)
    assert total.item() == pytest.approx(2 * 0.09 / 0.16)
    with pytest.raises(ValueError, match="head has no flow"):
        total_loss(frame, frame, future, torch.zeros(()), weights)
