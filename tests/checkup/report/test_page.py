"""The page: whole, self-contained, escaped, accessible; and two checkpoints beside each other."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from lapa.checkup import differences, gauge, page

VOID = {"meta", "br", "img", "link", "input", "hr"}


class Tree(HTMLParser):
    """Fails on tags that do not close, and keeps what a test asks for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def drawings(text: str) -> list[ElementTree.Element]:
    found = re.findall(r'<svg class="lr-drawing".*?</svg>', text, re.DOTALL)
    return [ElementTree.fromstring(each) for each in found]


@pytest.fixture(scope="module")
def single(report):
    return page(report("oracle"))


def test_the_page_asks_no_other_host(single, report):
    for text in (single, page(report("oracle"), report("copier"))):
        tree = Tree(text)
        assert not tree.all("link") and "@import" not in text
        assert all(each.get("type") == "application/json" for each in tree.all("script"))
        assert all(each["src"].startswith("data:image/webp;base64,") for each in tree.all("img"))
        words = re.sub(r"data:image/webp;base64,[\w+/=]+", "", text)
        hosts = set(re.findall(r"(?:https?:)?//[\w.]+", words)) - {"http://www.w3.org"}
        assert not hosts, hosts
        assert "url(" not in text


def test_every_question_is_in_the_contents_and_leads_to_its_card(single):
    tree = Tree(single)
    targets = [each["href"].removeprefix("#") for each in tree.all("a")]
    cards = [each["id"] for each in tree.all("article")]
    assert targets == cards and len(cards) == 11


def test_every_picture_says_what_it_shows(single, report):
    found = drawings(single)
    assert len(found) >= 24 + 9
    for drawing in found:
        assert drawing.attrib["role"] == "img"
        names = {child.tag.split("}")[1]: child.text for child in drawing}
        assert len(names["title"]) > 8 and names["desc"]
        numbers = re.findall(
            r'(?:x|y|cx|cy|width|height)="([^"]*)"', ElementTree.tostring(drawing, "unicode")
        )
        assert all(number not in ("nan", "inf") for number in numbers)
    for image in Tree(single).all("img"):
        assert image["alt"]


def test_what_people_typed_is_escaped(blind):
    text = page(blind)
    Tree(text)
    assert "&lt;oracle&gt;" in text and "<oracle>" not in text
    assert "a &quot;b&quot; &amp; c" in text
    assert "all were measured" in text


def test_unknown_figures_have_no_picture_and_no_gauge(blind):
    for finding in blind.findings:
        if finding.verdict == "unknown":
            assert finding.picture == "" and gauge(finding) == ""


def test_explanations_are_there_behind_a_switch(single, report):
    assert len(Tree(single).all("details")) == 11
    assert all(
        finding.explanation.split("'")[0][:40] in single for finding in report("oracle").findings
    )


def test_the_figures_lie_in_the_page_as_json(single):
    text = re.search(r'<script type="application/json" id="figures">(.*?)</script>', single)
    (found,) = json.loads(text.group(1))
    assert found["checkpoint"] == "oracle" and len(found["findings"]) == 24


def test_one_embodiment_and_every_quantizer_can_be_drawn(report, blind):
    for each in (*map(report, ("copier", "collapsed", "random", "cheater")), blind):
        Tree(page(each))


def test_two_checkpoints_stand_beside_each_other(report):
    text = page(report("oracle"), report("collapsed"))
    tree = Tree(text)
    assert "Checkup of oracle and collapsed" in text and len(tree.all("article")) == 11
    assert text.count('class="difference') == 24


def test_differences_know_which_way_is_better(report):
    found = {each.key: each for each in differences(report("oracle"), report("copier"))}
    assert (found["ratio"].verdict, found["ratio"].words) == ("better", "better")
    assert found["delta_psnr"].verdict == "better"
    assert (found["use"].verdict, found["use"].words) == ("alike", "the same")
    back = {each.key: each for each in differences(report("copier"), report("oracle"))}
    assert back["ratio"].verdict == "worse" and back["leak"].verdict == "better"
    random = {each.key: each for each in differences(report("random"), report("collapsed"))}
    assert not random["cosine"].sure and "intervals overlap" in random["cosine"].words


def test_an_unknown_figure_cannot_be_compared(report, blind):
    other = report("oracle")
    same = replace(blind, data=other.data, pairs=other.pairs, episodes=other.episodes)
    found = {each.key: each for each in differences(same, other)}
    assert found["transfer"].words == "cannot be told"
