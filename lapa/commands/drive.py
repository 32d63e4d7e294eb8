"""`python -m lapa drive`: learn what driving a dream needs, and keep it beside the checkpoint.

    python -m lapa drive assets/checkpoints/robots --data assets/clips

Writes keys.json (which latent action an arrow key, the grip and "stay" stand for, embodiment by
embodiment), names.json (which way real pairs of each code went) and ground.npz (real frames'
features, to tell when a dream leaves familiar ground). Run it again whenever the checkpoint
changes: all belong to its codes and its image size.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lapa.commands.console import bar, beside_options, open_beside, tell

if TYPE_CHECKING:
    import numpy as np

    from lapa.data import Cache
    from lapa.imagine import Ground
    from lapa.imagine.keys import Key
    from lapa.imagine.names import Names

KEYS, NAMES, GROUND = "keys.json", "names.json", "ground.npz"
# what an embodiment is remembered by: as many episodes as looks vary, a few poses of each
EPISODES, FRAMES = 64, 6


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    beside_options(options, 600, "frame pairs of each embodiment at most")


def command(options: argparse.Namespace) -> int:
    """Learn all of it, telling progress on standard error; returns the exit code."""
    from lapa.data import FramePairs
    from lapa.evaluation.actions import Actions
    from lapa.files import write_json
    from lapa.imagine import keys as driving
    from lapa.imagine import names as naming
    from lapa.imagine import save_grounds

    quantizer, out, cache = open_beside(options, KEYS, NAMES, GROUND)
    pairs = FramePairs(cache, quantizer.config.gap_seconds)
    for done, total, latest in driving.watch_moves(quantizer, pairs, most=options.pairs):
        tell(f"{bar(done, total)} frame pairs {done}/{total}", last=done == total)
        moves = latest
    driven = Actions(pairs).driven
    keys = driving.learn_keys(moves, driven)
    names = naming.learn_names(moves, quantizer.config.codebook_size, driven)
    made = {"command": f"python -m lapa {options.line}"}
    print(write_json(out / KEYS, {**made, "embodiments": driving.as_json(keys)}))
    print(write_json(out / NAMES, {**made, "embodiments": naming.as_json(names)}))
    print(save_grounds(out / GROUND, grounds(cache, quantizer.config.image_size)))
    print("\n".join([*lines(keys), *counts(names)]))
    return 0


def grounds(cache: Cache, image_size: int) -> dict[str, Ground]:
    """Familiar ground of every embodiment with two moving episodes and more."""
    import numpy as np

    from lapa.imagine import Ground

    remembered = {}
    for body in sorted({episode.embodiment for episode in cache.episodes}):
        own = [i for i, each in enumerate(cache.episodes) if each.embodiment == body]
        if len(own) < 2:
            continue
        chosen = [
            (own[at], t)
            for at in _spread(len(own), EPISODES)
            for t in _spread(cache.episodes[own[at]].length, FRAMES)
        ]
        frames = np.stack([_frame(cache, i, t, image_size) for i, t in chosen])
        try:
            remembered[body] = Ground.of(frames, np.array([i for i, _ in chosen]))
        except ValueError:
            # nothing moves in its episodes
            continue
    return remembered


def lines(keys: dict[str, dict[str, Key]]) -> list[str]:
    """What was learned, a line a key."""
    return [
        f"{body:<20} {name:<6} {list(key.codes)}  {key.pairs} pairs, {key.agree:.0%} agree"
        f"{', from all embodiments' if key.everyone else ''}"
        for body, own in keys.items()
        for name, key in own.items()
    ]


def counts(names: dict[str, Names]) -> list[str]:
    """How many codes got a name, a line an embodiment."""
    named = {
        body: [name.witness.enough for position in own.codes for name in position]
        for body, own in names.items()
    }
    return [
        f"{body or 'all together':<20} {sum(each)} of {len(each)} codes have a name, "
        f"{len(names[body].grips)} latent actions say what the gripper does"
        for body, each in named.items()
    ]


def _spread(count: int, most: int) -> list[int]:
    """At most so many of the numbers 0 to count - 1, evenly spread, the ends among them."""
    import numpy as np

    return sorted({int(at) for at in np.linspace(0, count - 1, most)})


def _frame(cache: Cache, episode: int, t: int, image_size: int) -> np.ndarray:
    frame: np.ndarray = cache.clip(episode)[t]
    if frame.shape[0] != image_size:
        raise ValueError(f"the cache holds {frame.shape[0]} px; the checkpoint sees {image_size}")
    return frame
