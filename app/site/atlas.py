"""The atlas of a site: its points as the page sends them to a browser, the columns that searches
need, latents, and the sheets of thumbnails as they are.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from app.explorer import Explorer
from app.site.folder import Folder
from app.tabs.atlas.events import AtlasHandlers


def write(explorer: Explorer, model: str, folder: Folder) -> bool:
    """Writes what there is of a model; whether it has an atlas."""
    handlers = AtlasHandlers(explorer.atlas, explorer.clips, explorer.models)
    place = f"data/atlas/{model}"
    table = handlers.table({"m": model})
    if "error" in table:
        return False
    folder.add_json(f"{place}/table.json", table)
    points = explorer.atlas.points(model)
    own = explorer.atlas.table(model)
    packed = {
        "instruction": _packed(own.instruction, "<u2"),
        "gap": _packed(own.gap, "<u2"),
        "held": _packed(own.held, "u1"),
        "first": _packed(points.first, "<u4"),
        "second": _packed(points.second, "<u4"),
        "aspect": _packed(points.aspect, "<f4"),
    }
    latents = points.flat.astype("<f4")
    more: dict[str, Any] = {
        "instructions": list(own.instructions),
        "width": latents.shape[1],
        "command": own.about.get("command", ""),
        "packed": packed,
    }
    folder.add_json(f"{place}/more.json", more)
    folder.add(f"{place}/latents.bin", np.ascontiguousarray(latents).tobytes())
    for sheet in explorer.atlas.sheets(model):
        folder.add(f"{place}/{sheet.name}", sheet.read_bytes())
    return True


def _packed(column: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(column).astype(kind).tobytes()).decode("ascii")
