"""The two tables of the page: all figures by embodiment, and two checkpoints side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from lapa.checkup.drawings import svg
from lapa.checkup.measures import columns
from lapa.checkup.report.compare import differences
from lapa.checkup.report.finding import Report

Group = Mapping[str, Any]
# the page has no room for a third digit
DIGITS = 2


def _columns() -> list[tuple[str, tuple[str, ...], int]]:
    """heading, where the figure lies in a group of the report's `figures`, and its digits."""
    shape: list[tuple[str, tuple[str, ...], int]] = [("pairs", ("pairs",), 0)]
    for measure, column in columns():
        if column.page:
            path = (measure.key, column.field) if measure.place == "own" else (column.field,)
            shape.append((column.page, path, min(column.digits, DIGITS)))
    return shape


def embodiments(report: Report) -> str:
    """A row an embodiment, then all pairs together; it scrolls sideways on a phone."""
    groups = report.figures["embodiments"]
    names = list(groups)
    rows = [
        (
            f'<th scope="row"><i style="background:{svg.hue(names, name)}"></i>{escape(name)}</th>',
            group,
        )
        for name, group in groups.items()
    ]
    if len(rows) != 1:
        rows.append(('<th scope="row">all pairs</th>', report.figures["overall"]))
    body = "".join(f"<tr>{head}{_cells(group)}</tr>" for head, group in rows)
    heads = "".join(f'<th scope="col">{escape(heading)}</th>' for heading, _, _ in _columns())
    return _scrolled(
        f'<thead><tr><td></td>{heads}</tr></thead><tbody class="bodies-table">{body}</tbody>',
        "Figures by embodiment",
    )


def comparison(report: Report, other: Report) -> str:
    """Every figure of both, and which one is better."""
    rows = "".join(
        f'<tr><th scope="row"><a href="#{_anchor(report, each.key)}">{escape(each.name)}</a></th>'
        f"<td>{escape(each.mine)}</td><td>{escape(each.other)}</td>"
        f'<td class="{each.verdict if each.sure else "unsure"}">{escape(each.words)}</td></tr>'
        for each in differences(report, other)
    )
    heads = "".join(
        f'<th scope="col">{word}</th>'
        for word in (
            f'<b class="side">A</b> {escape(report.checkpoint)}',
            f'<b class="side">B</b> {escape(other.checkpoint)}',
            "A against B",
        )
    )
    table = _scrolled(
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody>", "Two checkpoints"
    )
    return f'<div class="card figures"><h2>Side by side</h2>{table}</div>'


def _anchor(report: Report, key: str) -> str:
    question = report.finding(key).question
    return next(card.anchor for card in report.cards if card.question == question)


def _cells(group: Group) -> str:
    return "".join(f"<td>{_cell(group, where, digits)}</td>" for _, where, digits in _columns())


def _cell(group: Group, where: Sequence[str], digits: int) -> str:
    value: Any = group
    for name in where:
        value = value.get(name) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return " ".join("–" if v is None else f"{v:.{digits}f}".replace("-", "−") for v in values)


def _scrolled(table: str, name: str) -> str:
    return (
        f'<div class="scrolled" tabindex="0" role="region" aria-label="{name}">'
        f"<table>{table}</table></div>"
    )
