"""The figures in README.md, filled in from assets/results.json: `python -m lapa.results`.

`checkup --write` and `bench --write` measure and keep their figures in results.json; here they
become the tables of the README, between its markers, so that no figure is typed by hand. The
tables of bars go to the model cards, too, where those have the markers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "assets" / "results.json"
README = ROOT / "README.md"
CHECKPOINTS = ROOT / "assets" / "checkpoints"
MODEL, BENCH, ANCHOR = "robots", "bench", "official-recipe"
TRAIN = "bench-train"
SUCCESS, ACCURACY = "success", "accuracy"

# value, low, high as results.json keeps them; None is unknown
Figure = Sequence[float | None] | None


@dataclass(frozen=True)
class Row:
    """A line of the table of bars: the finding's key, its words, and the bar.

    Lower is better where `sign` is "≤". digits, unit: how a figure is written; a share with the
    unit % as a percentage.
    """

    key: str
    words: str
    sign: str
    limit: float
    digits: int
    unit: str = ""

    def text(self, value: float) -> str:
        """The figure without its unit."""
        shown = 100 * value if self.unit == " %" else value
        return f"{shown:.{self.digits}f}".replace("-", "−")

    def holds(self, value: float) -> bool:
        return value <= self.limit if self.sign == "≤" else value >= self.limit

    def better(self, value: float, other: float) -> bool:
        return value < other if self.sign == "≤" else value > other


# what this project holds its own checkpoints to
ROBOTS = (
    Row("ratio", "closer to the future, all pairs", "≤", 0.32, 3),
    Row("ratio_worst", "closer to the future, worst embodiment", "≤", 0.45, 3),
    Row("delta_psnr", "ΔPSNR", "≥", 5.5, 2, " dB"),
    Row("distinctness", "distinctness of a sweep", "≥", 0.60, 2),
    Row("moving_sharpness", "sharpness where it moves (1.15 at most)", "≥", 0.85, 2),
    Row("feature_distance", "feature distance", "≤", 0.40, 2),
    Row("named_motion", "named motion", "≥", 0.65, 0, " %"),
    Row("delta_accuracy", "Δ-Acc of the direction", "≥", 0.60, 0, " %"),
    Row("use", "codes used, worst position", "≥", 8, 0),
    Row("perplexity", "perplexity, worst position", "≥", 6.5, 2),
    Row("probe_latent", "R² to the end-effector from the latent", "≥", 0.65, 2),
    Row("probe_codes", "R² to the end-effector from the codes", "≥", 0.58, 2),
    Row("transfer", "transfer: cosine on another robot", "≥", 0.85, 2),
    Row("leak", "leak: gain on a foreign frame", "≤", 0.5, 2, " dB"),
    Row("drift", "steps above copy-frame, where the robot is", "≥", 10, 0),
    Row("sharpness", "sharpness of the dream at step 16", "≥", 0.7, 2),
)
# one code of eight
EIGHT = (
    Row("ratio", "closer to the future", "≤", 0.25, 3),
    Row("delta_psnr", "ΔPSNR", "≥", 4.0, 2, " dB"),
    Row("distinctness", "distinctness of the sweep", "≥", 0.85, 2),
    Row("moving_sharpness", "sharpness where it moves (1.15 at most)", "≥", 0.85, 2),
    Row("feature_distance", "feature distance", "≤", 0.45, 2),
    Row("named_motion", "named motion", "≥", 0.85, 0, " %"),
    Row("delta_accuracy", "Δ-Acc of the direction", "≥", 0.70, 0, " %"),
    Row("use", "codes used", "≥", 8, 0),
    Row("perplexity", "perplexity", "≥", 7.0, 2),
    Row("probe_codes", "R² to the pusher's move from the code", "≥", 0.70, 2),
    Row("leak", "leak: gain on a foreign frame", "≤", 1.0, 2, " dB"),
    Row("drift", "steps above copy-frame, where the pusher is", "≥", 15, 0),
    Row("sharpness", "sharpness of the dream at step 16", "≥", 0.7, 2),
)
BARS = {MODEL: ROBOTS, "eight": EIGHT}


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
    if TRAIN in results:
        readme = _between(readme, TRAIN, training_speed(results[TRAIN]))
    for name in BARS:
        if _judged(results, name):
            readme = _between(readme, f"bars-{name}", bars(results, name))
    if SUCCESS in results:
        readme = _between(readme, SUCCESS, successes(results[SUCCESS]))
    return readme


def _judged(results: Mapping[str, Any], name: str) -> bool:
    """Whether there are figures to hold against the bars of this checkpoint."""
    return "findings" in results.get(name, {})


def bars(results: Mapping[str, Any], name: str) -> str:
    """A checkpoint against its bars; `robots` against the official recipe, too, where that was
    measured. Each row with its interval."""
    figures = results[name]
    anchor = results[ANCHOR] if name == MODEL and _judged(results, ANCHOR) else None
    heads = ["", "bar", name, "bar held"]
    made = f"Made by `{figures['command']}`"
    if anchor is not None:
        heads += [ANCHOR, f"better than {ANCHOR}"]
        made += f" and `{anchor['command']}`"
    rows = [_bar_row(row, figures["findings"], anchor and anchor["findings"]) for row in BARS[name]]
    return f"{_table(heads, rows)}\n\nBrackets: 95 % intervals over episodes. {made}."


def _bar_row(
    row: Row, figures: Mapping[str, Figure], anchor: Mapping[str, Figure] | None
) -> tuple[str, ...]:
    mine = figures.get(row.key)
    known = mine is not None and mine[0] is not None
    cells = (
        row.words,
        f"{row.sign} {row.text(row.limit)}{row.unit}",
        _spread(row, mine),
        ("yes" if row.holds(mine[0]) else "no") if known else "unknown",
    )
    if anchor is None:
        return cells
    theirs = anchor.get(row.key)
    both = known and theirs is not None and theirs[0] is not None
    return *cells, _spread(row, theirs), _better(row, mine, theirs) if both else "unknown"


def _spread(row: Row, figure: Figure) -> str:
    """The figure, with its interval where there is one."""
    value, low, high = figure or (None, None, None)
    if value is None:
        return "–"
    bracket = "" if low is None or high is None else f" [{row.text(low)}, {row.text(high)}]"
    return row.text(value) + row.unit + bracket


def _better(row: Row, mine: Sequence[Any], theirs: Sequence[Any]) -> str:
    """yes, no or equal; where the intervals overlap it says so."""
    if mine[0] == theirs[0]:
        return "equal"
    word = "yes" if row.better(mine[0], theirs[0]) else "no"
    ends = [*mine[1:], *theirs[1:]]
    if None in ends:
        return word
    overlap = mine[1] <= theirs[2] and theirs[1] <= mine[2]
    return f"{word}, intervals overlap" if overlap else word


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


def successes(figures: Mapping[str, Any]) -> str:
    """How often each policy does what it is told: a row a kind of task, then all."""
    names = sorted(figures)
    kinds = list(figures[names[0]]["rates"])
    rows = [
        (
            f"**{kind}**" if kind == "all" else kind,
            *(_rate(figures[n]["rates"][kind]) for n in names),
        )
        for kind in kinds
    ]
    made = " and ".join(f"`{figures[name]['command']}`" for name in names)
    table = _table(("kind of task", *names), rows)
    return f"{table}\n\nBrackets: 95 % Wilson intervals. Made by {made}."


def _rate(told: Mapping[str, Any]) -> str:
    low, high = (f"{100 * told[end]:.0f}" for end in ("low", "high"))
    return f"{told['done']} of {told['of']} [{low}, {high} %]"


def predicted(figures: Mapping[str, Any]) -> str:
    """How often a policy predicts each position's code."""
    rows = [
        (
            str(position),
            f"{100 * right:.0f} %",
            f"{100 * most:.0f} %",
            f"{100 * figures['chance']:.1f} %",
        )
        for position, (right, most) in enumerate(
            zip(figures["top_1"], figures["majority"], strict=True)
        )
    ]
    heads = ("position", "top-1", "always the most frequent code", "chance")
    made = f"{figures['count']} held-out frame pairs. Made by `{figures['command']}`."
    return f"{_table(heads, rows)}\n\n{made}"


def speed(figures: Mapping[str, Any]) -> str:
    """The benchmark's table."""
    official, sweep = figures["official_press"], figures["official_sweep"]
    rows = [
        _speed_row("the first code on a new frame", official, figures["first_press"]),
        _speed_row("every further code", official, figures["press"]),
        _speed_row("a sweep of one position", sweep, figures["sweep"]),
    ]
    if figures.get("bfloat16"):
        rows += [
            _speed_row("every further code, in float32", official, figures["exact_press"]),
            _speed_row("a sweep of one position, in float32", sweep, figures["exact_sweep"]),
        ]
    table = _table(("", "official call", "here", "times faster"), rows)
    if figures.get("bfloat16"):
        table += (
            "\n\nOn a processor with units for bfloat16: there a decoder of this size imagines in "
            f"it; no pixel is more than {figures['step']} of 255 from float32's."
        )
    if "shipped_press" not in figures:
        return table
    milliseconds = 1000 * figures["shipped_press"]
    return f"{table}\n\nThe shipped `{MODEL}` imagines a frame in {milliseconds:.0f} ms."


def training_speed(figures: Mapping[str, Any]) -> str:
    """The table of training speeds, each against how it was before."""
    units = "with" if figures["bfloat16"] else "without"
    now = "bfloat16" if figures["bfloat16"] else "float32"
    now += ", compiled" if figures["compiled"] else ""
    names = {
        "today": f"`robots`, all of it learning ({now})",
        "settled": f"`robots`, its codes settled ({now})",
        "before": "`robots` in float32, fused attention, not compiled",
        "official": "LAPA's blocks at the same picture size",
    }
    before = figures["before"]
    rows = [
        (words, f"{figures[name]:.0f}", f"{figures[name] / before:.2f}")
        for name, words in names.items()
    ]
    table = _table(("", "pairs a second", "times the float32 figure"), rows)
    threads = f"{figures['threads']} thread" + ("s" if figures["threads"] > 1 else "")
    return f"{table}\n\n{threads}, batches of {figures['batch']}, {units} bfloat16 units."


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


def _fill_cards(results: Mapping[str, Any]) -> None:
    """The figures of policies in their own cards."""
    parts = {SUCCESS: lambda told: successes(told), ACCURACY: predicted}
    for part, table in parts.items():
        for name, told in results.get(part, {}).items():
            card = CHECKPOINTS / name / "README.md"
            if card.exists():
                text = table({name: told} if part == SUCCESS else told)
                card.write_text(_between(card.read_text(encoding="utf-8"), part, text), "utf-8")


def main() -> int:
    """Fill README.md and say which tables there were figures for."""
    results = read(RESULTS)
    README.write_text(fill(README.read_text(encoding="utf-8"), results), encoding="utf-8")
    for name in BARS:
        card = CHECKPOINTS / name / "README.md"
        text = card.read_text(encoding="utf-8") if card.exists() else ""
        if _judged(results, name) and "<!-- bars:start -->" in text:
            card.write_text(_between(text, "bars", bars(results, name)), encoding="utf-8")
    _fill_cards(results)
    found = [name for name in (MODEL, "eight", BENCH, TRAIN, ANCHOR) if name in results]
    print(f"README.md: {', '.join(found) or 'no figures yet'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
