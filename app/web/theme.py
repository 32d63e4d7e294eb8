"""Gradio's theme in the page's colours and fonts; everything of our own is in `styles`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import gradio as gr

APP = Path(__file__).parents[1]


def styles(tabs: Iterable[str]) -> list[Path]:
    """The page's style sheet, then those that lie in the folders of the tabs.

    They travel in the page's config (14 kB of its 39 kB) and not as files a browser keeps, as the
    scripts do: to each rule there Gradio adds one that begins with its own container's class, and
    only with that do ours win over the styles of its components.
    """
    own = (sorted((APP / "tabs" / name).rglob("*.css")) for name in tabs)
    return [APP / "web" / "style.css", *(path for paths in own for path in paths)]


def theme() -> gr.themes.Base:
    """Fonts that ship with Gradio, so that no other host is asked for them.

    Regular and bold only: the semibold files in Gradio lack most letters.
    """
    return gr.themes.Base(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        font=(
            gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)),
            "ui-sans-serif",
            "system-ui",
            "sans-serif",
        ),
        font_mono=(
            gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)),
            "ui-monospace",
            "Menlo",
            "Consolas",
            "monospace",
        ),
    ).set(
        body_background_fill="#f6f6f3",
        body_background_fill_dark="#0f1215",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
    )
