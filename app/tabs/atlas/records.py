"""Pure: the atlas -> plain JSON records for the browser, columns of numbers as base64."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from app.core.codes import latent_action
from app.tabs.atlas import words as say
from app.tabs.atlas.search import Found
from app.tabs.atlas.views import SIDES, WAYS, AtlasPair, AtlasTable, CodeCard, Placed
from app.web.records import data_url, rounded, thumb_url

if TYPE_CHECKING:
    from lapa.atlas.regions import Region, Regions

Record = dict[str, Any]
# coordinates and motions travel as whole numbers of this many steps
STEPS = 32_000


def table_record(
    table: AtlasTable, regions: Mapping[str, Regions] = MappingProxyType({}), first: str = ""
) -> Record:
    """Every point, the maps' regions, and the pattern that is worth seeing first.

    Columns are little-endian: u8 codes, direction, shipped; u16 embodiment, task; u32 clip, index,
    of which millions of points may have more than u16 counts; i16 motion and coordinates, in
    1 / STEPS of 1 and of the map's half width.
    """
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
            "embodiment": _packed(table.embodiment, "<u2"),
            "direction": _packed(table.direction, "u1"),
            "shipped": _packed(table.shipped, "u1"),
            "task": _packed(table.task, "<u2"),
            "clip": _packed(table.clip, "<u4"),
            "index": _packed(table.index, "<u4"),
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
        "regions": {name: _regions(table, own, scales[name]) for name, own in regions.items()},
        "first": first,
    }


def _regions(table: AtlasTable, regions: Regions, scale: tuple[np.ndarray, float]) -> Record:
    """Places are in halves of the map's width, as the points'."""
    middle, half = scale
    return {
        "middles": ((regions.middles - middle) / half).round(4).tolist(),
        "labelled": [
            {
                "cells": list(own.cells),
                "at": ((np.array(own.place) - middle) / half).round(4).tolist(),
                "label": region_label(table, own),
                "told": region_told(table, own),
            }
            for own in regions.labelled
        ],
    }


def region_label(table: AtlasTable, region: Region) -> str:
    """What a region is called on the map."""
    if region.name.startswith("code"):
        place = int(region.name.removeprefix("code"))
        length = table.codes.shape[1]
        return latent_action(region.value if n == place else None for n in range(length))
    names = {"direction": WAYS, "side": SIDES, "embodiment": table.embodiments, "task": table.tasks}
    return names[region.name][region.value]


def region_told(table: AtlasTable, region: Region) -> str:
    """The figures behind it in one sentence."""
    label = region_label(table, region)
    does = {
        "direction": "stand still" if label == "still" else f"move {label}",
        "side": "stand still" if label == "still" else say.MOVE_ROUGHLY.format(label=label),
        "embodiment": f"are of {label}",
        "task": say.OF_TASK.format(label=label),
    }.get(region.name, f"have {label}")
    own, rest = round(100 * region.share), round(100 * region.rest)
    return say.SHARE_HERE.format(own=own, does=does, rest=rest)


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
        "neighbours": nearest_record(pair.neighbours),
    }


def thumbnail_record(ends: tuple[np.ndarray, np.ndarray]) -> list[str]:
    """x_t and x_t+H, small."""
    return [thumb_url(end) for end in ends]


def nearest_record(nearest: Sequence[tuple[int, float]]) -> list[list[float]]:
    """Rows and distances of latents, the nearest first."""
    return [[row, round(apart, 3)] for row, apart in nearest]


def found_record(text: str, found: Found) -> Record:
    """Points by words, and where the words are."""
    told: Record = {"text": " ".join(text.split()), "rows": found.rows.tolist()}
    if found.missing:
        missing = " or ".join(f"“{word}”" for word in found.missing)
        return {
            **told,
            "note": say.MISSING_WORDS.format(missing=missing),
        }
    if not len(found.rows):
        return {**told, "note": say.NOT_ALL_WORDS}
    return {**told, "where": dict(found.where)}


def file_record(kind: str, data: bytes) -> Record:
    """A file for the browser to save."""
    types = {"csv": "text/csv", "json": "application/json", "webp": "image/webp"}
    return {"type": types[kind], "data": base64.b64encode(data).decode("ascii")}


def placed_record(placed: Placed) -> Record:
    """A visitor's own pair."""
    return {
        "text": latent_action(placed.codes),
        "codes": list(placed.codes),
        "places": {name: list(place) for name, place in placed.places.items()},
        "nearest": nearest_record(placed.nearest),
    }


def card_record(card: CodeCard) -> Record:
    """What a pattern stands for."""
    return {
        "text": latent_action(card.pattern),
        "pairs": card.pairs,
        "agreement": rounded(card.agreement),
        "effects": [
            {
                "embodiment": each.embodiment,
                "pairs": each.pairs,
                "motion": [round(part, 4) for part in each.motion],
                "agreement": rounded(each.agreement),
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
