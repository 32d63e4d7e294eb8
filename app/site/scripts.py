"""The scripts and styles of a site: those of the page itself, as far as its panels need them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.tabs import TABS
from app.web.components import APP, PANELS
from app.web.glossary import GLOSSARY
from app.web.scripts import LOADER
from app.web.theme import styles

HERE = Path(__file__).parent
HOST = "site/browser/host.js"
# where they lie in the site; every address there is relative to the page
ROOT = "app/"
# where the modules lie of what a visitor sees first
FIRST = tuple(ROOT + part for part in ("site/", "web/", "tabs/explore/", "tabs/models/"))
IMPORTED = re.compile(r"""(?:^|[\s;])(?:import|from)\s*\(?\s*["'](\.{1,2}/[^"']+\.js)["']""", re.M)


def modules(panels: Sequence[str]) -> dict[str, bytes]:
    """Every script that these panels need, by its path in the site."""
    paths = {LOADER}
    waiting = [HOST, "web/store.js", "web/link.js", *(f"{PANELS[name]}.js" for name in panels)]
    while waiting:
        path = waiting.pop()
        if path in paths:
            continue
        paths.add(path)
        folder = (APP / path).parent
        near = IMPORTED.findall((APP / path).read_text("utf-8"))
        waiting += ((folder / own).resolve().relative_to(APP).as_posix() for own in near)
    return {ROOT + path: (APP / path).read_bytes() for path in sorted(paths)}


def first(paths: Iterable[str]) -> list[str]:
    """Of these modules those that a first picture needs; the loader is none."""
    return [path for path in paths if path.startswith(FIRST) and path != ROOT + LOADER]


def style() -> bytes:
    """The style sheets of the page, after what Gradio would bring."""
    sheets = [HERE / "site.css", *styles(TABS)]
    return "\n".join(sheet.read_text("utf-8") for sheet in sheets).encode()


def config(tabs: Sequence[str], limits: Mapping[str, Any]) -> bytes:
    """The script that says what Python says with the page (web/config.js)."""
    known = {"root": ROOT, "tabs": list(tabs), "limits": dict(limits), "glossary": GLOSSARY}
    return f"globalThis.Lapa = {{config: {json.dumps(known, ensure_ascii=False)}}};\n".encode()
