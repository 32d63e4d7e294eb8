"""One self-contained HTML page of a report, or of two beside each other.

Nothing is asked of any other host: styles, pictures and figures lie in the page. It reads without
scripts, on a phone, in the dark and on paper.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from lapa.checkup.drawings import svg
from lapa.checkup.report.compare import Difference, differences
from lapa.checkup.report.finding import Card, Finding, Report, as_json
from lapa.checkup.report.gauge import gauge
from lapa.checkup.report.tables import comparison, embodiments

STYLE = Path(__file__).with_name("page.css")
SIGNS = {"good": "✓", "fair": "~", "poor": "✗", "unknown": "?"}
SIDES = ("A", "B")
MARK = (
    '<svg class="mark" viewBox="0 0 26 26" aria-hidden="true">'
    '<rect x="1" y="1" width="10.5" height="10.5" rx="3"/>'
    '<rect x="1" y="14.5" width="10.5" height="10.5" rx="3"/>'
    '<rect x="14.5" y="14.5" width="10.5" height="10.5" rx="3"/>'
    '<rect class="on" x="14.5" y="1" width="10.5" height="10.5" rx="3"/></svg>'
)


def page(report: Report, other: Report | None = None) -> str:
    """The whole page as text. `other` stands on the right of `report`, figure by figure."""
    reports = [report] if other is None else [report, other]
    title = " and ".join(each.checkpoint for each in reports)
    changes = {each.key: each for each in differences(report, other)} if other else {}
    cards = "".join(_card(place, reports, changes) for place in range(len(report.cards)))
    parts = (
        _head(reports, title),
        _overview(reports),
        f'<section aria-label="Comparison">{comparison(report, other)}</section>' if other else "",
        f'<main id="cards">{cards}</main>',
        "".join(_figures(place, each, reports) for place, each in enumerate(reports)),
        _foot(reports),
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Checkup of {escape(title)}</title>"
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head>"
        f'<body class="{"two" if other else "one"}"><div class="page">{"".join(parts)}</div>'
        "</body></html>\n"
    )


def _head(reports: Sequence[Report], title: str) -> str:
    sides = "".join(_side(place, each, reports) for place, each in enumerate(reports))
    return (
        f'<header>{MARK}<div><p class="kind">Checkup of a latent action quantizer</p>'
        f'<h1>{escape(title)}</h1></div></header><div class="sides">{sides}</div>'
    )


def _side(place: int, report: Report, reports: Sequence[Report]) -> str:
    bodies = "".join(
        f'<li><i style="background:{svg.hue(report.embodiments, name)}"></i>{escape(name)}</li>'
        for name in report.embodiments
    )
    letter = f"<b class='side'>{SIDES[place]}</b> " if len(reports) > 1 else ""
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in report.notes)
    robots = _count(len(report.embodiments), "embodiment")
    took = "" if math.isnan(report.seconds) else f", measured in {_duration(report.seconds)}"
    return (
        f'<section class="about"><p>{letter}<b>{escape(report.checkpoint)}</b> on '
        f"<b>{escape(report.data)}</b>: {_count(report.pairs, 'frame pair')} of "
        f"{_count(report.episodes, 'episode')}, {robots}{took}.</p>"
        f'<ul class="bodies">{bodies}</ul>{notes}</section>'
    )


def _overview(reports: Sequence[Report]) -> str:
    """The contents: every question with its verdict and its main figure."""
    tiles = []
    for cards in zip(*(each.cards for each in reports), strict=True):
        answers = "".join(
            f'<span class="answer">{_lettered(place, reports)}{_badge(card.verdict)}'
            f"<span>{_telling(card)}</span></span>"
            for place, card in enumerate(cards)
        )
        tiles.append(
            f'<li><a href="#{cards[0].anchor}"><b>{escape(cards[0].question)}</b>{answers}</a></li>'
        )
    summaries = "".join(f"<p>{_summary(place, reports)}</p>" for place in range(len(reports)))
    return (
        f'<nav aria-label="Questions"><h2>At a glance</h2>{summaries}'
        f'<ol class="tiles">{"".join(tiles)}</ol></nav>'
    )


def _telling(card: Card) -> str:
    """The figure behind the verdict, by name where it is not the question's main one."""
    finding = card.telling
    name = "" if finding is card.findings[0] else f"{finding.name}: "
    return escape(name + finding.figure)


def _summary(place: int, reports: Sequence[Report]) -> str:
    cards = reports[place].cards
    counts = {v: sum(card.verdict == v for card in cards) for v in SIGNS}
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return f"{_lettered(place, reports)}Of {len(cards)} questions: {verdicts}."


def _card(place: int, reports: Sequence[Report], changes: dict[str, Difference]) -> str:
    cards = [each.cards[place] for each in reports]
    first = cards[0]
    badges = "".join(
        f"<span>{_lettered(side, reports)}{_badge(card.verdict)}</span>"
        for side, card in enumerate(cards)
    )
    body = _one(first) if len(cards) == 1 else _two(cards, reports, changes)
    return (
        f'<article id="{first.anchor}" class="card"><div class="asked">'
        f'<h2><span class="count">{place + 1}</span>{escape(first.question)}</h2>'
        f'<div class="badges">{badges}</div></div>{body}{_teaching(first)}</article>'
    )


def _one(card: Card) -> str:
    """The figures of one checkpoint on the left, their pictures on the right, strips below."""
    rows = "".join(
        f'<section class="row"><h3>{escape(each.name)}</h3>{_answer(each)}{_reference(each)}'
        "</section>"
        for each in card.findings
    )
    beside = "".join(each.picture for each in card.findings if each.picture.startswith("<svg"))
    below = "".join(each.picture for each in card.findings if not each.picture.startswith("<svg"))
    kind = "beside" if beside else "alone"
    pictures = f'<div class="pictures">{beside}</div>' if beside else ""
    return f'<div class="{kind}"><div>{rows}</div>{pictures}</div>{below}'


def _two(cards: Sequence[Card], reports: Sequence[Report], changes: dict[str, Difference]) -> str:
    """Figure by figure, the two checkpoints beside each other."""
    rows = []
    for row, first in enumerate(cards[0].findings):
        sides = "".join(
            f"<div>{_answer(card.findings[row], _lettered(side, reports))}"
            f'<div class="picture">{card.findings[row].picture}</div></div>'
            for side, card in enumerate(cards)
        )
        rows.append(
            f'<section class="row"><div class="named"><h3>{escape(first.name)}</h3>'
            f"{_change(changes[first.key])}</div>"
            f'<div class="answers">{sides}</div>{_reference(first)}</section>'
        )
    return "".join(rows)


def _change(difference: Difference) -> str:
    words, state = difference.words, difference.verdict if difference.sure else "unsure"
    if difference.verdict in ("better", "worse"):
        words = f"A is {words}"
    return f'<p class="difference {state}">{escape(words)}</p>'


def _answer(finding: Finding, letter: str = "") -> str:
    figure, bracket, rest = finding.figure.partition(" (")
    interval = f"<small>{escape(bracket + rest)}</small>" if bracket else ""
    return (
        f'<p class="figure {finding.verdict}">{letter}{escape(figure)}{interval}</p>'
        f'<div class="gauge">{gauge(finding)}</div>'
        f'<p class="sentence">{escape(finding.sentence)}</p>'
    )


def _reference(finding: Finding) -> str:
    source = escape(finding.reference)
    return f'<p class="reference"><b>What good models reach.</b> {source}</p>'


def _teaching(card: Card) -> str:
    explanations = "".join(
        f"<dt>{escape(each.name)}</dt><dd>{escape(each.explanation)}</dd>" for each in card.findings
    )
    subject = "this is" if len(card.findings) == 1 else "these are"
    summary = f"<summary>How {subject} measured</summary>"
    return f"<details>{summary}<dl>{explanations}</dl></details>"


def _figures(place: int, report: Report, reports: Sequence[Report]) -> str:
    title = f"{_lettered(place, reports)}Every embodiment in figures"
    return f'<section class="card figures"><h2>{title}</h2>{embodiments(report)}</section>'


def _foot(reports: Sequence[Report]) -> str:
    data = json.dumps([as_json(each) for each in reports], ensure_ascii=False)
    safe = data.replace("<", "\\u003c")
    return (
        "<footer><p>Intervals hold 95 %: whole episodes are drawn again and again, because the "
        "frames of one episode are alike. A verdict rests on the figure itself; where the interval "
        "reaches across a threshold, the text says so.</p></footer>"
        f'<script type="application/json" id="figures">{safe}</script>'
    )


def _badge(verdict: str) -> str:
    return (
        f'<span class="badge {verdict}"><i aria-hidden="true">{SIGNS[verdict]}</i>{verdict}</span>'
    )


def _lettered(place: int, reports: Sequence[Report]) -> str:
    return f'<b class="side">{SIDES[place]}</b> ' if len(reports) > 1 else ""


def _count(number: int, word: str) -> str:
    grouped = f"{number:,}".replace(",", "\u202f")
    return f"{grouped} {word}{'' if number == 1 else 's'}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min"
