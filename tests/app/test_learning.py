"""Lessons: whole, glossed, cited; questions judged by what the model and the atlas say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.lessons import LESSONS, Lesson, glosses
from app.lessons.facts import of_atlas, of_dream, word_grid
from app.lessons.tables import ABOUT, METHODS, SIMPLER, TABLES
from app.limits import UserError
from app.service import Explorer
from app.tabs.glossary import GLOSSARY
from app.tabs.learn_handlers import LearnHandlers
from tests.app.test_atlases import Event, Visitor

ROOT = Path(__file__).resolve().parents[2]
TECHNICAL = ("latent action", "codebook", "quantizer", "embodiment", "copy-frame", "drift", "PSNR")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_lesson_is_whole(lesson: Lesson) -> None:
    assert (
        3 <= lesson.minutes <= 5 and lesson.goal.startswith("You can") or "You know" in lesson.goal
    )
    assert lesson.source and lesson.discuss.endswith("?") and lesson.question.asked.endswith("?")
    assert all(step.title and step.text and step.note for step in lesson.steps)
    for step in lesson.steps:
        for word, term in glosses(" ".join(step.text)):
            assert term in GLOSSARY, f"{lesson.name}: {word} has no gloss {term}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_technical_words_are_glossed_where_they_come_first(lesson: Lesson) -> None:
    text = " ".join(paragraph for step in lesson.steps for paragraph in step.text)
    told = {term for _, term in glosses(text)}
    for word in TECHNICAL:
        assert word not in text or word in told, f"{lesson.name} does not gloss {word}"


def test_there_are_six_in_the_order_of_the_method() -> None:
    names = [lesson.name for lesson in LESSONS]
    assert names == ["changed", "inside", "scenes", "words", "dream", "stages"]
    assert sum(lesson.minutes for lesson in LESSONS) <= 30


def test_the_papers_averages_are_those_of_their_columns() -> None:
    tasks = [values for name, values in SIMPLER.items() if name != "Average"]
    assert np.allclose(np.mean(tasks, 0), SIMPLER["Average"], atol=0.06)
    assert set(ABOUT) == set(METHODS)
    for table in TABLES.values():
        assert all(len(values) == len(METHODS) for values in table.values())
        assert all(0 <= value <= 100 for values in table.values() for value in values)


# Questions


def test_which_code_agrees_best_and_how_many_words_there_are() -> None:
    class Table:
        codes = np.array([[0, 1], [0, 1], [1, 0], [1, 2], [2, 0], [2, 0]], np.uint8)
        motion = np.array([(0.1, 0), (0.2, 0), (0.1, 0), (-0.1, 0), (0, 0.1), (0.1, 0)])
        about = {"codebook_size": 8}

        def __len__(self) -> int:
            return 6

    facts = of_atlas(Table())
    assert facts["agreement_codes"] == [0, 1, 2] and facts["agreement_best"] == 0
    assert facts["agreement_values"] == pytest.approx([1, 0, np.sqrt(0.5)])
    assert facts["words"] == 4 and facts["word_options"][facts["word_best"]] == 4
    assert facts["word_options"] == sorted({4, 64, 1})


def test_a_dream_is_judged_by_its_last_step() -> None:
    question = next(lesson for lesson in LESSONS if lesson.name == "dream").question
    better, worse = of_dream([30.0, 24.0], [28.0, 20.0]), of_dream([30.0, 19.0], [28.0, 20.0])
    assert question.check(0, better).right and question.check(1, worse).right
    assert "24.0 dB" in question.check(1, better).why


@pytest.mark.parametrize("chosen", [-1, 3, None, "1", True])
def test_there_is_no_such_answer(chosen) -> None:
    with pytest.raises(UserError, match="Choose one of the 3 answers"):
        LESSONS[0].question.check(chosen, {})


def test_right_and_wrong_answers_are_explained() -> None:
    right, wrong = (LESSONS[0].question.check(n, {}) for n in (1, 0))
    assert right.right and not wrong.right and wrong.best == 1 and "frame pairs only" in right.why
    best = LESSONS[-1].question
    assert best.choices({})[best.check(0, {}).best] == "Eggplant in basket"


def test_words_lie_in_their_squares() -> None:
    grid = word_grid(np.array([[1, 2, 3, 4], [1, 2, 3, 4], [0, 0, 0, 7]]), 8)
    assert grid.shape == (64, 64) and grid[1 * 8 + 2, 3 * 8 + 4] == 2 and grid[0, 7] == 1
    assert grid.sum() == 3


# On the shipped model


@pytest.fixture(scope="module")
def shipped() -> Explorer:
    return Explorer(ROOT / "assets" / "checkpoints", ROOT / "assets" / "clips")


def test_what_the_lessons_try_on_the_shipped_model(shipped: Explorer) -> None:
    handlers, visitor = LearnHandlers(shipped), Visitor()

    def tried(widget: str, number: int = 0) -> dict:
        found = handlers.widget(Event(m="robots", widget=widget, number=number), visitor)
        assert "error" not in found, found
        json.dumps(found, allow_nan=False)
        return found

    pair = tried("pair", 1)
    assert pair["embodiment"] == pair["names"][1] and len(pair["command"]) >= 3
    plane = tried("quantize", 2)
    codes, apart = np.array(plane["codes"]), np.array(plane["apart"])
    # distances in the plane and out of it are the true ones between codes
    vectors = shipped.learning._lapa.codebook(shipped._checkpoints.get("robots").quantizer)[2]
    centred = vectors - vectors.mean(0)
    assert np.allclose((codes**2).sum(1) + apart**2, (centred**2).sum(1), rtol=1e-3)
    assert tried("scenes", 3)["card"]["text"] == "[3,*,*,*]"
    assert np.array(tried("words")["grid"]).sum() == len(shipped.atlases.table("robots"))
    dream = tried("dream")
    assert len(dream["imagined"]) == len(dream["true"]) == len(dream["psnr"]) + 1
    assert dream["imagined"][0] == dream["true"][0]
    assert tried("tables")["methods"][3] == "LAPA"
    for lesson in LESSONS:
        options = handlers.options(Event(m="robots", lesson=lesson.name), visitor)["options"]
        judged = [
            handlers.check(Event(m="robots", lesson=lesson.name, chosen=n), visitor)
            for n in range(len(options))
        ]
        assert [each["right"] for each in judged].count(True) == 1 and len(set(options)) > 1


def test_the_tab_tells_errors_in_one_sentence(shipped: Explorer) -> None:
    handlers, visitor = LearnHandlers(shipped), Visitor()
    for event, words in (
        ({"widget": "nothing"}, "nothing called"),
        ({"widget": "scenes", "number": 8}, "no code 8"),
        ({"widget": "quantize", "number": 4}, "no position 4"),
        ({"widget": "pair", "number": "x"}, "cannot be read"),
    ):
        assert words in handlers.widget(Event(m="robots", **event), visitor)["error"]
    assert "no lesson" in handlers.options(Event(m="robots", lesson="x"), visitor)["error"]
    assert len(handlers.open(Event(), visitor)["lessons"]) == 6
