"""Gradio's theme in the page's colours and fonts; everything of our own is in STYLES."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

STYLES = [
    Path(__file__).parent / name
    for name in (
        "style.css",
        "imagine.css",
        "policy.css",
        "transfer.css",
        "atlas.css",
        "learn.css",
        "checkup.css",
    )
]


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
