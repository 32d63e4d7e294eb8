"""The few shapes that the pictures are drawn with: strings of SVG, nothing else.

Colours are the page's own CSS variables with the light page's values to fall back on, so a picture
looks right on the page, in the tab and alone in a file. Widths are those of a phone, because a
drawing made for a wide screen is unreadable on a narrow one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

WIDTH = 360
INK = "var(--ink,#1b1e23)"
SOFT = "var(--soft,#5b606a)"
LINE = "var(--line-strong,#c9c8c0)"
FAINT = "var(--line,#e2e1db)"
SUNK = "var(--sunk,#f0f0ec)"
PANEL = "var(--panel,#ffffff)"
DREAM = "var(--dream,#2457d6)"
TRUTH = "var(--truth,#b0560a)"
WRONG = "var(--wrong,#b3261e)"
GOOD = "var(--good,#1a7f4b)"
FAIR = "var(--fair,#8a6d00)"
POOR = WRONG
UNKNOWN = SOFT
VERDICT = {"good": GOOD, "fair": FAIR, "poor": POOR, "unknown": UNKNOWN}
# mid tones that are told apart on the light and on the dark page, one an embodiment
HUES = (
    "#3f74e0",
    "#d9822b",
    "#2f9e6e",
    "#c2528b",
    "#7d6bd6",
    "#2a9db5",
    "#b3a125",
    "#d1544a",
    "#6d9a34",
    "#9a6fb0",
    "#a9744f",
    "#5f7f96",
)


def hue(names: Sequence[str], name: str) -> str:
    """The colour of one embodiment among all."""
    return HUES[names.index(name) % len(HUES)]


def drawing(
    shapes: Iterable[str], height: float, *, title: str, description: str, width: float = WIDTH
) -> str:
    """An SVG as wide as its place, up to half as large again; description: what can be seen."""
    return (
        f'<svg class="lr-drawing" role="img" viewBox="0 0 {width:g} {height:g}" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="inherit" '
        f'style="display:block;width:100%;max-width:{1.4 * width:g}px;height:auto;'
        f'overflow:visible">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(shapes)}</svg>"
    )


def rect(
    x: float, y: float, width: float, height: float, fill: str, *, round: float = 0, fade: float = 1
) -> str:
    """A filled rectangle; fade: its opacity from 0 to 1."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"'
        f' rx="{round:g}" style="fill:{fill};fill-opacity:{fade:.3g}"/>'
    )


def line(
    x: float,
    y: float,
    to_x: float,
    to_y: float,
    colour: str,
    *,
    width: float = 1,
    dash: str = "",
) -> str:
    """A straight line with round ends; dash: lengths as SVG writes them, empty for none."""
    dashed = f";stroke-dasharray:{dash}" if dash else ""
    return (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" '
        f'style="stroke:{colour};stroke-width:{width:g};stroke-linecap:round{dashed}"/>'
    )


def path(points: Iterable[tuple[float, float]], colour: str, *, width: float = 2) -> str:
    """An open polyline."""
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{corners}" style="fill:none;stroke:{colour};stroke-width:{width:g};'
        'stroke-linejoin:round;stroke-linecap:round"/>'
    )


def area(points: Iterable[tuple[float, float]], fill: str, fade: float) -> str:
    """A filled polygon; fade: its opacity from 0 to 1."""
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polygon points="{corners}" style="fill:{fill};fill-opacity:{fade:g}"/>'


def circle(x: float, y: float, radius: float, style: str) -> str:
    """A circle; style: CSS."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" style="{style}"/>'


def label(
    x: float,
    y: float,
    words: str,
    *,
    size: float = 11,
    colour: str = SOFT,
    anchor: str = "start",
    bold: bool = False,
    turn: float = 0,
) -> str:
    """Text whose middle line is at y. anchor: start, middle or end. turn: degrees."""
    weight = ";font-weight:700" if bold else ""
    turned = f' transform="rotate({turn:g} {x:.1f} {y:.1f})"' if turn else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" dy=".35em" text-anchor="{anchor}"{turned} '
        f'style="fill:{colour};font-size:{size:g}px;font-variant-numeric:tabular-nums{weight}">'
        f"{escape(words)}</text>"
    )


def short(name: str, most: int) -> str:
    """A name that fits; the whole one is in the picture's description."""
    return name if len(name) <= most else name[: most - 1] + "…"
