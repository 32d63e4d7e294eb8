"""Tells a true next frame from an imagined one, patch by patch, given x_t.

Conditional, as in pix2pix (Isola et al. 2017, arXiv 1611.07004): it knows what the picture has to
go on from, so that it can mind an arm that lost its hand as well as fog. Spectrally normalised
(Miyato et al. 2018, arXiv 1802.05957), so that its slope stays bounded without a penalty.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

STRIDE = 8  # pixels a side for which one score stands; each sees 46 pixels


class PatchDiscriminator(nn.Module):
    """Five convolutions from x_t and a picture to one score for each 8×8 pixels.

    Args:
        width: channels of the first; the third and fourth have four times as many.
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        w = width
        self.convolutions = nn.ModuleList(
            spectral_norm(nn.Conv2d(ins, outs, kernel, stride, 1))
            for ins, outs, kernel, stride in (
                (6, w, 4, 2), (w, 2 * w, 4, 2), (2 * w, 4 * w, 4, 2), (4 * w, 4 * w, 3, 1),
                (4 * w, 1, 3, 1),
            )
        )  # fmt: skip

    def forward(self, frame: Tensor, picture: Tensor) -> Tensor:
        """(B, 3, h, w) each, in [0, 1] -> scores (B, 1, h/8, w/8): high where it believes."""
        x = torch.cat([frame, picture], 1) * 2 - 1
        for convolution in self.convolutions[:-1]:
            x = F.leaky_relu(convolution(x), 0.2)
        return self.convolutions[-1](x)
