"""The endpoint /atlas: who uses which codes, and which frame pairs are alike."""

# No `from __future__ import annotations` here: gradio reads the annotations as types.
from collections.abc import Callable
from typing import Any

from app.core.checkpoints import ModelList
from app.core.codes import latent_action
from app.core.limits import UserError
from app.tabs.atlas.pattern import parse_pattern
from app.tabs.atlas.service import Atlas
from app.web.api import whole
from app.web.events import heavy

MOST, NEAREST = 200, 8


def endpoints(atlas: Atlas, models: ModelList) -> dict[str, Callable[..., Any]]:
    """The tab's endpoint by its name."""
    return {"atlas": AtlasEndpoint(atlas, models).look_up_atlas}


class AtlasEndpoint:
    """The endpoint over one service."""

    def __init__(self, atlas: Atlas, models: ModelList) -> None:
        self._atlas, self._models = atlas, models

    @heavy("models")
    def look_up_atlas(
        self, pattern: str = "", clip: str = "", index: int = 0, model: str = ""
    ) -> dict[str, Any]:
        """Look up which frame pairs share codes, what a code does with each robot, or which pairs are like a given one.

        Without arguments it tells how the codes are used; with a pattern it tells what that stands for; with a clip it finds the nearest pairs of other robots.

        Args:
            pattern: A latent action in which * is any code, like [3,*,0,*].
            clip: Id of a clip from browse_robot_frames, instead of the pattern.
            index: Frame of that clip, counted from 0.
            model: Name of the model; empty for the first one.

        Returns:
            Always "model"; without arguments "pairs", "usage" (counts a position, perplexity, frequent latent actions, divergence, mutual information) and "quality" of the maps; with a pattern "pattern", "pairs", "agreement" of their directions from 0 to 1, "effects" by embodiment (pairs, motion right and down as shares of the frame's side, agreement) and "points"; with a clip "codes", "places" on the maps and "points", the nearest first. A point is {"clip", "index", "embodiment", "task", "codes", "motion", "shipped"}, for a clip with its "distance".
        """  # noqa: E501
        view, atlas = self._models.named(model), self._atlas
        if pattern and clip:
            raise UserError("Both a pattern and a clip came; give one of them.")
        if clip:
            placed = atlas.place(view.name, clip, whole(index, "index"), None)
            return {
                "model": view.name,
                "codes": list(placed.codes),
                "places": {name: list(place) for name, place in placed.places.items()},
                "points": [
                    {**self._point(view.name, row), "distance": round(apart, 4)}
                    for row, apart in placed.nearest[:NEAREST]
                ],
            }
        if not pattern:
            table = atlas.table(view.name)
            told = {name: table.about.get(name, {}) for name in ("usage", "quality")}
            return {"model": view.name, "pairs": len(table), **told}
        wanted = parse_pattern(pattern, view)
        rows = atlas.matching(view.name, wanted)
        told = {"model": view.name, "pattern": latent_action(wanted), "pairs": len(rows)}
        if not len(rows):
            return {**told, "agreement": None, "effects": [], "points": []}
        card = atlas.card(view.name, wanted)
        return {
            **told,
            "agreement": None if card.agreement != card.agreement else round(card.agreement, 4),
            "effects": [
                {
                    "embodiment": each.embodiment,
                    "pairs": each.pairs,
                    "motion": [round(part, 4) for part in each.motion],
                    "agreement": None
                    if each.agreement != each.agreement
                    else round(each.agreement, 4),
                }
                for each in card.effects
            ],
            "points": [self._point(view.name, int(row)) for row in rows[:MOST]],
        }

    def _point(self, model: str, row: int) -> dict[str, Any]:
        table = self._atlas.table(model)
        return {
            "clip": table.clips[table.clip[row]],
            "index": int(table.index[row]),
            "embodiment": table.embodiments[table.embodiment[row]],
            "task": table.tasks[table.task[row]],
            "codes": latent_action(table.codes[row]),
            "motion": [round(float(part), 4) for part in table.motion[row]],
            "shipped": bool(table.shipped[row]),
        }
