"""What a tab says stands in one place: its templates, and the words modules of its scripts and of
its Python side (of Learn also its lessons and the tables of the paper); what all tabs share, in
those of app/web and its glossary."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[3] / "app"
# every tab, and what they share
WORDED = [
    "web",
    *sorted({path.parent.relative_to(APP).as_posix() for path in APP.glob("tabs/*/*.js")}),
]
# what programs read is documentation, and lies with what it documents
ELSEWHERE = {"words.py", "api.py", "glossary.py", "lessons.py", "paper_tables.py"}
# says that modules could not be loaded, so that it cannot ask one for its words
ALONE = "loader.js"
COMMENT = re.compile(r"/\*.*?\*/|(?:^|\s)//[^\n]*", re.DOTALL)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', re.DOTALL)
# a capital and further words, or three words in a row: no selector, class or path looks like it
SENTENCE = re.compile(r"^[A-Z][a-z’]+[ ,].*[a-z]|(?:\b[a-z]{2,} ){2}[a-z]{2,}\b", re.DOTALL)


def sentences(script: str) -> list[str]:
    """String literals of a script that a visitor would read as words."""
    found = (a or b for a, b in LITERAL.findall(COMMENT.sub(" ", script)))
    # what is put into a template is no word of it
    bare = (re.sub(r"\$\{[^{}]*\}", "0", each) for each in found)
    return [each for each in bare if SENTENCE.search(each)]


def literals(node: ast.AST) -> Iterator[str]:
    """String literals of Python that are no docstring and go into no log."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            str(each.value) if isinstance(each, ast.Constant) else "0" for each in node.values
        )
    elif not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.")):
        inside = list(ast.iter_child_nodes(node))
        documented = isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        )
        if documented and ast.get_docstring(node) is not None:
            inside.remove(node.body[0])
        for each in inside:
            yield from literals(each)


@pytest.mark.parametrize("tab", WORDED)
def test_the_scripts_of_a_tab_say_what_its_words_module_has(tab: str) -> None:
    spoken = {
        path.name: found
        for path in (APP / tab).rglob("*.js")
        if path.name not in ("words.js", ALONE)
        and (found := sentences(path.read_text(encoding="utf-8")))
    }
    assert spoken == {}
    assert sentences((APP / tab / "words.js").read_text(encoding="utf-8"))


@pytest.mark.parametrize("tab", WORDED)
def test_the_python_side_of_a_tab_says_what_its_words_module_has(tab: str) -> None:
    spoken = {
        f"{path.name}: {text}"
        for path in (APP / tab).rglob("*.py")
        if path.name not in ELSEWHERE
        for text in literals(ast.parse(path.read_text(encoding="utf-8")))
        if SENTENCE.search(text)
    }
    assert spoken == set()


def test_a_sentence_is_told_from_a_selector() -> None:
    script = """
      const a = $(".lx-stage .lx-frames"), b = 'x', c = "lx-code on"; // Press a code
      say("Press a code."); say(`frame ${n} of ${all.length} is not known here`);
      make("button", { class: "lx-button lx-icon", "aria-label": "Dismiss this note" });
      path("M5 3v10l8-5z"); /* The model is starting */
    """
    said = ["Press a code.", "frame 0 of 0 is not known here", "Dismiss this note"]
    assert sentences(script) == said


def test_a_sentence_of_python_is_told_from_its_docstring() -> None:
    module = '''
"""What this module is about."""
def tell(count):
    """Say how many there are."""
    log.warning("this goes into the log")
    raise UserError(f"There are {count} of them.")
'''
    assert [each for each in literals(ast.parse(module)) if SENTENCE.search(each)] == [
        "There are 0 of them."
    ]
