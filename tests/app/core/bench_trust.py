"""How often the sentence of trust doubts what it should, and what it should not.

    python -m tests.app.core.bench_trust

Frames of the shipped clips, one to four gaps after the frame that is held for the first, are judged
as a dream's are: as they are; blurred where something moves, over a 96th, a 48th and a 24th of the
side; and drawn three times. A line a model: how many of 100 are doubted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from app.core.trust import Trust
from app.explorer import Explorer
from lapa import LatentActionQuantizer
from lapa.images import moving_detail
from lapa.imagine.ground import Ground, load_grounds
from tests.app.core.test_trust import ghost, moved

ASSETS = Path(__file__).resolve().parents[3] / "assets"
# of each embodiment: clips, and frames of each to begin with
CLIPS, STARTS = 4, 3

Judged = Callable[[np.ndarray, np.ndarray], np.ndarray]


def blurred(part: int) -> Judged:
    """What blurs a frame where it differs from the first, over `1 / part` of its side."""

    def worse(image: np.ndarray, first: np.ndarray) -> np.ndarray:
        soft = Image.fromarray(image).filter(ImageFilter.GaussianBlur(len(image) / part))
        return np.where(moved(image, first), np.array(soft), image)

    return worse


KINDS: dict[str, Judged] = {
    "real": lambda image, first: image,
    "blur 1/96": blurred(96),
    "blur 1/48": blurred(48),
    "blur 1/24": blurred(24),
    "drawn thrice": ghost,
}


def doubts(frames: np.ndarray, ground: Ground, worse: Judged) -> list[bool]:
    """Of each frame (h, w, 3) uint8 after the first, whether it is doubted."""
    first, begun = frames[0], ground.begin(frames[0])
    found = []
    for frame in frames[1:]:
        image = np.ascontiguousarray(worse(frame, first))
        mine, theirs = moving_detail(image[None], first[None], image[None])
        sharp = float(mine[0] / theirs[0]) if theirs[0] > 0 else 1.0
        found.append(Trust().after(1, sharp, begun.distance(image)).since is not None)
    return found


def main() -> None:
    """Prints the table."""
    explorer = Explorer(ASSETS / "checkpoints", ASSETS / "clips")
    print("model".ljust(10), "frames", *(kind.rjust(12) for kind in KINDS))
    for model in explorer.models.all():
        folder = ASSETS / "checkpoints" / model.name
        quantizer = LatentActionQuantizer.from_pretrained(folder)
        grounds = load_grounds(folder / "ground.npz")
        counted: dict[str, list[bool]] = {kind: [] for kind in KINDS}
        for body in explorer.clips.embodiments(model):
            for clip in explorer.clips.all(body)[:CLIPS]:
                gap = max(1, round(clip.fps * model.gap_seconds))
                for start in range(0, clip.frames - gap, max(1, clip.frames // STARTS)):
                    frames = quantizer.resize(
                        explorer.clips.frames(clip.id)[start : start + 4 * gap + 1 : gap]
                    )
                    for kind, worse in KINDS.items():
                        counted[kind] += doubts(frames, grounds[body], worse)
        rates = (f"{100 * np.mean(each):.0f}".rjust(12) for each in counted.values())
        print(model.name.ljust(10), str(len(counted["real"])).rjust(6), *rates, flush=True)


if __name__ == "__main__":
    main()
