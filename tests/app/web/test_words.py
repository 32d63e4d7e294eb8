"""What a tab says stands in one place: its templates, and the words module of its scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TABS = Path(__file__).resolve().parents[3] / "app" / "tabs"
WORDED = sorted({path.parent.name for path in TABS.glob("*/*.js")})
COMMENT = re.compile(r"/\*.*?\*/|(?:^|\s)//[^\n]*", re.DOTALL)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', re.DOTALL)
# a capital and further words, or three words in a row: no selector, class or path looks like it
SENTENCE = re.compile(r"^[A-Z][a-z’]+[ ,].*[a-z]|(?:\b[a-z]{2,} ){2}[a-z]{2,}\b")


def sentences(script: str) -> list[str]:
    """String literals of a script that a visitor would read as words."""
    found = (a or b for a, b in LITERAL.findall(COMMENT.sub(" ", script)))
    # what is put into a template is no word of it
    bare = (re.sub(r"\$\{[^{}]*\}", "0", each) for each in found)
    return [each for each in bare if SENTENCE.search(each)]


@pytest.mark.parametrize("tab", WORDED)
def test_the_scripts_of_a_tab_say_what_its_words_module_has(tab: str) -> None:
    spoken = {
        path.name: found
        for path in (TABS / tab).rglob("*.js")
        if path.name != "words.js" and (found := sentences(path.read_text(encoding="utf-8")))
    }
    assert spoken == {}
    assert sentences((TABS / tab / "words.js").read_text(encoding="utf-8"))


def test_a_sentence_is_told_from_a_selector() -> None:
    script = """
      const a = $(".lx-stage .lx-frames"), b = 'x', c = "lx-code on"; // Press a code
      say("Press a code."); say(`frame ${n} of ${all.length} is not known here`);
      make("button", { class: "lx-button lx-icon", "aria-label": "Dismiss this note" });
      path("M5 3v10l8-5z"); /* The model is starting */
    """
    said = ["Press a code.", "frame 0 of 0 is not known here", "Dismiss this note"]
    assert sentences(script) == said
