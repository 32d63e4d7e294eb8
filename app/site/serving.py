"""What serves a site: the card of a static Space with its headers, the worker that keeps it for
times without a network, and a page with a QR code of its address.
"""

from __future__ import annotations

import html
from pathlib import Path

from app.site.folder import Folder
from app.site.markup import TITLE
from app.tabs.learn.handout import qr_code

HERE = Path(__file__).parent
# with these a browser lets a network use several cores; Spaces write them, other servers may
HEADERS = {
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "cross-origin",
}
QR_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"


def write(folder: Folder, models: list[str], address: str) -> None:
    """The last files of a site. address: where it will lie, or empty."""
    folder.add("README.md", card(models, address).encode())
    if address:
        folder.add("qr.html", qr_page(address).encode())
        folder.add("qr.css", (HERE / "qr.css").read_bytes())
    worker = (HERE / "browser" / "service-worker.js").read_text("utf-8")
    version = f'self.VERSION = "{folder.digest()[:16]}";\n'
    folder.add("service-worker.js", (version + worker).encode())


def card(models: list[str], address: str) -> str:
    """README.md, with the front matter of a static Space."""
    headers = "".join(f"  {name}: {value}\n" for name, value in HEADERS.items())
    where = f"\nIts address: {address}\n" if address else ""
    return f"""---
title: {TITLE}
emoji: 🦾
colorFrom: indigo
colorTo: green
sdk: static
app_file: index.html
license: mit
short_description: Press a latent action, see the next frame
pinned: false
custom_headers:
{headers}---

# {TITLE}

Press a code and see what it does. The models ({", ".join(models)}) run in
the visitor's browser; this folder needs a web server that hands out its files, and nothing else.
It was written by `python -m lapa export-web`. What runs the networks is onnxruntime-web in
`runtime/`, © Microsoft Corporation, MIT licence.
{where}
"""


def qr_page(address: str) -> str:
    """A page to print: the address, large, as a code and in words."""
    told = html.escape(address)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{html.escape(QR_POLICY, quote=True)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{TITLE}: QR code</title>
<link rel="stylesheet" href="qr.css">
</head>
<body>
<main>
<h1>{TITLE}</h1>
<p>Press a code, see what it does. Film this with a phone:</p>
<div role="img" aria-label="QR code of {told}">{qr_code(address)}</div>
<p>{told}</p>
</main>
</body>
</html>
"""
