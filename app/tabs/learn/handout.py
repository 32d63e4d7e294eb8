"""What a printed lesson needs besides its words: the address that leads to it, as a QR code."""

from __future__ import annotations

import re

from app.core.limits import UserError
from app.tabs.learn import words as say

# an address of a page, as a browser tells it; a longer one makes a code that phones read badly
LONGEST = 300
ADDRESS = re.compile(r"https?://[^\s\"'<>?#]+")


def link(address: object, number: int) -> str:
    """The address of a lesson, counted from 1, on the page that lies at `address`.

    Raises:
        UserError: that is no address of a page.
    """
    text = str(address)
    if len(text) > LONGEST or not ADDRESS.fullmatch(text):
        raise UserError(say.NEEDS_ADDRESS)
    return text + query(number)


def query(number: int) -> str:
    """What leads to a lesson, counted from 1, on any page."""
    return f"?tab=learn&lesson={number}&step=1"


def qr_code(text: str) -> str:
    """A QR code as SVG, black on white, with its quiet margin: it is to be printed or filmed."""
    import segno

    code = segno.make_qr(text, error="m")
    svg: str = code.svg_inline(scale=4, border=4, light="#fff", dark="#000", omitsize=True)
    return svg
