"""Imagined rollouts: the decoder fed its own pictures, as a function and as a world to act in.

    from lapa import ImaginedWorld, imagine

    dream = imagine(laq, frame, actions=[[3, 1, 0, 6], [3, 1, 0, 6]])    # (3, h, w, 3) uint8
    world = ImaginedWorld(laq, frame)
    frame, info = world.reset(seed=0)
    frame, reward, terminated, truncated, info = world.step([3, 1, 0, 6])

LAPA calls its quantizer's decoder a potential world model (arXiv 2410.11758, Figure 12).
"""

from __future__ import annotations

import sys
from types import ModuleType

from lapa.imagine.ground import Ground, load_grounds, save_grounds
from lapa.imagine.rollout import imagine
from lapa.imagine.world import ImaginedWorld, Moment, as_gymnasium

__all__ = [
    "Ground",
    "ImaginedWorld",
    "Moment",
    "as_gymnasium",
    "imagine",
    "load_grounds",
    "save_grounds",
]


# `lapa.imagine` is this package and the function of that name. Python binds a package to its name
# in `lapa` when it is first imported, whenever that is: a function kept there would be overwritten,
# or would hide `lapa.imagine.ImaginedWorld`. A package that can be called is right in every order.
class _CallablePackage(ModuleType):
    __call__ = staticmethod(imagine)


sys.modules[__name__].__class__ = _CallablePackage
