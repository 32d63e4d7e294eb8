from __future__ import annotations

import pytest


@pytest.fixture(autouse=True, scope="module")
def _quick_probe(quick_probe: None) -> None:
    pass
