"""The figures in README.md, filled in from assets/results.json: `python -m lapa.results`.

`checkup --write` and `bench --write` measure and keep their figures in results.json; here they
become the two tables of the README, between its markers, so that no figure is typed by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "assets" / "results.json"
README = ROOT / "README.md"
MODEL, BENCH = "robots", "bench"


def read(path: Path) -> dict[str, Any]:
    """All kept figures by name; empty before the first measurement."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def fill(readme: str, results: Mapping[str, Any]) -> str:
    """`readme` with the tables between its markers; a table without figures stays as it is.

    Raises:
        ValueError: `readme` lacks a pair of markers.
    """
    if MODEL in results:
        readme = _between(readme, "results", quality(results[MODEL]))
    if BENCH in results:
        readme = _between(readme, "bench", speed(results[BENCH]))
    return readme


def quality(figures: Mapping[str, Any]) -> str:
    """The held-out table of a quantizer: a row an embodiment, then their mean."""
    rows = [_quality_row(name, each) for name, each in sorted(figures["embodiments"].items())]
    mean = figures["mean_of_embodiments"]
    rows.append(("**mean**", "", f"{mean['ratio']:.2f}", f"{mean['delta_psnr']:+.2f} dB", ""))
    heads = ("embodiment", "pairs", "closer to the future", "ΔPSNR", "codes used")
    return f"{_table(heads, rows)}\n\nMade by `{figures['command']}`."


def _quality_row(name: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        name,
        str(figures["pairs"]),
        f"{figures['ratio']:.2f}",
        f"{figures['delta_psnr']:+.2f} dB",
        " ".join(str(used) for used in figures["used"]),
    )


def speed(figures: Mapping[str, Any]) -> str:
    """The benchmark's table."""
    official, sweep = figures["official_press"], figures["official_sweep"]
    rows = [
        _speed_row("the first code on a new frame", official, figures["first_press"]),
        _speed_row("every further code", official, figures["press"]),
        _speed_row("a sweep of one position", sweep, figures["sweep"]),
    ]
    return _table(("", "official call", "here", "times faster"), rows)


def _speed_row(name: str, official: float, here: float) -> tuple[str, ...]:
    return name, f"{official:.2f} s", f"{here:.2f} s", f"{official / here:.1f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _between(text: str, name: str, content: str) -> str:
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"no place for the figures: {start} … {end} is missing")
    return pattern.sub(lambda _: f"{start}\n{content}\n{end}", text, count=1)


def main() -> int:
    """Fill README.md and say which tables there were figures for."""
    results = read(RESULTS)
    README.write_text(fill(README.read_text(encoding="utf-8"), results), encoding="utf-8")
    found = [name for name in (MODEL, BENCH) if name in results]
    print(f"README.md: {', '.join(found) or 'no figures yet'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
