"""Muon: orthogonal updates, and two optimisers that save and load as one."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from lapa.training.loop import make_optimizer
from lapa.training.muon import Muon, orthogonal
from lapa.training.recipe import LoopConfig


@pytest.mark.parametrize("shape", [(40, 40), (40, 90), (90, 40)])
def test_update_keeps_directions_and_levels_their_sizes(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    inside = torch.diagonal(u.T @ orthogonal(matrix) @ v.T)
    assert inside.min() > 0.6 and inside.max() < 1.3


def test_zero_gradient_moves_nothing():
    assert not orthogonal(torch.zeros(40, 50)).any()


def test_first_step_by_hand():
    weight = nn.Parameter(torch.zeros(32, 64))
    weight.grad = torch.randn(32, 64)
    Muon([weight], lr=0.01).step()
    # the size of AdamW's steps: 0.2 of the rate, as a root mean square
    assert weight.square().mean().sqrt().item() == pytest.approx(0.002, rel=0.2)
    assert (weight * weight.grad).sum() < 0


def test_only_matrices():
    with pytest.raises(ValueError, match="matrices, got a tensor of shape"):
        Muon([nn.Parameter(torch.zeros(3))], lr=0.1)


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(48, 40), nn.Tanh(), nn.Linear(40, 40), nn.Linear(40, 3))


def muon(model: nn.Module) -> torch.optim.Optimizer:
    config = LoopConfig(steps=9, batch_size=1, learning_rate=0.02, optimizer="muon")
    return make_optimizer(model, config)


def train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> float:
    x = torch.linspace(-1, 1, 48 * 16).reshape(16, 48)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = (model(x) - x[:, :3]).square().mean()
        loss.backward()
        optimizer.step()
    return loss.item()


def test_linear_layers_are_turned_and_narrow_ones_are_not():
    model = network()
    members = muon(model).members
    turned = [p for group in members[0].param_groups for p in group["params"]]
    assert [tuple(p.shape) for p in turned] == [(40, 48), (40, 40)]
    assert len(turned) + sum(len(g["params"]) for g in members[1].param_groups) == 6


def test_it_learns_and_follows_the_rate_that_the_loop_sets():
    model = network()
    optimizer = muon(model)
    assert train(model, optimizer, 60) < 0.2 * train(network(), muon(network()), 1)
    before = [p.clone() for p in model.parameters()]
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    train(model, optimizer, 1)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_state_survives_a_save():
    model = network()
    optimizer = muon(model)
    train(model, optimizer, 3)
    other = copy.deepcopy(model)
    again = muon(other)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert train(other, again, 3) == train(model, optimizer, 3)


def test_unknown_optimizer():
    with pytest.raises(ValueError, match="'adamw' or 'muon', got 'sgd'"):
        LoopConfig(steps=1, batch_size=1, learning_rate=1.0, optimizer="sgd")
