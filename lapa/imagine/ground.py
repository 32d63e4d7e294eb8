"""Familiar ground: does what moves in an imagined frame still look like the robot?

A decoder in a loop wanders into pictures that no camera took: fog, doubled arms, trails. Every
place of a frame is described by what a small pretrained network sees there, and held against a few
hundred such places of real frames of this embodiment and against all places of the frame that the
dream began with. Only places that have changed since then count, because the still background,
which every copy gets right, would hide a lost arm. A memory of ordinary places as a test of what is
odd: PatchCore (Roth et al. 2022, arXiv 2106.08265).

The distance is told in the unit that makes it readable: 1 is what 95 % of real frames lie within,
each held against places of other episodes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from lapa.files import replacing
from lapa.images import changed
from lapa.nn.features import BLOCKS, READ, FeatureNet

# of the network's three maps: half the picture's side is too fine to know a robot by
MAPS = READ[1:]
WIDTH = sum(BLOCKS[block][0] for block in MAPS)
# a place has moved where more than this share of its pixels has
MOVED = 0.1
# a frame with fewer moving places says little about the robot, so it is not asked for the unit
FEWEST = 3
WITHIN = 0.95
REMEMBERED = 512


@dataclass(frozen=True, eq=False)
class Ground:
    """Places of real frames of one embodiment, as their features (n, 64) float32.

    reach: the distance that is told as 1. image_size: of the frames, pixels.
    """

    features: np.ndarray
    reach: float
    image_size: int

    @classmethod
    def of(cls, frames: np.ndarray, episode: np.ndarray) -> Ground:
        """Remember places of real frames, drawn from all that moved.

        Args:
            frames: (n, size, size, 3) uint8 RGB, those of an episode in their order.
            episode: (n,) which episode each is from, any integers.

        Raises:
            ValueError: fewer than two episodes in which something moves, so that nothing says what
                is near.
        """
        _, first, which = np.unique(np.asarray(episode), return_index=True, return_inverse=True)
        places, starts = _places(frames), _places(frames[first])
        moving = _moving(frames, frames[first[which]])
        whose = torch.from_numpy(which)[:, None].expand(moving.shape)[moving]
        if len(whose.unique()) < 2:
            raise ValueError("familiar ground needs frames of at least two episodes that move")
        kept = torch.from_numpy(np.random.default_rng(0).permutation(len(whose))[:REMEMBERED])
        known, owner = places[moving][kept], whose[kept]
        far = [
            _strangeness(places[at][moving[at]], torch.cat([known[owner != own], starts[own]]))
            for at, own in enumerate(which)
            if moving[at].sum() >= FEWEST
        ]
        reach = float(torch.tensor(far or [0.0]).quantile(WITHIN))
        return cls(known.numpy(), max(reach, 1e-6), frames.shape[1])

    def begin(self, first: np.ndarray) -> Beginning:
        """The frame (size, size, 3) uint8 that a dream begins with, and all that is familiar there.

        Raises:
            ValueError: a frame of another size, whose places cannot be held against these.
        """
        self._check(first)
        return Beginning(
            self, first, torch.cat([torch.from_numpy(self.features), *_places(first[None])])
        )

    def _check(self, frame: np.ndarray) -> None:
        if frame.shape != (self.image_size, self.image_size, 3):
            raise ValueError(
                f"the frame is {frame.shape}; accepted is ({self.image_size}, {self.image_size}, 3)"
            )


@dataclass(frozen=True, eq=False)
class Beginning:
    """A dream's first frame on familiar ground. known: features (n + places, 64)."""

    ground: Ground
    first: np.ndarray
    known: Tensor

    def distance(self, frame: np.ndarray) -> float:
        """How far a frame (size, size, 3) uint8 is from real ones where it differs from the first.

        0: nothing has moved. Up to 1: what moves looks as 95 % of real frames do. Above: the robot
        is drawn as no camera has seen it.

        Raises:
            ValueError: a frame of another size.
        """
        self.ground._check(frame)
        (moving,) = _moving(frame[None], self.first[None])
        if not moving.any():
            return 0.0
        (places,) = _places(frame[None])
        return float(_strangeness(places[moving], self.known)) / self.ground.reach


def save_grounds(path: Path, grounds: Mapping[str, Ground]) -> Path:
    """Keep the ground of every embodiment in one .npz, features in half precision."""
    kept: dict[str, Any] = {
        name: ground.features.astype(np.float16) for name, ground in grounds.items()
    }
    names = np.array(list(grounds))
    scales = np.array([[each.reach, each.image_size] for each in grounds.values()])
    with replacing(path) as draft, draft.open("wb") as file:
        np.savez_compressed(file, names=names, scales=scales, **kept)
    return path


def load_grounds(path: Path) -> dict[str, Ground]:
    """The grounds that `save_grounds` kept.

    Raises:
        FileNotFoundError: nothing there. ValueError: something else is.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            names, scales = kept["names"].tolist(), kept["scales"]
            features = {name: kept[name].astype(np.float32) for name in names}
            grounds = {
                name: Ground(features[name], float(reach), int(size))
                for name, (reach, size) in zip(names, scales, strict=True)
            }
    except FileNotFoundError:
        raise
    # a damaged archive ends in nearly any error
    except Exception as error:
        raise ValueError(f"{path} holds no familiar ground ({error})") from error
    numbers = [each.features for each in grounds.values()]
    if not all(each.ndim == 2 and each.shape[1] == WIDTH for each in numbers):
        raise ValueError(f"{path} holds no familiar ground (features of another kind)")
    if not all(np.isfinite(each).all() for each in numbers):
        raise ValueError(f"{path} holds no familiar ground (features that are no numbers)")
    return grounds


@functools.lru_cache(maxsize=1)
def _net() -> FeatureNet:
    return FeatureNet.pretrained()


@torch.inference_mode()
def _places(frames: np.ndarray) -> Tensor:
    """(B, size, size, 3) uint8 -> (B, places, 64): both maps at an eighth of the side, each of unit
    length, so that neither outweighs the other."""
    pictures = torch.from_numpy(np.array(frames)).permute(0, 3, 1, 2).float().div(255)
    found = [_net()(batch)[1:] for batch in pictures.split(16)]
    maps = [torch.cat(each) for each in zip(*found, strict=True)]
    height, width = maps[-1].shape[-2:]
    equal = [F.normalize(F.adaptive_avg_pool2d(each, (height, width)), dim=1) for each in maps]
    return torch.cat(equal, 1).flatten(2).transpose(1, 2)


def _moving(frames: np.ndarray, firsts: np.ndarray) -> Tensor:
    """Which places of frames (B, size, size, 3) changed since their firsts: (B, places) bool."""
    now, then = (torch.from_numpy(np.array(each)).double() for each in (frames, firsts))
    share = changed(now, then)[:, None].float()
    height, width = frames.shape[1:3]
    return F.adaptive_avg_pool2d(share, (-(-height // 8), -(-width // 8))).flatten(1) > MOVED


def _strangeness(places: Tensor, known: Tensor) -> Tensor:
    """The mean distance of the stranger half of places (n, 64) to the nearest known: half of a
    doubled arm is always an arm."""
    apart = torch.cdist(places, known).min(1).values
    return apart.sort(descending=True).values[: -(-len(apart) // 2)].mean()
