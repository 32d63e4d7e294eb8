"""Whether ManiSkill, SIMPLER's assets and a driver that draws without a screen are here."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from lapa.sim.workers import SINGLE, works

# names the folder that ManiSkill reads `data/` from; it takes one in the home folder otherwise
VARIABLE = "MS_ASSET_DIR"
# of what ManiSkill calls `bridge_v2_real2sim` and `widowx250s`
SCENES, TABLE = "tasks/bridge_v2_real2sim_dataset", "stages/bridge_table_1_v1.glb"
FILES = (f"{SCENES}/custom/info_bridge_custom_v0.json", "robots/widowx/wx250s.urdf")
# bytes of the original's table are millions, those of a box in its place a thousand
_REPLACED = 100_000
_PROBE = "import sapien; sapien.render.RenderSystem(sapien.Device('cpu')); print('works')"


def check() -> None:
    """Try all that the scenes need.

    Raises:
        ModuleNotFoundError: ManiSkill is not installed.
        FileNotFoundError: the assets are not there.
        OSError: there is no Vulkan driver that draws on the processor.
    """
    if importlib.util.find_spec("mani_skill") is None:
        raise ModuleNotFoundError(
            "SIMPLER's scenes need mani-skill, not installed here: "
            "pip install -r requirements-benchmarks.txt (Apache License 2.0)"
        )
    missing = [name for name in FILES if not (assets() / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"SIMPLER's scenes need {missing[0]} in {assets()} ({VARIABLE}/data): "
            "python -m mani_skill.utils.download_asset bridge_v2_real2sim, then widowx250s "
            "(CC BY-NC 4.0, for non-commercial use)"
        )
    if not works(_PROBE, SINGLE):
        raise OSError(NO_DRIVER)


NO_DRIVER = (
    "no Vulkan driver here draws on the processor: ManiSkill needs Mesa's lavapipe, version 24 or "
    "later, from the package mesa-vulkan-drivers of Debian 13 or of Debian 12's backports, and "
    "VK_ICD_FILENAMES may name its lvp_icd.json"
)


def assets() -> Path:
    """The folder that ManiSkill reads its data from."""
    return Path(os.environ.get(VARIABLE) or Path.home() / ".maniskill") / "data"


def title() -> str:
    """What results may be called with the assets that are here."""
    table = assets() / SCENES / TABLE
    plain = "SIMPLER WidowX scenes in ManiSkill 3"
    replaced = table.is_file() and table.stat().st_size < _REPLACED
    return f"{plain}, table and eggplant's look replaced" if replaced else plain
