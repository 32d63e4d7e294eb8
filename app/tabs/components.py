"""Builds the page's own components: a `gr.HTML` whose template and script lie in static/.

Every template is constant and drawn into by its script, so Gradio never rebuilds it. A script
registers itself as `Lapa.part(name, ...)`; all scripts travel in the page's head, in the order
of SCRIPTS, and each component's `js_on_load` only mounts its part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import gradio as gr

from app.tabs.glossary import GLOSSARY

STATIC = Path(__file__).parents[1] / "static"
SCRIPTS = (
    "store",
    "wire",
    "images",
    "arrows",
    "terms",
    "header",
    "drawer",
    "stage",
    "pads",
    "picker",
    "sweep",
    "truth",
    "frequent",
    "help",
    "cards",
    "checkup",
    "report",
    "dreams",
    "wheel",
    "dream",
    "drift",
    "sequence",
    "keep",
    "branches",
    "policy",
    "imagining",
    "acting",
    "transfer",
    "carried",
    "matrix",
    "points",
    "atlas",
    "opened",
    "usage",
    "tries",
    "learn",
    "tour",
)


def panel(
    name: str, *, events: Sequence[str] = (), server_functions: Sequence[Callable] = ()
) -> gr.HTML:
    """A component from static/<name>.html and static/<name>.js.

    Args:
        name: of the files, of the script's part and of the element's id.
        events: custom events the script triggers; each becomes a listener method
            (`panel("stage", events=["predict"]).predict(...)`).
        server_functions: cheap functions without a session that the script may call.
    """
    gradio = "{props, trigger, watch, server, upload, events: " + json.dumps(list(events)) + "}"
    return gr.HTML(
        html_template=(STATIC / f"{name}.html").read_text("utf-8"),
        js_on_load=f"Lapa.mount({json.dumps(name)}, element, {gradio});",
        apply_default_css=False,
        elem_id=f"lx-{name}",
        server_functions=list(server_functions) or None,
    )


def head() -> str:
    """The icon, the scripts of all components and the glossary, for the page's head."""
    scripts = "\n".join((STATIC / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    glossary = json.dumps(GLOSSARY, ensure_ascii=False).replace("</", "<\\/")
    icon = f'<link rel="icon" href="data:image/svg+xml,{quote((STATIC / "icon.svg").read_text())}">'
    return f"{icon}\n<script>\n{scripts}\nLapa.glossary = {glossary};\n</script>"
