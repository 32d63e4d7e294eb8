"""High dynamic range video (PQ and HLG) brought to the range that pictures here have.

Diffuse white, 203 cd/m² (ITU-R BT.2408), becomes white; what is brighter is cut off. BT.2020's
primaries become BT.709's. The transfer functions are those of ITU-R BT.2100, tables 4 and 5.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import av

PQ, HLG = 16, 18  # as ISO/IEC 23091-2 numbers transfer characteristics
WIDE = 9  # and BT.2020's primaries
WHITE, HLG_PEAK, HLG_GAMMA = 203.0, 1000.0, 1.2
# linear light, BT.2020 -> BT.709: ITU-R BT.2087, section 2
TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)
LEVELS = 4096


def is_high_range(frame: av.VideoFrame) -> bool:
    """Whether a frame's values are PQ or HLG."""
    return frame.color_trc in (PQ, HLG)


def standard_range(image: np.ndarray, frame: av.VideoFrame) -> np.ndarray:
    """(H, W, 3) uint16 values of `frame` -> (H, W, 3) uint8 sRGB."""
    light = light_of(frame.color_trc)[image >> 4]
    if frame.color_trc == HLG:
        scene = np.maximum(light @ LUMINANCE, 1e-6)[..., None]
        light = light * scene ** np.float32(HLG_GAMMA - 1) * np.float32(HLG_PEAK / WHITE)
    if frame.color_primaries == WIDE:
        light = light @ TO_709.T
    pixels: np.ndarray = srgb()[(np.clip(light, 0, 1) * (LEVELS - 1) + 0.5).astype(np.uint16)]
    return pixels


@cache
def light_of(transfer: int) -> np.ndarray:
    """Value of 12 bits -> light, (4096,) float32: PQ's in shares of white, HLG's of the scene."""
    value = np.arange(LEVELS) / (LEVELS - 1)
    if transfer == PQ:
        root = value ** (32 / 2523)
        dark, bright = np.maximum(root - 0.8359375, 0), 18.8515625 - 18.6875 * root
        return (10_000 / WHITE * (dark / bright) ** (16384 / 2610)).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light = np.where(value <= 0.5, value**2 / 3, (np.exp((value - c) / a) + b) / 12)
    return light.astype(np.float32)


@cache
def srgb() -> np.ndarray:
    """Linear light of 12 bits -> uint8, (4096,)."""
    light = np.arange(LEVELS) / (LEVELS - 1)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(255 * value).astype(np.uint8)
