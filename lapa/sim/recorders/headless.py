"""A renderer that needs no screen: EGL where it works, else OSMesa."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from lapa.sim.workers import works

BACKENDS = ("egl", "osmesa")
_PROBE = """
import mujoco
context = mujoco.GLContext(64, 64)
context.make_current()
model = mujoco.MjModel.from_xml_string('<mujoco><worldbody><geom size="1"/></worldbody></mujoco>')
mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100).free()
context.free()
print("works")
"""


def choose_renderer() -> dict[str, str]:
    """The environment in which MuJoCo draws without a screen; MUJOCO_GL is respected if set.

    Tried in processes of their own, because the choice is made once per process.

    Raises:
        OSError: none works.
    """
    wish = os.environ.get("MUJOCO_GL")
    for name in (wish,) if wish else BACKENDS:
        environment = {"MUJOCO_GL": name, "PYOPENGL_PLATFORM": name}
        if works(_PROBE, environment):
            return environment
    if wish and wish not in BACKENDS:
        raise OSError(
            f"MUJOCO_GL is {wish!r}, which does not work here; unset MUJOCO_GL, or set it to one "
            f"of {', '.join(BACKENDS)}, which need no screen."
        )
    tried = wish or " nor ".join(BACKENDS)
    raise OSError(
        f"no renderer without a screen works (tried {tried}): install the Debian packages "
        "libegl1 libegl-mesa0 libgl1-mesa-dri libosmesa6."
    )


def context(side: int) -> Any:
    """A context of MuJoCo to draw in without a screen, for pictures up to side x side pixels.

    Raises:
        OSError: no renderer without a screen works.
    """
    if sys.platform != "linux":
        from mujoco import GLContext

        return GLContext(side, side)
    if "MUJOCO_GL" not in os.environ:
        os.environ.update(choose_renderer())
    # not mujoco.GLContext, which was chosen when mujoco was imported
    module = importlib.import_module(f"mujoco.{os.environ['MUJOCO_GL']}")
    return module.GLContext(side, side)
