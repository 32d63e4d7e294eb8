"""A checkup as a table for people and as figures for files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lapa.checkup.measure import Checkup, Column, Measure, Place
from lapa.checkup.measures import columns, measures
from lapa.evaluation.estimate import Estimate

if TYPE_CHECKING:
    from lapa.checkup.measures.frequent import FrequentCodes
    from lapa.evaluation.table import Groups

UNKNOWN = "–"


def number(value: float | Estimate, digits: int = 2) -> str:
    """A figure without its interval; a dash where it is unknown."""
    return UNKNOWN if math.isnan(float(value)) else f"{float(value):.{digits}f}"


def spread(figure: Estimate, digits: int = 2) -> str:
    """`0.520 [0.498, 0.544]`, without the interval where there is none."""
    low, high = (f"{bound:.{digits}f}" for bound in (figure.low, figure.high))
    return number(figure, digits) + ("" if math.isnan(figure.low) else f" [{low}, {high}]")


def headings() -> tuple[str, ...]:
    """The heads of the columns; the first column, of names, has none."""
    return ("", "pairs", *(column.heading for _, column in _headed()))


def rows(report: Checkup) -> list[tuple[str, ...]]:
    """The held-out table as text: embodiments, their mean, and all pairs together."""
    lines = [(name, str(pairs), *_cells(report, name)) for name, pairs in report.pairs_of.items()]
    mean = ("mean of embodiments", "", *(_mean(*each, report) for each in _headed()))
    return [*lines, mean, ("all pairs", str(report.pairs), *_cells(report, None))]


def legend() -> str:
    """What the columns mean, for a model card."""
    return " ".join(column.legend for _, column in _headed() if column.legend)


def _headed() -> list[tuple[Measure[Any], Column]]:
    """The columns that a terminal and a model card show."""
    return [(measure, column) for measure, column in columns() if column.heading]


def _cells(report: Checkup, name: str | None) -> list[str]:
    return [_cell(*each, report, name) for each in _headed()]


def _cell(measure: Measure[Any], column: Column, report: Checkup, name: str | None) -> str:
    group = _group_of(report[measure.key], name)
    if group is None:
        return UNKNOWN
    value = getattr(group, column.field)
    if isinstance(value, tuple):
        return " ".join(f"{each:.{column.digits}f}" for each in value)
    return (spread if column.interval else number)(value, column.digits)


def _group_of(groups: Groups[Any] | None, name: str | None) -> Any:
    """The result of an embodiment, or of all pairs; None where there is none."""
    if groups is None:
        return None
    return groups.overall if name is None else groups.embodiments.get(name)


def _mean(measure: Measure[Any], column: Column, report: Checkup) -> str:
    groups: Groups[Any] | None = report[measure.key]
    if not column.averaged or groups is None:
        return ""
    return number(groups.mean(column.field), column.digits)


def as_text(report: Checkup) -> str:
    """The table in aligned columns, for a terminal."""
    lines = [headings(), *rows(report)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(line, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)])


def as_markdown(report: Checkup) -> str:
    """The table for a model card."""
    heads = headings()
    lines = [heads, tuple("---" for _ in heads), *rows(report)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def as_json(report: Checkup) -> dict[str, Any]:
    """The figures by group, JSON-able: what results.json keeps. Unknown figures are None.

    Figures with an interval are plain numbers; their bounds are under `interval` of their group.
    """
    return {
        "pairs": report.pairs,
        "episodes": report.episodes,
        "overall": _group(report, None),
        "mean_of_embodiments": _plain(_means(report)),
        "embodiments": {name: _group(report, name) for name in report.embodiments},
        **{measure.key: _figures(measure, report[measure.key]) for measure in _placed("beside")},
    }


def _placed(place: Place) -> list[Measure[Any]]:
    return [measure for measure in measures().values() if measure.place == place]


def _means(report: Checkup) -> dict[str, float]:
    """The means over embodiments that the table shows, under the name of their figure."""
    return {
        f"{measure.key}_{column.field}" if measure.place == "own" else column.field: report[
            measure.key
        ].mean(column.field)
        for measure, column in _headed()
        if column.averaged and report[measure.key] is not None
    }


def _group(report: Checkup, name: str | None) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    bounds: dict[str, Any] = {}
    for measure in (*_placed("group"), *_placed("own")):
        values = _figures(measure, _group_of(report[measure.key], name))
        if values is None:
            continue
        if measure.place == "own":
            figures[measure.key] = values
        else:
            bounds |= values.pop("interval", {})
            # the pairs of the first measure are all pairs; a later one may know fewer
            figures |= {key: value for key, value in values.items() if key not in figures}
    return figures | {"interval": bounds}


def _figures(measure: Measure[Any], result: Any) -> dict[str, Any] | None:
    """A result's fields, its Estimates as numbers and under `interval`; None without a result."""
    if result is None:
        return None
    fields = {name: value for name, value in vars(result).items() if name not in measure.unplaced}
    estimates = {name: value for name, value in fields.items() if isinstance(value, Estimate)}
    plain = {name: float(v) if name in estimates else v for name, v in fields.items()}
    bounds = {name: [each.low, each.high] for name, each in estimates.items()}
    figures: dict[str, Any] = _plain(plain | ({"interval": bounds} if bounds else {}))
    return figures


def _plain(value: Any) -> Any:
    """JSON-able: six digits, tuples as lists, names of pairs joined, None for NaN."""
    if isinstance(value, dict):
        return {_key(name): _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Estimate):
        return _plain(asdict(value))
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _key(name: Any) -> str:
    return " to ".join(name) if isinstance(name, tuple) else str(name)


def usage(report: Checkup) -> dict[str, Any]:
    """The contents of a checkpoint's usage.json: frequent and still latent actions by group."""
    groups: Groups[FrequentCodes] = report["frequent"]
    return {
        "pairs": report.pairs,
        "embodiments": {name: _usage(each) for name, each in groups.embodiments.items()},
        "overall": _usage(groups.overall),
    }


def _usage(group: FrequentCodes) -> dict[str, Any]:
    frequent = [{"codes": list(c), "share": round(share, 5)} for c, share in group.frequent]
    return {"pairs": group.pairs, "frequent": frequent, "still": list(group.still)}
