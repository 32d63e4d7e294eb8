"""LAPA: latent actions from video. The library behind the explorer; it never imports the page.

    from lapa import LatentActionQuantizer, imagine, read_episodes

    frames = read_episodes("assets/clips", embodiment="panda")[0][0].frames
    laq = LatentActionQuantizer.from_pretrained("assets/checkpoints/robots")
    codes = laq.encode(frames[0], frames[3])           # a latent action, e.g. [3, 1, 0, 6]
    image = laq.decode(frames[0], codes)               # the imagined next frame
    every = laq.sweep(frames[0], codes, position=2)    # all values of one position
    dream = imagine(laq, frames[0], actions=[codes] * 8)    # the decoder on its own pictures

A tour, bottom up:

    nn            bricks: attention, transformers, patches, quantizers
    media         pictures and videos as RGB pixels, without torch
    data          episodes, their readers, the cache of frames, frame pairs
    sim           simulators: the tabletop, and the recorders that make new clips
    models        LatentActionQuantizer, LatentPolicy, their networks; `pretrained` loads them
    official      everything that knows the formats of LAPA's official release
    imagine       imagined rollouts, and the world made of them: reset, step, branch
    training      one loop that yields Progress, and the recipes on it
    scale         work in parts: one process, several, or a Ray cluster
    hub           what is made here, on the Hugging Face Hub
    evaluation    measures: pure functions of frame pairs -> frozen dataclasses
    presets       whole runs by name: robots(), tabletop(), debug(), official(); policies: stages
    __main__      python -m lapa prepare | quantize | label | pretrain | finetune | checkup | …

Names below are loaded when first used, so `import lapa` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "LatentActionQuantizer": "lapa.models.quantizer",
    "LAQConfig": "lapa.models.config",
    "LatentPolicy": "lapa.models.policy",
    "Episode": "lapa.data",
    "read_episodes": "lapa.data",
    "Cache": "lapa.data",
    "FramePairs": "lapa.data",
    "push_to_hub": "lapa.hub",
    "imagine": "lapa.imagine",
    "ImaginedWorld": "lapa.imagine",
}

__all__ = sorted(_HOME)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'lapa' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
