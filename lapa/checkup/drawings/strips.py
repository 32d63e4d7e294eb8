"""The frame pairs that were imagined worst: what was seen, what was imagined, what came."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from lapa.checkup.drawings import svg

if TYPE_CHECKING:
    from lapa.checkup.measures.worst import Worst

SIDE = 128


def strips(pairs: Sequence[Worst]) -> str:
    """A row a frame pair; the pictures lie in the page itself."""
    rows = "".join(_row(each) for each in pairs)
    grid = (
        "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));"
        "gap:12px 16px;margin:0"
    )
    head = f'<p style="margin:0 0 8px;font-size:13px;color:{svg.SOFT}">Imagined worst:</p>'
    return f'<div class="lr-strips">{head}<div style="{grid}">{rows}</div></div>' if rows else ""


def _row(each: Worst) -> str:
    codes = ",".join(str(int(code)) for code in each.codes)
    words = f"{each.embodiment}, frame {each.t}, codes [{codes}], error ratio {each.ratio:.2f}"
    tiles = (
        _tile(each.frame, "x_t", "the frame", svg.LINE),
        _tile(each.imagined, "imagined", "the imagined next frame", svg.DREAM),
        _tile(each.future, "what came", "the true next frame", svg.TRUTH),
    )
    beside = "display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:5px"
    caption = (
        f'<figcaption style="font-size:12px;margin-top:4px;color:{svg.SOFT}">'
        f"{escape(each.embodiment)} · frame {each.t} · <code>[{codes}]</code> · ratio "
        f"{each.ratio:.2f}</figcaption>"
    )
    return (
        f'<figure role="group" aria-label="{escape(words)}" style="margin:0;min-width:0">'
        f'<div style="{beside}">{"".join(tiles)}</div>{caption}</figure>'
    )


def _tile(image: np.ndarray, word: str, description: str, colour: str) -> str:
    style = f"display:block;width:100%;height:auto;border-radius:6px;outline:2px solid {colour}"
    return (
        f'<div style="min-width:0"><img src="{picture_url(image)}" alt="{description}" '
        f'width="{SIDE}" height="{SIDE}" style="{style};outline-offset:-2px">'
        f'<div style="font-size:11px;color:{svg.SOFT}">{word}</div></div>'
    )


def picture_url(image: np.ndarray, side: int = SIDE) -> str:
    """A uint8 RGB image (h, w, 3) as a small WebP inside a URL, at most `side` pixels wide."""
    small = Image.fromarray(image)
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=82, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
