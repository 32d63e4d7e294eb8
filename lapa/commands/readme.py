"""The figures in README.md, filled in from assets/results.json: `python -m lapa readme`.

`checkup --write` and `bench --write` measure and keep their figures in results.json; here they
become the tables of the README, between its markers, so that no figure is typed by hand. The
tables of bars go to the model cards, too, where those have the markers.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "assets" / "results.json"
README = ROOT / "README.md"
ORIGINALS = ROOT / "docs" / "benchmarks.md"
CHECKPOINTS = ROOT / "assets" / "checkpoints"
MODEL, BENCH, ANCHOR = "robots", "bench", "official-recipe"
TRAIN, LABEL = "bench-train", "bench-label"
SCALE = ROOT / "docs" / "scale.md"
# what LAPA was pretrained on (arXiv 2410.11758, version 1, Table 1), and what is assumed of it
TRAJECTORIES, FRAMES_EACH = 970_000, 100
SUCCESS, ACCURACY = "success", "accuracy"
# what the paper left open, and the model of a car and the fast head among it
OPEN, CAR, ROADTEST, FAST = "open", "drive", "roadtest", "fast-head"
QUESTIONS = ROOT / "docs" / "open-questions.md"

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
        number = 100 * value if self.unit == " %" else value
        return f"{number:.{self.digits}f}".replace("-", "−")

    def holds(self, value: float) -> bool:
        """Whether the figure keeps to the bar."""
        return value <= self.limit if self.sign == "≤" else value >= self.limit

    def better(self, value: float, other: float) -> bool:
        """Whether a figure is better than another one."""
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
# a car from above: what issue and card ask of it
DRIVE = (
    Row("ratio", "closer to the future", "≤", 0.40, 3),
    Row("named_motion", "named motion", "≥", 0.75, 0, " %"),
    Row("moving_sharpness", "sharpness where it moves (1.15 at most)", "≥", 0.70, 2),
)
BARS = {MODEL: ROBOTS, "eight": EIGHT, CAR: DRIVE}
# of its road test
ROAD = (
    Row("steering", "steers the way that its code says", "≥", 0.75, 0, " %"),
    Row("speed", "changes speed as its code says", "≥", 0.75, 0, " %"),
    Row("sharpness", "sharpness where it moves after ten imagined steps", "≥", 0.70, 2),
)


def read(path: Path) -> dict[str, Any]:
    """All kept figures by name; empty before the first measurement."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


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
    if CAR in results.get(OPEN, {}):
        readme = _between(readme, ROADTEST, road_test(results[OPEN][CAR]))
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


def road_test(figures: Mapping[str, Any]) -> str:
    """What `lapa roadtest` measured of the car, each figure against its bar."""
    steering, speed = ROAD[:2]
    rows = [
        _bar_row(steering, figures, None),
        _bar_row(speed, figures, None),
        _bar_row(ROAD[2], {"sharpness": (figures["sharpness"], None, None)}, None),
    ]
    common = " and ".join(f"{100 * share:.0f} %" for share in figures["commonest"])
    return (
        f"{_table(['', 'bar', 'drive', 'bar held'], rows)}\n\n{figures['pairs']} frame pairs of "
        f"{figures['episodes']} held-out episodes, brackets are 95 % intervals over episodes; "
        f"always saying the commoner sign would be right in {common}. "
        f"Made by `{figures['command']}`."
    )


def _bar_row(
    row: Row, figures: Mapping[str, Figure], anchor: Mapping[str, Figure] | None
) -> tuple[str, ...]:
    mine = figures.get(row.key)
    value = mine[0] if mine else None
    cells = (
        row.words,
        f"{row.sign} {row.text(row.limit)}{row.unit}",
        _spread(row, mine),
        "unknown" if value is None else "yes" if row.holds(value) else "no",
    )
    if anchor is None:
        return cells
    theirs = anchor.get(row.key)
    better = _better(row, mine, theirs) if mine and theirs else "unknown"
    return *cells, _spread(row, theirs), better


def _spread(row: Row, figure: Figure) -> str:
    """The figure, with its interval where there is one."""
    value, low, high = figure or (None, None, None)
    if value is None:
        return "–"
    bracket = "" if low is None or high is None else f" [{row.text(low)}, {row.text(high)}]"
    return row.text(value) + row.unit + bracket


def _better(row: Row, mine: Sequence[float | None], theirs: Sequence[float | None]) -> str:
    """yes, no, equal or unknown; where the intervals overlap it says so."""
    (value, low, high), (other, lowest, highest) = mine, theirs
    if value is None or other is None:
        return "unknown"
    if value == other:
        return "equal"
    word = "yes" if row.better(value, other) else "no"
    if low is None or high is None or lowest is None or highest is None:
        return word
    return f"{word}, intervals overlap" if low <= highest and lowest <= high else word


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


def _rate(rate: Mapping[str, Any]) -> str:
    low, high = (f"{100 * rate[end]:.0f}" for end in ("low", "high"))
    return f"{rate['done']} of {rate['of']} [{low}, {high} %]"


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


def label_speed(figures: Mapping[str, Any]) -> str:
    """What labelling costs: the figures a core, and what follows for LAPA's trajectories."""
    frames = TRAJECTORIES * FRAMES_EACH
    rates = [(f"decode and shrink to {figures['size']} px", "frames", figures["decode"])]
    for name in figures["label"]:
        rates.append((f"label with `{name}`", "pairs", figures["label"][name]))
        rates.append((f"embed with `{name}`, decoding included", "pairs", figures["embed"][name]))
    rows = []
    for words, unit, rate in rates:
        count = frames // 2 if words.startswith("embed") else frames
        hours = count / rate / 3600
        rows.append((words, f"{rate:.0f} {unit}", f"{count / 1e6:.0f} million", f"{hours:,.0f}"))
    heads = ("stage", "a second of a core", f"of {TRAJECTORIES:,} trajectories", "core hours")
    note = (
        f"Measured in one core's own time, on {figures['frames']:,} frames of "
        f"{figures['clips']} shipped clips. The rest is arithmetic: {TRAJECTORIES:,} trajectories "
        f"of {FRAMES_EACH} frames each, which is an assumption, are {frames / 1e6:.0f} million "
        "frames and about as many "
        "pairs; the atlas takes half of them (`--thin 3` at a gap of six frames); hours are the "
        "count over the rate over 3600. N cores take an N-th of it."
    )
    return f"{_table(heads, rows)}\n\n{note}"


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


def originals(name: str, figures: Mapping[str, Any]) -> str:
    """Who did what in an original: a row a kind of task, then all, the paper's rates beside."""
    from lapa.evaluation.paper import LANGUAGE_TABLE_BY_KIND, SIMPLER_BY_KIND
    from lapa.sim.benchmarks import BENCHMARKS, METHODS

    benchmark = BENCHMARKS[name]
    paper = LANGUAGE_TABLE_BY_KIND if name == "language-table" else SIMPLER_BY_KIND
    methods = [method for method in METHODS if method in figures]
    rows = [
        (
            kind,
            *(_done(benchmark.rates, figures[method].get(kind)) for method in methods),
            *(f"{paper[method][kind]:.0f} %" for method in paper),
        )
        for kind in benchmark.kinds
    ]
    totals = (_done(benchmark.rates, _total(figures[method])) for method in methods)
    means = (f"{sum(rates.values()) / len(rates):.0f} %" for rates in paper.values())
    rows.append(("**all**", *totals, *means))
    heads = ("kind of task", *methods, *(f"paper: {method}" for method in paper))
    made = " and ".join(f"`{figures[method]['command']}`" for method in methods)
    also = f" Below: {', '.join(benchmark.rates)}." if benchmark.rates else ""
    names = "; ".join(dict.fromkeys(figures[method]["name"] for method in methods))
    table = _table(heads, rows)
    return f"{names}:\n\n{table}\n\nBrackets: 95 % Wilson intervals.{also} Made by {made}."


def _total(figures: Mapping[str, Any]) -> dict[str, int]:
    parts = [each for each in figures.values() if isinstance(each, Mapping)]
    return {name: sum(each[name] for each in parts) for name in parts[0]}


def _done(rates: Sequence[str], figures: Mapping[str, int] | None) -> str:
    from lapa.evaluation.success import wilson

    if figures is None:
        return "–"
    rate = wilson(figures["successes"], figures["episodes"])
    more = f"<br>{', '.join(str(figures[each]) for each in rates)}" if rates else ""
    return _rate({"done": rate.done, "of": rate.of, "low": rate.low, "high": rate.high}) + more


def _fill_originals(results: Mapping[str, Any]) -> None:
    """The tables of docs/benchmarks.md."""
    if "benchmarks" in results:
        text = ORIGINALS.read_text(encoding="utf-8")
        ORIGINALS.write_text(fill_originals(text, results["benchmarks"]), encoding="utf-8")


def fill_originals(text: str, figures: Mapping[str, Any]) -> str:
    """docs/benchmarks.md with a table for each original that there are figures of.

    Raises:
        ValueError: it lacks a pair of markers.
    """
    for name, methods in figures.items():
        text = _between(text, name, originals(name, methods))
    return text


def delayed(figures: Mapping[str, Any]) -> str:
    """What `evaluate --delay` counted: a row a delay, a column a contender."""
    cells = {(each["delay"], each["contender"]): each for each in figures["cells"]}
    delays, contenders = (list(dict.fromkeys(names)) for names in zip(*cells, strict=True))
    rows = [
        (f"{delay:g} s", f"{cells[delay, contenders[0]]['answers']:.3g}",
         *(_rate(cells[delay, contender]) for contender in contenders))
        for delay in delays
    ]  # fmt: skip
    costs = ", ".join(f"{name} {value:.0f} ms" for name, value in figures["milliseconds"].items())
    return (
        f"{_table(('delay', 'answers a second', *contenders), rows)}\n\nBrackets: 95 % Wilson "
        f"intervals; {figures['longest']} ticks at most. Computing of one answer, all threads "
        f"together: {costs}. Made by `{figures['command']}`."
    )


def _fill_questions(results: Mapping[str, Any]) -> None:
    """The table of docs/open-questions.md."""
    if FAST in results.get(OPEN, {}):
        text = _between(QUESTIONS.read_text("utf-8"), FAST, delayed(results[OPEN][FAST]))
        QUESTIONS.write_text(text, encoding="utf-8")


def _fill_cards(results: Mapping[str, Any]) -> None:
    """The figures of policies in their own cards."""
    tables: dict[str, Callable[[Mapping[str, Any]], str]] = {
        SUCCESS: successes,
        ACCURACY: predicted,
    }
    for part, table in tables.items():
        for name, record in results.get(part, {}).items():
            card = CHECKPOINTS / name / "README.md"
            if card.exists():
                text = table({name: record} if part == SUCCESS else record)
                card.write_text(_between(card.read_text(encoding="utf-8"), part, text), "utf-8")


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The command has no options."""


def command(options: argparse.Namespace) -> int:
    """Fill README.md and say which tables there were figures for; returns the exit code."""
    results = read(RESULTS)
    README.write_text(fill(README.read_text(encoding="utf-8"), results), encoding="utf-8")
    for name in BARS:
        card = CHECKPOINTS / name / "README.md"
        text = card.read_text(encoding="utf-8") if card.exists() else ""
        if _judged(results, name) and "<!-- bars:start -->" in text:
            card.write_text(_between(text, "bars", bars(results, name)), encoding="utf-8")
        if name == CAR and CAR in results.get(OPEN, {}) and f"<!-- {ROADTEST}:start -->" in text:
            table = road_test(results[OPEN][CAR])
            card.write_text(_between(card.read_text("utf-8"), ROADTEST, table), encoding="utf-8")
    _fill_cards(results)
    if LABEL in results:
        text = SCALE.read_text(encoding="utf-8")
        SCALE.write_text(_between(text, LABEL, label_speed(results[LABEL])), encoding="utf-8")
    _fill_originals(results)
    _fill_questions(results)
    filled = [name for name in (MODEL, "eight", CAR, BENCH, TRAIN, ANCHOR) if name in results]
    print(f"README.md: {', '.join(filled) or 'no figures yet'}")
    return 0
