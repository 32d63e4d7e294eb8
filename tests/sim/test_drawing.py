"""Cameras, simpler meshes and looks on small MuJoCo scenes; skipped where nothing draws."""

from __future__ import annotations

import os

import mujoco
import numpy as np
import pytest

from lapa.sim.recorders import headless
from lapa.sim.recorders.camera import Painter, View
from lapa.sim.recorders.headless import choose_renderer
from lapa.sim.recorders.looks import COLOURS, Looks
from lapa.sim.recorders.meshes import simplify

try:
    os.environ.update(choose_renderer())
except OSError as error:
    pytest.skip(str(error), allow_module_level=True)

SPHERE = np.array(
    [
        [np.cos(a) * np.sin(b), np.sin(a) * np.sin(b), np.cos(b)]
        for a in np.linspace(0, 2 * np.pi, 90, endpoint=False)
        for b in np.linspace(0.02, np.pi - 0.02, 60)
    ]
)
XML = """
<mujoco>
  <asset>
    <texture name="sky" type="skybox" builtin="flat" rgb1="0.2 0.7 0.3" width="16" height="96"/>
    <material name="wood" rgba="0.6 0.4 0.3 1"/>
    <material name="steel" rgba="0.7 0.7 0.7 1"/>
    <mesh name="ball" vertex="{ball}"/>
  </asset>
  <worldbody>
    <light pos="0 0 3" diffuse="0.6 0.6 0.6"/>
    <geom name="table" type="box" size="0.5 0.5 0.05" material="wood"/>
    <body name="robot0_base" pos="0 0 0.4">
      <geom name="arm" type="box" size="0.02 0.02 0.02" material="steel"/>
      <body name="robot0_hand"><geom name="ball" type="mesh" mesh="ball"/></body>
    </body>
    <body name="cube" pos="0.3 0 0.1">
      <freejoint/>
      <geom name="cube" type="box" size="0.03 0.03 0.03" rgba="0.5 0.1 0.1 1"/>
    </body>
  </worldbody>
</mujoco>
"""


@pytest.fixture
def model() -> mujoco.MjModel:
    text = " ".join(f"{value:.4f}" for value in (0.15 * SPHERE).ravel())
    return mujoco.MjModel.from_xml_string(XML.format(ball=text))


def photograph(model: mujoco.MjModel, size: int = 96, camera_seed: int = 0) -> np.ndarray:
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    view = View((0.0, 0.0, 0.2), 1.6, 90.0, -25.0, swing=6.0, tilt=3.0)
    painter = Painter(model, size)
    try:
        return painter.frame(data, view.camera(np.random.default_rng(camera_seed)))
    finally:
        painter.close()


def test_frames_have_the_size_asked_for_and_are_upright(model: mujoco.MjModel) -> None:
    frame = photograph(model)
    assert frame.shape == (96, 96, 3) and frame.dtype == np.uint8
    top, bottom = frame[2].mean(0), frame[80, 40:56].mean(0)
    assert top[1] > top[0] + 40, "the green sky is above"
    assert bottom[0] > bottom[2] + 10, "the wooden table is below"


def test_cameras_are_jittered_by_a_few_degrees(model: mujoco.MjModel) -> None:
    view = View((0.0, 0.0, 0.2), 1.6, 90.0, -25.0, swing=6.0, tilt=3.0)
    cameras = [view.camera(np.random.default_rng(seed)) for seed in range(50)]
    swing = np.array([camera.azimuth - 90 for camera in cameras])
    tilt = np.array([camera.elevation + 25 for camera in cameras])
    assert 4 < np.abs(swing).max() <= 6 and 2 < np.abs(tilt).max() <= 3
    assert not np.array_equal(photograph(model, camera_seed=0), photograph(model, camera_seed=1))


def test_simpler_meshes_look_the_same(model: mujoco.MjModel) -> None:
    before, faces = photograph(model).astype(float), int(model.mesh_facenum.sum())
    left = simplify(model, 0.02)
    assert left == model.mesh_facenum.sum()
    assert 50 < left < faces / 4
    assert np.abs(photograph(model) - before).mean() < 1.5


def test_simplifying_finely_changes_nothing(model: mujoco.MjModel) -> None:
    before, faces = photograph(model), int(model.mesh_facenum.sum())
    assert simplify(model, 1e-6) == faces
    np.testing.assert_array_equal(photograph(model), before)


def test_looks_vary_the_scene_and_keep_the_robot(model: mujoco.MjModel) -> None:
    steel, wood = (model.material(name).id for name in ("steel", "wood"))
    made, sky = model.mat_rgba.copy(), model.tex_data.copy()
    looks = Looks(model, lambda body: body.startswith("robot0"))
    seen = []
    for seed in range(40):
        strength = looks.vary(np.random.default_rng(seed))
        seen.append((strength, model.mat_rgba[wood].copy()))
        np.testing.assert_array_equal(model.mat_rgba[steel], made[steel])
        if strength == 0:
            np.testing.assert_array_equal(model.mat_rgba[wood], made[wood])
            np.testing.assert_array_equal(model.tex_data, sky)
        assert model.mat_rgba.min() >= 0 and model.mat_rgba.max() <= 1
    assert {strength for strength, _ in seen} == {0.0, 0.5, 1.0}
    assert len({tuple(colour) for _, colour in seen}) > 20


def test_a_look_does_not_depend_on_the_one_before(model: mujoco.MjModel) -> None:
    looks = Looks(model, lambda body: body.startswith("robot0"))
    looks.vary(np.random.default_rng(8))
    alone = [model.mat_rgba.copy(), model.light_diffuse.copy(), model.tex_data.copy()]
    for seed in (1, 2, 3):
        looks.vary(np.random.default_rng(seed))
        looks.paint("cube", "blue")
        looks.paint("table", "pink")
    looks.vary(np.random.default_rng(8))
    after = [model.mat_rgba, model.light_diffuse, model.tex_data]
    for first, second in zip(alone, after, strict=True):
        np.testing.assert_array_equal(first, second)


def test_things_are_painted_by_name(model: mujoco.MjModel) -> None:
    looks = Looks(model, lambda body: body.startswith("robot0"))
    looks.paint("cube", "blue")
    looks.paint("table", "green")
    np.testing.assert_allclose(model.geom_rgba[model.geom("cube").id, :3], COLOURS["blue"])
    np.testing.assert_allclose(model.mat_rgba[model.material("wood").id, :3], COLOURS["green"])


def test_no_renderer_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "MUJOCO_GL", "no_such_renderer")
    with pytest.raises(OSError, match="'no_such_renderer'.*unset MUJOCO_GL.*egl, osmesa"):
        choose_renderer()


def test_a_machine_without_renderers_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(os.environ, "MUJOCO_GL", raising=False)
    monkeypatch.setattr(headless, "works", lambda probe, environment: False)
    with pytest.raises(OSError, match="tried egl nor osmesa.*libegl1.*libosmesa6"):
        choose_renderer()
