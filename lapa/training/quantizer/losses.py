"""Reconstruction losses as pure functions of images (B, 3, h, w), float in [0, 1].

Few pixels of a robot video move within one gap: with plain MSE a model that copies x_t is already
good, and the codes carry nothing. The other losses here weigh what moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lapa.nn.features import FeatureNet, feature_error
from lapa.training import parallel

# ITU-R BT.601
LUMINANCE = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class LossWeights:
    """The weight of each term; 0 leaves the term out. The total is their weighted sum.

    motion_strength: λ of `motion_weighted`. normalised_floor: ε of `normalised`, a mean squared
    error in [0, 1]² units: pairs that move less than this do not count more for it. moved: the
    normalised error of x_t carried by the flow alone, so that the flow learns to carry rather than
    leave everything to the paint. feature: `normalised_features`, and adversarial: what a
    discriminator objects to (adversary.py), both of a window around what moves (window.py).
    """

    mse: float = 1.0
    motion: float = 0.0
    motion_strength: float = 4.0
    normalised: float = 0.0
    normalised_floor: float = 1e-3
    moved: float = 0.0
    edge: float = 0.0
    texture: float = 0.0
    feature: float = 0.0
    adversarial: float = 0.0
    quantizer: float = 1.0


def mse(image: Tensor, future: Tensor) -> Tensor:
    """Mean squared error, a scalar."""
    return (image - future).square().mean()


def motion_weighted(image: Tensor, frame: Tensor, future: Tensor, *, strength: float) -> Tensor:
    """Squared error weighted per pixel by (1 + λ·m) / (1 + λ).

    m is |x_t+H − x_t|, averaged over colours and divided by its mean over the image, so that the
    weights of every pair average 1, however little moves in it. A static pair has m = 0.
    """
    motion = (future - frame).abs().mean(1, keepdim=True)
    relative = motion / (motion.mean((2, 3), keepdim=True) + 1e-6)
    weight = (1 + strength * relative) / (1 + strength)
    return (weight * (image - future).square()).mean()


def normalised(image: Tensor, frame: Tensor, future: Tensor, *, floor: float) -> Tensor:
    """Mean over pairs of MSE_i / (copy MSE_i + ε): every pair counts by how far it got.

    The measure "closer to the future" of lapa.evaluation, made a loss: 1 is copying x_t.
    """
    error = (image - future).square().mean((1, 2, 3))
    copy = (frame - future).square().mean((1, 2, 3))
    return (error / (copy + floor)).mean()


def normalised_features(
    net: FeatureNet, image: Tensor, frame: Tensor, future: Tensor, *, floor: float = 1e-2
) -> Tensor:
    """Mean over pairs of the image's feature distance to the future, over x_t's own plus ε.

    The measure "feature distance" of lapa.evaluation, made a loss: 1 is copying x_t.
    """
    with torch.no_grad():
        copy = feature_error(net, frame, future)
    return (feature_error(net, image, future) / (copy + floor)).mean()


def edge(image: Tensor, future: Tensor) -> Tensor:
    """Mean absolute difference of horizontal and vertical gradients: blur costs, shade does not."""
    across = (image.diff(dim=3) - future.diff(dim=3)).abs().mean()
    down = (image.diff(dim=2) - future.diff(dim=2)).abs().mean()
    return across + down


def texture(image: Tensor, future: Tensor, *, cell: int = 8) -> Tensor:
    """How much fine detail is missing or too much: mean over pairs of Σ |r(image) − r(future)| /
    Σ r(future), r the root mean square of the luminance's Laplacian in each cell of 8 × 8 pixels.

    Blur costs; a sharp edge a pixel beside its place does not, as it would in a squared error.
    """
    mine, true = _detail(image, cell), _detail(future, cell)
    return ((mine - true).abs().sum((1, 2, 3)) / true.sum((1, 2, 3))).mean()


def _detail(image: Tensor, cell: int) -> Tensor:
    """(B, 3, h, w) -> (B, 1, h', w'); the floor keeps the root's slope finite in flat cells."""
    weights = image.new_tensor(LUMINANCE)[:, None, None]
    y = (image * weights).sum(1, keepdim=True)
    inner = y[:, :, 1:-1, 1:-1]
    around = y[:, :, :-2, 1:-1] + y[:, :, 2:, 1:-1] + y[:, :, 1:-1, :-2] + y[:, :, 1:-1, 2:]
    energy = F.avg_pool2d((around - 4 * inner).square(), cell, ceil_mode=True)
    return (energy + 1e-5).sqrt()


def total_loss(
    image: Tensor,
    frame: Tensor,
    future: Tensor,
    auxiliary: Tensor,
    weights: LossWeights,
    moved: Tensor | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum and its parts before weighting, for the metrics.

    image: the decoder's output; auxiliary: the quantizer's own loss, a scalar; moved: what the
    head made of x_t by its flow, needed for the weight of that name. Everything is computed in
    float32, also under autocast. Features and the discriminator, which look at windows, are the
    recipe's to add. Raises ValueError for a weight on what the head does not give.
    """
    image, frame, future = image.float(), frame.float(), future.float()
    parts = {"mse": mse(image, future)}
    if weights.motion:
        strength = weights.motion_strength
        parts["motion"] = motion_weighted(image, frame, future, strength=strength)
    if weights.normalised:
        floor = weights.normalised_floor
        parts["normalised"] = normalised(image, frame, future, floor=floor)
    if weights.moved:
        if moved is None:
            raise ValueError("The loss weighs what the flow moves; this model's head has no flow.")
        floor = weights.normalised_floor
        parts["moved"] = normalised(moved.float(), frame, future, floor=floor)
    if weights.edge:
        parts["edge"] = edge(image, future)
    if weights.texture:
        parts["texture"] = texture(image, future)
    parts["quantizer"] = torch.as_tensor(auxiliary).float()
    total = sum(getattr(weights, name) * part for name, part in parts.items())
    # What a look at the curve needs most: below 1 means better than copying x_t.
    # Of several processes the mean of these ratios is the ratio of all pairs.
    parts["ratio"] = parts["mse"].detach() / (parallel.mean(mse(frame, future)) + 1e-8)
    return total, parts
