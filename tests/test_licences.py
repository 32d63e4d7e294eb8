"""Everything that is installed with the page says under which licence, and all may go with MIT."""

from __future__ import annotations

import re

from tests.licences import table

FREE = re.compile(r"\b(0BSD|Apache|BSD|CC0|ISC|MIT(-CMU|-0)?|MPL|PSF|Python|Unlicense|Zlib)", re.I)
STRICT = re.compile(r"\bA?GPL", re.I)


def test_every_dependency_names_a_licence_that_goes_with_ours() -> None:
    rows = table()
    assert len(rows) > 40
    assert [row for row in rows if not FREE.search(row[2])] == []
    assert [row for row in rows if STRICT.search(row[2])] == []
