"""From a simulated scene to frames: a free camera and one renderer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import mujoco
import numpy as np

from lapa.sim.recorders.headless import context
from lapa.sim.recorders.meshes import simplify

# finest detail in metres at a frame of one pixel: about four fifths of a pixel of the arm's
DETAIL = 0.8
_MOST_GEOMS = 4000


@dataclass(frozen=True)
class View:
    """Where a camera looks from: MuJoCo's free camera, and how far it is jittered.

    Attributes:
        lookat: (x, y, z) in metres.
        distance: metres.
        azimuth, elevation: degrees.
        swing, tilt: an episode's azimuth and elevation differ by at most this, in degrees.
    """

    lookat: tuple[float, float, float]
    distance: float
    azimuth: float
    elevation: float
    swing: float
    tilt: float

    def camera(self, rng: np.random.Generator) -> mujoco.MjvCamera:
        """One episode's camera."""
        camera = mujoco.MjvCamera()
        camera.lookat[:] = self.lookat
        camera.distance = self.distance
        camera.azimuth = self.azimuth + rng.uniform(-self.swing, self.swing)
        camera.elevation = self.elevation + rng.uniform(-self.tilt, self.tilt)
        return camera


class Painter:
    """Draws one model at twice the size and averages down, without shadows and reflections.

    A process can have one at a time.
    """

    def __init__(
        self, model: mujoco.MjModel, size: int, groups: Collection[int] = (0, 1, 2)
    ) -> None:
        """size: side of a frame in pixels; groups: geom groups that are shown.

        Raises:
            OSError: no renderer without a screen works.
        """
        self.model, self.size = model, size
        model.vis.global_.offwidth = model.vis.global_.offheight = 2 * size
        model.vis.quality.offsamples = 0
        self._gl = context(2 * size)
        self._gl.make_current()
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(model, maxgeom=_MOST_GEOMS)
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            self._scene.flags[flag] = 0
        self._option = mujoco.MjvOption()
        self._option.geomgroup[:] = [group in groups for group in range(6)]
        self._option.sitegroup[:] = 0
        self._area = mujoco.MjrRect(0, 0, 2 * size, 2 * size)
        self._pixels = np.empty((2 * size, 2 * size, 3), np.uint8)

    def frame(self, data: mujoco.MjData, camera: mujoco.MjvCamera) -> np.ndarray:
        """(size, size, 3) uint8 RGB of the scene as it stands."""
        self._gl.make_current()
        every = mujoco.mjtCatBit.mjCAT_ALL
        mujoco.mjv_updateScene(self.model, data, self._option, None, camera, every, self._scene)
        mujoco.mjr_render(self._area, self._scene, self._context)
        mujoco.mjr_readPixels(self._pixels, None, self._area, self._context)
        return _halved(self._pixels[::-1])

    def upload(self, texture: int) -> None:
        """Draw with a texture as it now is in the model."""
        self._gl.make_current()
        mujoco.mjr_uploadTexture(self.model, self._context, texture)

    def close(self) -> None:
        """Give back the renderer, so that another can be had."""
        self._context.free()
        self._gl.free()


def prepare(model: mujoco.MjModel, size: int) -> None:
    """Take off the triangles that a frame of this size cannot show."""
    simplify(model, DETAIL / size)


def _halved(image: np.ndarray) -> np.ndarray:
    """Mean of each 2 x 2 pixels, rounded."""
    wide = image.astype(np.uint16)
    rows = wide[::2] + wide[1::2]
    return ((rows[:, ::2] + rows[:, 1::2] + 2) >> 2).astype(np.uint8)
