"""How the scene looks: the plain theme `sim`, and `real` with wood, changing light and clutter."""

from __future__ import annotations

import mujoco
import numpy as np

from lapa.sim.recorders.camera import View
from lapa.sim.tabletop import board

THEMES = ("sim", "real")
# things around the board, and pixels a side of its texture
_CLUTTER, _GRAIN = 7, 128
_VIEWS = {
    "sim": View((0.37, 0.0, 0.0), 0.82, 180.0, -60.0, swing=0.0, tilt=0.0),
    "real": View((0.37, 0.0, 0.0), 0.86, 180.0, -57.0, swing=5.0, tilt=4.0),
}
_FLOOR = {"sim": (0.80, 0.82, 0.86), "real": (0.33, 0.32, 0.31)}
# grey level of the board where it has no grain
_PLAIN = 52


class Look:
    """The looks of one model. theme: of THEMES.

    Raises:
        ValueError: no such theme.
    """

    def __init__(self, theme: str, spec: mujoco.MjSpec) -> None:
        if theme not in THEMES:
            raise ValueError(f"no theme {theme!r}; there are {', '.join(THEMES)}")
        self.theme = theme
        self._build(spec)

    def _build(self, spec: mujoco.MjSpec) -> None:
        world = spec.worldbody
        texture = spec.add_texture(
            name="board", type=mujoco.mjtTexture.mjTEXTURE_2D, width=_GRAIN, height=_GRAIN,
            nchannel=3,
        )  # fmt: skip
        texture.data = np.full((_GRAIN, _GRAIN, 3), _PLAIN, np.uint8).tobytes()
        material = spec.add_material(name="board")
        names = list(material.textures)
        names[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "board"
        material.textures = names
        box, unseen = mujoco.mjtGeom.mjGEOM_BOX, {"contype": 0, "conaffinity": 0}
        size = [*(board.HIGH - board.LOW) / 2, 0.01]
        world.add_geom(
            type=box, size=size, pos=[*board.MIDDLE, -0.0101], material="board", **unseen
        )
        plane = mujoco.mjtGeom.mjGEOM_PLANE
        colour = [*_FLOOR[self.theme], 1]
        world.add_geom(
            name="floor", type=plane, size=[3, 3, 0.1], pos=[0, 0, -0.03], rgba=colour, **unseen
        )
        world.add_light(
            name="lamp", pos=[0.5, -0.6, 1.5], dir=[-0.1, 0.4, -1], diffuse=[0.5] * 3,
            castshadow=False,
        )  # fmt: skip
        for at in range(_CLUTTER if self.theme == "real" else 0):
            kind = box if at % 2 else mujoco.mjtGeom.mjGEOM_CYLINDER
            world.add_geom(name=f"clutter{at}", type=kind, size=[0.03, 0.03, 0.03], **unseen)
        spec.visual.headlight.ambient = [0.42] * 3
        spec.visual.headlight.diffuse = [0.35] * 3

    def vary(self, model: mujoco.MjModel, rng: np.random.Generator) -> mujoco.MjvCamera:
        """Give the scene the look of a new episode; returns its camera.

        The texture of the board changes too, and has to be uploaded to a renderer.
        """
        if self.theme == "real":
            self._light(model, rng)
            self._wood(model, rng)
            self._lay(model, rng)
        return _VIEWS[self.theme].camera(rng)

    def _light(self, model: mujoco.MjModel, rng: np.random.Generator) -> None:
        lamp = model.light("lamp")
        lamp.pos[:] = rng.uniform([0.0, -0.9, 1.1], [0.9, 0.9, 1.8])
        toward = np.array([*board.MIDDLE, 0.0]) - lamp.pos
        lamp.dir[:] = toward / np.linalg.norm(toward)
        warmth = rng.uniform(0.0, 0.25)
        lamp.diffuse[:] = rng.uniform(0.5, 0.8) * np.array([1, 1 - warmth / 2, 1 - warmth])
        model.vis.headlight.ambient[:] = rng.uniform(0.25, 0.42)
        model.vis.headlight.diffuse[:] = rng.uniform(0.15, 0.35)
        model.geom("floor").rgba[:3] = rng.uniform(0.15, 0.6) * rng.uniform(0.85, 1.0, 3)

    def _wood(self, model: mujoco.MjModel, rng: np.random.Generator) -> None:
        """Grain along the board: slow waves across it, bent a little, with noise."""
        across = np.linspace(0, 1, _GRAIN)[:, None]
        along = np.linspace(0, 1, _GRAIN)[None]
        bend = 0.03 * np.sin(2 * np.pi * (along * rng.uniform(0.5, 2) + rng.uniform()))
        waves = sum(
            np.sin(2 * np.pi * ((across + bend) * rng.uniform(4, 30) + rng.uniform())) / 3
            for _ in range(3)
        )
        grain = 12 * waves + rng.normal(0, 4, (_GRAIN, _GRAIN))
        tone = rng.uniform(0.7, 1.1) * np.array([150, 110, 75]) + rng.normal(0, 6, 3)
        pixels = tone + grain[..., None] * [1, 0.8, 0.6]
        start = model.texture("board").id
        first, size = model.tex_adr[start], 3 * _GRAIN**2
        model.tex_data[first : first + size] = np.clip(pixels, 0, 255).astype(np.uint8).ravel()

    def _lay(self, model: mujoco.MjModel, rng: np.random.Generator) -> None:
        """Clutter around the board, never on it."""
        for at in range(_CLUTTER):
            geom = model.geom(f"clutter{at}")
            side = rng.choice([-1, 1])
            beside = rng.uniform(-0.05, 0.62), side * rng.uniform(0.37, 0.50)
            behind = rng.uniform(-0.16, 0.08), side * rng.uniform(0.12, 0.42)
            geom.size[:] = rng.uniform(0.012, 0.045, 3)
            geom.pos[:] = [*(beside if at % 3 else behind), geom.size[2] - 0.03]
            geom.rgba[:3] = rng.uniform(0.1, 0.9, 3)
            geom.quat[:] = [np.cos(turn := rng.uniform(0, np.pi)), 0, 0, np.sin(turn)]
