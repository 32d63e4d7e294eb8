"""Familiar ground: how far is an imagined frame from the real frames of its embodiment?

A decoder in a loop wanders into pictures that no camera took. Two coarse maps of a frame tell:
where it has how much fine detail (blur, doubled arms and noise change that), and its colours.
The distance to the nearest of a few hundred real frames is told in the unit that makes it
readable: 1 is what 95 % of those real frames lie within, each held against frames of other
episodes. Nearest neighbours as a test of novelty, with the data's own distances as the scale: Tax
and Duin 2000, "Data description in subspaces".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from lapa.images import laplacian, luminance

# cells of both maps; colours count so much that neither map outweighs the other on real frames
DETAIL, COLOURS, WEIGHT = 8, 4, 8.0
# added to the detail before its logarithm: below this, as rounding makes, all places are plain
PLAIN = 0.01
WITHIN = 0.95
REMEMBERED = 320


@dataclass(frozen=True, eq=False)
class Ground:
    """Real frames of one embodiment, as their features (n, 112) float32.

    reach: the distance that is told as 1. image_size: of the frames, pixels.
    """

    features: np.ndarray
    reach: float
    image_size: int

    @classmethod
    def of(cls, frames: np.ndarray, episode: np.ndarray) -> Ground:
        """Remember real frames.

        Args:
            frames: (n, size, size, 3) uint8 RGB.
            episode: (n,) which episode each is from, any integers.

        Raises:
            ValueError: fewer than two episodes, so that nothing says what is near.
        """
        if len(np.unique(episode)) < 2:
            raise ValueError("familiar ground needs frames of at least two episodes")
        known = _features(frames)
        apart = _apart(known, known)
        apart[torch.from_numpy(np.asarray(episode)[:, None] == np.asarray(episode))] = torch.inf
        reach = float(apart.min(1).values.quantile(WITHIN))
        return cls(known.numpy(), max(reach, 1e-6), frames.shape[1])

    def distance(self, frames: np.ndarray) -> np.ndarray:
        """How far frames (B, size, size, 3) uint8 are from the nearest real one, (B,) float64.

        0: it is one of them. Up to 1: as near as 95 % of real frames are to those of other
        episodes. Above: the world leaves what the embodiment was seen in.

        Raises:
            ValueError: frames of another size, whose detail cannot be held against these.
        """
        if frames.shape[1:] != (self.image_size, self.image_size, 3):
            raise ValueError(
                f"frames are {frames.shape}; accepted are (B, {self.image_size}, "
                f"{self.image_size}, 3)"
            )
        apart = _apart(_features(frames), torch.from_numpy(self.features))
        return (apart.min(1).values / self.reach).double().numpy()


def save_grounds(path: Path, grounds: Mapping[str, Ground]) -> Path:
    """Keep the ground of every embodiment in one .npz, features in half precision."""
    kept = {name: ground.features.astype(np.float16) for name, ground in grounds.items()}
    names = np.array(list(grounds))
    scales = np.array([[each.reach, each.image_size] for each in grounds.values()])
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, names=names, scales=scales, **kept)
    return path


def load_grounds(path: Path) -> dict[str, Ground]:
    """The grounds that `save_grounds` kept.

    Raises:
        FileNotFoundError: nothing there. ValueError: something else is.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            names, scales = kept["names"].tolist(), kept["scales"]
            found = {name: kept[name].astype(np.float32) for name in names}
    except (KeyError, ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path} holds no familiar ground ({error})") from error
    return {
        name: Ground(found[name], float(reach), int(size))
        for name, (reach, size) in zip(names, scales, strict=True)
    }


def _apart(one: Tensor, other: Tensor) -> Tensor:
    # by differences: by products, equal frames would be 0.01 apart
    return torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist")


def _features(frames: np.ndarray) -> Tensor:
    """(B, h, w, 3) uint8 -> (B, 112) float32: log detail of 8 x 8 cells, colours of 4 x 4."""
    detail = F.adaptive_avg_pool2d(laplacian(luminance(frames)).abs(), DETAIL)
    colour = torch.from_numpy(frames).permute(0, 3, 1, 2).double() / 255
    colour = F.adaptive_avg_pool2d(colour, COLOURS) * WEIGHT
    return torch.cat([torch.log(detail + PLAIN).flatten(1), colour.flatten(1)], 1).float()
