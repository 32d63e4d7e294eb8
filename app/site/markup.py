"""The site's page from the very blocks that Gradio shows: rows, columns, panels and templates, tab
by tab, so that what is laid out there is laid out here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import gradio as gr

from app.web.components import APP, PANELS

# no other host, no inline script or style; a WebAssembly module may be compiled
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self'; img-src 'self' data: blob:; connect-src 'self' blob: data:; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'"
)
# what templates say of a server, and what is so without one
WITHOUT_A_SERVER = {
    "nothing you do here leaves this server.": (
        "nothing you do here leaves this browser. Not in this copy of the page, as they need a "
        "server: own pictures and videos, the tabs Policy, Transfer and Checkup, films and "
        "contact sheets."
    ),
    "The chosen one is used in Explore, Imagine, Transfer and Checkup.": (
        "The chosen one is used in every tab. These models were chosen when the site was made."
    ),
}
# panels that have nothing to answer them without a server
LEFT_OUT: frozenset[str] = frozenset()
TITLE = "LAPA Explorer"


def index(page: gr.Blocks, tabs: Sequence[str], first: Sequence[str] = ()) -> str:
    """The whole page as HTML.

    page: as `app.page.build` makes it. tabs: the names of those that the site has. first: modules
    that are fetched at once, and not only when another one asks for them.
    """
    config: dict[str, Any] = dict(page.get_config_file())
    known = {each["id"]: each for each in config["components"]}
    body = "".join(_html(node, known, tabs) for node in config["layout"]["children"])
    for said, instead in WITHOUT_A_SERVER.items():
        if said not in body:
            raise ValueError(f"No template says “{said}” any more; app/site/markup.py replaces it.")
        body = body.replace(said, instead)
    preloads = "".join(f'<link rel="modulepreload" href="{path}">\n' for path in first)
    svg = quote((APP / "web" / "icon.svg").read_text("utf-8"))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY, quote=True)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{TITLE}</title>
<link rel="icon" href="data:image/svg+xml,{svg}">
<link rel="stylesheet" href="style.css">
{preloads}<script src="config.js"></script>
<script src="app/web/loader.js"></script>
<script type="module" src="app/site/browser/host.js"></script>
</head>
<body>
<div class="gradio-container"><main class="main fillable">
<noscript>This page needs JavaScript: the models run in the browser.</noscript>
<p id="site-problem" role="alert" hidden></p>
{body}
</main></div>
</body>
</html>
"""


def panels(page: gr.Blocks, tabs: Sequence[str]) -> list[str]:
    """The names of the panels that the site shows."""
    return re.findall(r'data-panel="([\w-]+)"', index(page, tabs))


def _html(node: dict[str, Any], known: dict[int, Any], tabs: Sequence[str]) -> str:
    component = known[node["id"]]
    make = _KINDS.get(component["type"])
    return "" if make is None else make(node, known, tabs)


def _inside(node: dict[str, Any], known: dict[int, Any], tabs: Sequence[str]) -> str:
    return "".join(_html(child, known, tabs) for child in node.get("children") or ())


def _panel(node: dict[str, Any], known: dict[int, Any], tabs: Sequence[str]) -> str:
    props = known[node["id"]]["props"]
    name = str(props["elem_id"]).removeprefix("lx-")
    if name in LEFT_OUT:
        return ""
    always = "" if _in_a_tab(node, known) else " data-always"
    return (
        f'<div class="block" id="lx-{name}"{always}><div class="html-container">'
        f'<div data-panel="{name}" data-module="{PANELS[name]}.js">{props["html_template"]}</div>'
        "</div></div>"
    )


def _in_a_tab(node: dict[str, Any], known: dict[int, Any]) -> bool:
    return bool(known[node["id"]].get("in_a_tab"))


def _box(node: dict[str, Any], known: dict[int, Any], tabs: Sequence[str]) -> str:
    """A row or a column; one that held only what Gradio draws itself is left out."""
    component, inside = known[node["id"]], _inside(node, known, tabs)
    name = component["props"].get("elem_id")
    label = f' id="{name}"' if name else ""
    return f'<div class="{component["type"]}"{label}>{inside}</div>' if inside else ""


def _tabs(node: dict[str, Any], known: dict[int, Any], tabs: Sequence[str]) -> str:
    shown = [each for each in node["children"] if known[each["id"]]["props"]["id"] in tabs]
    for each in _below(shown):
        known[each["id"]]["in_a_tab"] = True
    heads, bodies = [], []
    for each in shown:
        props = known[each["id"]]["props"]
        name, label = props["id"], html.escape(props["label"])
        heads.append(
            f'<button type="button" role="tab" id="head-{name}" data-tab="{name}" tabindex="-1" '
            f'aria-selected="false" aria-controls="tab-{name}">{label}</button>'
        )
        inside = _inside(each, known, tabs)
        bodies.append(
            f'<div class="tabitem" id="tab-{name}" role="tabpanel" aria-labelledby="head-{name}" '
            f"hidden>{inside}</div>"
        )
    bar = f'<div class="tab-container" role="tablist">{"".join(heads)}</div>'
    wrapped = f'<div class="tab-wrapper">{bar}</div>{"".join(bodies)}'
    return f'<div class="tabs" id="lx-tabs">{wrapped}</div>'


def _below(nodes: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        yield node
        yield from _below(node.get("children") or ())


_KINDS = {"html": _panel, "row": _box, "column": _box, "tabs": _tabs}
