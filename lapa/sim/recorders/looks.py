"""How a scene looks: colours of table, floor, walls, things and light, anew for each episode.

The robot keeps its colours, since it is known by them. Each look starts from the model as it was
made, so that an episode's look does not depend on the one before.
"""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np

# how many episodes look as the simulator was made, a little different, and quite different
STRENGTHS, SHARES = (0.0, 0.5, 1.0), (0.3, 0.35, 0.35)
COLOURS = {
    "red": (0.70, 0.10, 0.10),
    "green": (0.12, 0.55, 0.15),
    "blue": (0.12, 0.25, 0.75),
    "yellow": (0.85, 0.75, 0.12),
    "orange": (0.90, 0.45, 0.08),
    "purple": (0.45, 0.15, 0.60),
    "black": (0.08, 0.08, 0.09),
    "pink": (0.90, 0.45, 0.60),
}
_SKY = int(mujoco.mjtTexture.mjTEXTURE_SKYBOX)
_FIELDS = ("mat_rgba", "mat_texid", "geom_rgba", "light_diffuse", "light_ambient", "light_pos")


class Looks:
    """The looks of one model.

    Attributes:
        skies: textures of the background, to be uploaded after each `vary`.
    """

    def __init__(self, model: mujoco.MjModel, is_robot: Callable[[str], bool]) -> None:
        """is_robot: says of the name of a body at the root whether it is the robot's."""
        self.model = model
        self._original = {name: getattr(model, name).copy() for name in _FIELDS}
        self._headlight = np.array([model.vis.headlight.diffuse, model.vis.headlight.ambient])
        self.skies = [i for i in range(model.ntex) if model.tex_type[i] == _SKY]
        self._textures = model.tex_data.copy()
        robots = np.array([is_robot(model.body(i).name) for i in model.body_rootid])
        bare = model.geom_matid < 0
        scene = ~robots[model.geom_bodyid]
        self._geoms = np.flatnonzero(scene & bare)
        of_robots = set(model.geom_matid[~scene & ~bare])
        self._materials = sorted(set(model.geom_matid[scene & ~bare]) - of_robots)

    def vary(self, rng: np.random.Generator) -> float:
        """Give the scene the look of a new episode; returns how far it strays, 0 to 1."""
        for name, values in self._original.items():
            getattr(self.model, name)[:] = values
        strength = float(rng.choice(STRENGTHS, p=SHARES))
        self._light(rng, max(strength, 0.2))
        for material in self._materials:
            rgba = self.model.mat_rgba[material]
            rgba[:3] = _tinted(rgba[:3], rng, strength)
        for geom in self._geoms:
            rgba = self.model.geom_rgba[geom]
            rgba[:3] = _tinted(rgba[:3], rng, strength)
        for sky in self.skies:
            self._recolour_sky(sky, rng, strength)
        return strength

    def paint(self, geom: str, colour: str) -> None:
        """Give a thing a plain colour by name."""
        index = self.model.geom(geom).id
        material = self.model.geom_matid[index]
        if material < 0:
            self.model.geom_rgba[index, :3] = COLOURS[colour]
            return
        self.model.mat_texid[material] = -1
        self.model.mat_rgba[material, :3] = COLOURS[colour]

    def _light(self, rng: np.random.Generator, strength: float) -> None:
        model = self.model
        warmth = 1 + strength * np.clip(rng.normal(size=3), -2, 2) * 0.025
        model.light_diffuse[:] *= rng.uniform(1 - 0.35 * strength, 1 + 0.2 * strength) * warmth
        model.light_pos[:] += strength * rng.normal(size=model.light_pos.shape) * 0.25
        head = self._headlight * rng.uniform(1 - 0.25 * strength, 1 + 0.25 * strength) * warmth
        model.vis.headlight.diffuse[:], model.vis.headlight.ambient[:] = head

    def _recolour_sky(self, sky: int, rng: np.random.Generator, strength: float) -> None:
        first = self.model.tex_adr[sky]
        size = self.model.tex_height[sky] * self.model.tex_width[sky]
        part = slice(first, first + size * self.model.tex_nchannel[sky])
        pixels = self._textures[part].reshape(size, -1) / 255
        # one change of colour for the whole sky, as its brightness runs from top to bottom
        mean = pixels[:, :3].mean(0)
        change = _tinted(mean, rng, strength) - mean
        pixels[:, :3] = np.clip(pixels[:, :3] + change, 0, 1)
        self.model.tex_data[part] = np.round(pixels * 255).astype(np.uint8).ravel()


def _tinted(rgb: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """A colour moved in brightness and hue; the same number of draws at every strength."""
    brightness = 1 + strength * rng.uniform(-0.45, 0.25)
    tint = 1 + strength * rng.uniform(-0.3, 0.15, size=3)
    # dark things get a colour too
    lift = strength * rng.uniform(0, 0.25, size=3) * (rng.random() < 0.5)
    return np.clip(rgb * brightness * tint + lift, 0, 1)
