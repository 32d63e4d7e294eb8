"""A class of thirty at once, and three who play; see bench_class."""

from __future__ import annotations

import pytest

from tests.e2e.bench_class import broken, measure


@pytest.mark.slow
@pytest.mark.browser
def test_thirty_students_and_three_players_wait_for_nobody_long(app_url: str) -> None:
    figures = measure(app_url, seconds=60)
    assert figures["presses"] >= 30 * 20 and figures["frames_played_a_second"] > 5, figures
    assert broken(figures) == [], figures
