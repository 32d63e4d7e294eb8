"""Simulators: where new clips come from. Nothing here needs torch; the page needs none of it."""
