"""Pure: chosen pairs as files, a table, JSON and a contact sheet of their thumbnails."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from app.core.codes import latent_action
from app.tabs.atlas.views import WAYS, AtlasTable

# pairs on a contact sheet: as many as can still be looked at one by one
MOST = 120
COLUMNS, SIDE, GAP, LINE = 6, 80, 10, 14
PAPER, INK = (255, 255, 255), (40, 40, 40)

Ends = tuple[np.ndarray, np.ndarray]


def entries(table: AtlasTable, rows: np.ndarray) -> list[dict[str, Any]]:
    """A plain record a pair. motion: right and down, as shares of the frame's side."""
    return [
        {
            "row": int(row),
            "clip": table.clips[table.clip[row]],
            "frame": int(table.index[row]),
            "gap": int(table.gap[row]),
            "embodiment": table.embodiments[table.embodiment[row]],
            "task": table.tasks[table.task[row]],
            "instruction": table.instructions[table.instruction[row]],
            "split": "holdout" if table.held[row] else "train",
            "codes": table.codes[row].tolist(),
            "direction": WAYS[table.direction[row]],
            "motion": [round(float(part), 4) for part in table.motion[row]],
        }
        for row in rows
    ]


def as_csv(table: AtlasTable, rows: np.ndarray) -> str:
    """A line a pair, a column a code; motion in two columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    plain = ["row", "clip", "frame", "gap", "embodiment", "task", "instruction", "split",
             "direction"]  # fmt: skip
    codes = [f"code_{position}" for position in range(table.codes.shape[1])]
    writer.writerow([*plain, *codes, "motion_right", "motion_down"])
    for entry in entries(table, rows):
        writer.writerow([*(entry[name] for name in plain), *entry["codes"], *entry["motion"]])
    return text.getvalue()


def as_json(table: AtlasTable, rows: np.ndarray, words: str) -> str:
    """The pairs with what they were chosen by, and the command that made the atlas."""
    told = {
        "model": table.model,
        "atlas": table.about.get("command", ""),
        "chosen": words,
        "pairs": entries(table, rows),
    }
    return json.dumps(told, ensure_ascii=False, indent=1)


def on_sheet(rows: np.ndarray) -> np.ndarray:
    """Those of the pairs that a contact sheet shows: all, or MOST of them, evenly."""
    if len(rows) <= MOST:
        return rows
    chosen: np.ndarray = rows[np.linspace(0, len(rows) - 1, MOST).round().astype(int)]
    return chosen


def contact_sheet(table: AtlasTable, rows: np.ndarray, words: str, ends: Sequence[Ends]) -> bytes:
    """A WebP of x_t beside x_t+H, each with its robot, codes, clip and frame.

    rows: all that are chosen. ends: thumbnails (h, w, 3) uint8 of those `on_sheet`, in their shape.
    """
    shown = on_sheet(rows)
    wide, high = 2 * SIDE + GAP, SIDE + 2 * LINE + GAP
    columns = min(COLUMNS, len(shown))
    lines = -(-len(shown) // columns)
    # never so narrow that the heading is cut
    size = max(columns * wide, 3 * wide) + GAP, lines * high + 2 * GAP + LINE
    sheet = Image.new("RGB", size, PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    pen.text((GAP, GAP), heading(table.model, len(shown), len(rows), words), INK, font)
    for number, (row, pair) in enumerate(zip(shown, ends, strict=True)):
        line, column = divmod(number, columns)
        left, top = GAP + column * wide, 2 * GAP + LINE + line * high
        for place, frame in enumerate(pair):
            tile = ImageOps.contain(Image.fromarray(frame), (SIDE, SIDE))
            sheet.paste(tile, (left + place * SIDE, top + SIDE - tile.height))
        robot, clip = table.embodiments[table.embodiment[row]], table.clips[table.clip[row]]
        # most clips are called after their robot, which stands above
        names = (
            f"{robot} {latent_action(table.codes[row])}",
            f"{clip.removeprefix(f'{robot}-')} {int(table.index[row])}",
        )
        for n, name in enumerate(names):
            # cut where the next pair begins
            label = Image.new("RGB", (2 * SIDE, LINE), PAPER)
            ImageDraw.Draw(label).text((0, 0), name, INK, font)
            sheet.paste(label, (left, top + SIDE + n * LINE))
    file = io.BytesIO()
    sheet.save(file, "WEBP", quality=85)
    return file.getvalue()


def heading(model: str, shown: int, chosen: int, words: str) -> str:
    """What a contact sheet says above its pictures."""
    many = f"{shown} of {chosen:,} pairs, evenly" if shown < chosen else f"{chosen:,} pairs"
    return f"{model}: {many}; {words}" if words else f"{model}: {many}"
