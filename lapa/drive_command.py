"""`python -m lapa drive`: learn what driving a dream needs, and keep it beside the checkpoint.

    python -m lapa drive assets/checkpoints/robots --data assets/clips

Writes keys.json (which latent action an arrow key, the grip and "stay" stand for, embodiment by
embodiment) and ground.npz (real frames' features, to tell when a dream leaves familiar ground).
Run it again whenever the checkpoint changes: both belong to its codes and its image size.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.console import bar, checkpoint_folder, open_data, tell

if TYPE_CHECKING:
    import numpy as np

    from lapa.data import Cache
    from lapa.evaluation.keys import Key
    from lapa.imagine import Ground

KEYS, GROUND = "keys.json", "ground.npz"


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("checkpoint", type=Path, help="folder of a checkpoint, or of a run")
    options.add_argument("--data", type=Path, help="video or a prepared cache (../shared/robots)")
    options.add_argument("--cache", type=Path, help="where to prepare (default: cache/NAME-SIZE)")
    options.add_argument(
        "--pairs", type=int, default=600, help="frame pairs of each embodiment at most (600)"
    )
    options.add_argument("--out", type=Path, help="folder to write into (the checkpoint's own)")


def command(options: argparse.Namespace) -> int:
    """Learn both, telling progress on standard error; returns the exit code."""
    from lapa.data import FramePairs
    from lapa.evaluation.keys import as_json, learn_keys, watch_moves
    from lapa.evaluation.publish import write_json
    from lapa.imagine import save_grounds
    from lapa.models.quantizer import LatentActionQuantizer

    if options.pairs < 1:
        raise ValueError(f"--pairs is {options.pairs}; accepted are 1 and more")
    folder = checkpoint_folder(options.checkpoint)
    if not folder.is_dir() and options.out is None:
        raise ValueError(f"{folder} is no folder to write into; give one with --out")
    quantizer = LatentActionQuantizer.from_pretrained(folder)
    cache = open_data(options.data, options.cache, quantizer.config.image_size)
    pairs = FramePairs(cache, quantizer.config.gap_seconds)
    for done, total, seen in watch_moves(quantizer, pairs, most=options.pairs):
        tell(f"{bar(done, total)} frame pairs {done}/{total}", last=done == total)
        moves = seen
    keys, out = learn_keys(moves), options.out or folder
    told = {"command": f"python -m lapa {options.line}", "embodiments": as_json(keys)}
    print(write_json(out / KEYS, told))
    print(save_grounds(out / GROUND, grounds(cache, quantizer.config.image_size)))
    print("\n".join(lines(keys)))
    return 0


def grounds(cache: Cache, image_size: int) -> dict[str, Ground]:
    """Familiar ground of every embodiment with two episodes and more, from evenly spread frames."""
    import numpy as np

    from lapa.imagine import Ground
    from lapa.imagine.ground import REMEMBERED

    known = {}
    for body in sorted({episode.embodiment for episode in cache.episodes}):
        own = [i for i, each in enumerate(cache.episodes) if each.embodiment == body]
        if len(own) < 2:
            continue
        every = [(i, t) for i in own for t in range(cache.episodes[i].length)]
        chosen = [every[at] for at in np.linspace(0, len(every) - 1, REMEMBERED).astype(int)]
        frames = np.stack([_frame(cache, i, t, image_size) for i, t in dict.fromkeys(chosen)])
        known[body] = Ground.of(frames, np.array([i for i, _ in dict.fromkeys(chosen)]))
    return known


def lines(keys: dict[str, dict[str, Key]]) -> list[str]:
    """What was learned, a line a key."""
    return [
        f"{body:<20} {name:<6} {list(key.codes)}  {key.pairs} pairs, {key.agree:.0%} agree"
        f"{', from all embodiments' if key.everyone else ''}"
        for body, own in keys.items()
        for name, key in own.items()
    ]


def _frame(cache: Cache, episode: int, t: int, image_size: int) -> np.ndarray:
    frame = cache.clip(episode)[t]
    if frame.shape[0] != image_size:
        raise ValueError(f"the cache holds {frame.shape[0]} px; the checkpoint sees {image_size}")
    return frame
