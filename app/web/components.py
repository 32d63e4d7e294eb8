"""Builds the page's own components: a `gr.HTML` whose template and script lie beside the Python
of its tab.

Every template is constant and drawn into by its script, so Gradio never rebuilds it. A script is
an ES module with `mount(element, gradio)`; Gradio runs a component's `js_on_load` when its tab is
first opened, and that loads the module (web/loader.js).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr

from app.web import scripts
from app.web.glossary import GLOSSARY

APP = Path(__file__).parents[1]
# name of a panel -> its template and its module, without the ending
PANELS = {
    "header": "web/header",
    "drawer": "tabs/models/drawer",
    "stage": "tabs/explore/stage",
    "pads": "tabs/explore/pads",
    "starts": "tabs/explore/starts",
    "picker": "tabs/explore/picker",
    "episode": "tabs/explore/episode",
    "sweep": "tabs/explore/sweep",
    "lengths": "tabs/explore/lengths",
    "guess": "tabs/explore/guess/game",
    "truth": "tabs/explore/truth",
    "frequent": "tabs/explore/frequent",
    "help": "web/help",
    "checkup": "tabs/checkup/form",
    "report": "tabs/checkup/report",
    "dream": "tabs/imagine/player",
    "drift": "tabs/imagine/drift",
    "sequence": "tabs/imagine/sequence",
    "keep": "tabs/imagine/save",
    "branches": "tabs/imagine/branches",
    "policy": "tabs/policy/form",
    "imagining": "tabs/policy/imagined",
    "acting": "tabs/policy/acted",
    "race": "tabs/policy/race",
    "transfer": "tabs/transfer/form",
    "carried": "tabs/transfer/carried",
    "matrix": "tabs/transfer/matrix",
    "atlas": "tabs/atlas/map",
    "opened": "tabs/atlas/opened",
    "usage": "tabs/atlas/usage",
    "learn": "tabs/learn/lesson_view",
    "figures": "tabs/learn/figures",
}
# what a visitor sees first, fetched before Gradio mounts it
FIRST = (
    "header",
    "stage",
    "pads",
    "starts",
    "picker",
    "episode",
    "sweep",
    "guess",
    "truth",
    "frequent",
    "help",
    "drawer",
)


def panel(
    name: str, *, events: Sequence[str] = (), server_functions: Sequence[Callable[..., Any]] = ()
) -> gr.HTML:
    """A component from a template and its module.

    Args:
        name: of PANELS, and of the element's id.
        events: custom events the module triggers; each becomes a listener method
            (`panel("stage", events=["predict"]).predict(...)`).
        server_functions: cheap functions without a session that the module may call.
    """
    gradio = "{props, trigger, watch, server, upload, events: " + json.dumps(list(events)) + "}"
    return gr.HTML(
        html_template=(APP / f"{PANELS[name]}.html").read_text("utf-8"),
        js_on_load=f"Lapa.mount({json.dumps(PANELS[name] + '.js')}, element, {gradio});",
        apply_default_css=False,
        elem_id=f"lx-{name}",
        server_functions=list(server_functions) or None,
    )


def chart(name: str) -> gr.Plot:
    """A place for a chart, which web/chart.js moves into the disclosure of that name."""
    with gr.Column(elem_id=f"lx-{name}-chart", elem_classes="lx-chart-place"):
        return gr.Plot(show_label=False, container=False)


def head(tabs: Sequence[str], limits: Mapping[str, Any]) -> str:
    """The icon, what the scripts must know, and their loader, for the page's head.

    Args:
        tabs: all there are, the usual one first.
        limits: by the names that web/records.d.ts gives them.
    """
    config = {"root": scripts.root(), "tabs": list(tabs), "limits": limits, "glossary": GLOSSARY}
    text = json.dumps(config, ensure_ascii=False).replace("</", "<\\/")
    first = [path for name in FIRST for path in scripts.needs(f"{PANELS[name]}.js")]
    preloads = "".join(
        f'<link rel="modulepreload" href="{scripts.root()}{path}">' for path in dict.fromkeys(first)
    )
    svg = quote((APP / "web" / "icon.svg").read_text("utf-8"))
    icon = f'<link rel="icon" href="data:image/svg+xml,{svg}">'
    loader = (APP / scripts.LOADER).read_text("utf-8")
    return f"{icon}{preloads}<script>\nwindow.Lapa = {{config: {text}}};\n{loader}</script>"
