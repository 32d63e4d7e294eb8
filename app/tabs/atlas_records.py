"""Pure: the atlas -> plain JSON records for the browser, columns of numbers as base64."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

from app.figures import data_url, latent_action, thumb_url
from app.service import written
from app.views import AtlasPair, AtlasTable, CodeCard, Placed

Record = dict[str, Any]
# coordinates and motions travel as whole numbers of this many steps
STEPS = 32_000


def table_record(table: AtlasTable) -> Record:
    """Every point. Columns are little-endian: u8 codes, embodiment, direction, shipped; u16 task,
    clip, index; i16 motion and coordinates, in 1 / STEPS of 1 and of the map's half width."""
    scales = {name: map_scale(own) for name, own in table.maps.items()}
    return {
        "count": len(table),
        "positions": table.codes.shape[1],
        "values": int(table.about.get("codebook_size", 0)),
        "steps": STEPS,
        "embodiments": list(table.embodiments),
        "tasks": list(table.tasks),
        "clips": list(table.clips),
        "columns": {
            "codes": _packed(table.codes, "u1"),
            "embodiment": _packed(table.embodiment, "u1"),
            "direction": _packed(table.direction, "u1"),
            "shipped": _packed(table.shipped, "u1"),
            "task": _packed(table.task, "<u2"),
            "clip": _packed(table.clip, "<u2"),
            "index": _packed(table.index, "<u2"),
            "motion": _packed(np.clip(table.motion * STEPS, -STEPS, STEPS).round(), "<i2"),
        },
        "maps": {
            name: {
                "dims": own.shape[1],
                "at": _packed(((own - scales[name][0]) / scales[name][1] * STEPS).round(), "<i2"),
                "about": table.about.get("maps", {}).get(name, {}),
            }
            for name, own in table.maps.items()
        },
        "scales": {name: [middle.tolist(), half] for name, (middle, half) in scales.items()},
        "quality": table.about.get("quality", {}),
        "usage": table.about.get("usage", {}),
        "command": table.about.get("command", ""),
    }


def map_scale(coordinates: np.ndarray) -> tuple[np.ndarray, float]:
    """The middle of a map and half of its longest side, so that it fits -1 to 1."""
    low, high = coordinates.min(0), coordinates.max(0)
    return (low + high) / 2, max(float((high - low).max()) / 2, 1e-9)


def pair_record(pair: AtlasPair) -> Record:
    """The pair behind a point."""
    return {
        "i": pair.row,
        "c": pair.clip_id,
        "f": pair.index,
        "embodiment": pair.embodiment,
        "task": pair.task,
        "instruction": pair.instruction,
        "split": pair.split,
        "codes": list(pair.codes),
        "text": latent_action(pair.codes),
        "frame": data_url(pair.frame),
        "future": data_url(pair.future),
        "decoded": data_url(pair.decoded),
        "aspect": round(pair.aspect, 4),
        "whole": pair.whole,
        "neighbours": [[row, round(apart, 3)] for row, apart in pair.neighbours],
    }


def thumbnail_record(ends: tuple[np.ndarray, np.ndarray]) -> list[str]:
    """x_t and x_t+H, small."""
    return [thumb_url(end) for end in ends]


def placed_record(placed: Placed) -> Record:
    """A visitor's own pair."""
    return {
        "text": latent_action(placed.codes),
        "codes": list(placed.codes),
        "places": {name: list(place) for name, place in placed.places.items()},
        "nearest": [[row, round(apart, 3)] for row, apart in placed.nearest],
    }


def card_record(card: CodeCard) -> Record:
    """What a pattern stands for."""
    return {
        "text": written(card.pattern),
        "pairs": card.pairs,
        "agreement": _rounded(card.agreement),
        "effects": [
            {
                "embodiment": each.embodiment,
                "pairs": each.pairs,
                "motion": [round(part, 4) for part in each.motion],
                "agreement": _rounded(each.agreement),
            }
            for each in card.effects
        ],
        "examples": list(card.examples),
        "shown": [
            {"embodiment": name, "frame": data_url(frame), "imagined": data_url(imagined)}
            for name, frame, imagined in card.shown
        ],
    }


def _packed(column: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(column).astype(kind).tobytes()).decode("ascii")


def _rounded(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
