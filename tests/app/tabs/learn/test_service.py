"""Lessons: whole, glossed, cited; questions judged by what the models and the atlas say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.limits import UserError
from app.explorer import Explorer
from app.tabs.learn import handout
from app.tabs.learn.events import LearnHandlers
from app.tabs.learn.facts import (
    of_directions,
    of_dreams,
    of_guess,
    of_instructed,
    of_plane,
    of_steered,
    of_swap,
    word_counts,
)
from app.tabs.learn.lesson import PARTS, Lesson, glosses, plain
from app.tabs.learn.lessons import LESSONS
from app.tabs.learn.paper_tables import ABOUT, METHODS, SIMPLER, SOURCES, TABLES
from app.tabs.learn.service import _codebook
from app.tabs.learn.views import Dream, Guess, Instructed, Pair, Plane, Steered, Swap
from app.web.glossary import GLOSSARY
from tests.app.tabs.atlas.test_service import Event, Visitor

ROOT = Path(__file__).resolve().parents[4]
TECHNICAL = ("latent action", "codebook", "quantizer", "embodiment", "copy-frame", "drift", "PSNR")
BY_NAME = {lesson.name: lesson for lesson in LESSONS}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_lesson_is_whole(lesson: Lesson) -> None:
    assert (
        3 <= lesson.minutes <= 5 and lesson.goal.startswith("You can") or "You know" in lesson.goal
    )
    assert lesson.source and lesson.discuss.endswith("?") and lesson.mistake.endswith(".")
    assert all(step.title and step.text and step.note for step in lesson.steps)
    for step in lesson.steps:
        for word, term in glosses(" ".join(step.text)):
            assert term in GLOSSARY, f"{lesson.name}: {word} has no gloss {term}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_step_lights_up_a_part_of_the_diagram(lesson: Lesson) -> None:
    for lit in (*(step.lit for step in lesson.steps), lesson.question.lit):
        assert lit and set(lit) <= set(PARTS)


def test_the_template_has_the_parts_that_lessons_light_up() -> None:
    template = (ROOT / "app/tabs/learn/lesson_view.html").read_text(encoding="utf-8")
    assert [part for part in PARTS if f'data-part="{part}"' not in template] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_technical_words_are_glossed_where_they_come_first(lesson: Lesson) -> None:
    text = " ".join(paragraph for step in lesson.steps for paragraph in step.text)
    told = {term for _, term in glosses(text)}
    for word in TECHNICAL:
        assert word not in text or word in told, f"{lesson.name} does not gloss {word}"


def test_there_are_seven_the_last_without_a_robot() -> None:
    names = [lesson.name for lesson in LESSONS]
    assert names == ["changed", "inside", "scenes", "words", "dream", "stages", "road"]
    assert [lesson.model for lesson in LESSONS] == ["eight", *["robots"] * 4, "tabletop", "drive"]
    assert sum(lesson.minutes for lesson in LESSONS) <= 30


def test_figures_that_cannot_be_made_say_why(explorer) -> None:
    figures = explorer.learn.figures.all()
    assert [figure.number for figure in figures] == [8, 10, 11, 12]
    assert all(figure.problem and not figure.cells for figure in figures)


def test_the_papers_averages_are_those_of_their_columns() -> None:
    tasks = [values for name, values in SIMPLER.items() if name != "Average"]
    assert np.allclose(np.mean(tasks, 0), SIMPLER["Average"], atol=0.06)
    assert set(ABOUT) == set(METHODS) and set(SOURCES) == set(TABLES)
    for table in TABLES.values():
        assert all(len(values) == len(METHODS) for values in table.values())
        assert all(0 <= value <= 100 for values in table.values() for value in values)


def test_a_text_is_printed_without_marks() -> None:
    assert plain("one {gap} of {robots|embodiment}") == "one gap of robots"


# Questions


def pair(codes: tuple[int, ...] = (3,)) -> Pair:
    picture = np.zeros((4, 4, 3), np.uint8)
    latent = np.zeros((len(codes), 2), np.float32)
    return Pair("clip", 0, "arm", "", picture, picture, latent, codes, picture, 0.2, 1.0, None)


def test_which_code_was_read_off_a_pair() -> None:
    facts = of_guess(Guess(pair(), (1, 3, 6), (np.zeros((4, 4, 3)),) * 3, nearest=True))
    question = BY_NAME["changed"].question
    assert question.put(facts).options == ("Code 1", "Code 3", "Code 6")
    assert question.check(1, facts).right and "nearest of all" in question.check(1, facts).text
    far = of_guess(Guess(pair(), (1, 3), (np.zeros((4, 4, 3)),) * 2, nearest=False))
    assert "nearest" not in question.check(1, far).text


def test_the_noise_is_as_long_as_the_way_to_the_nearest_code() -> None:
    codes = np.array([[0.0, 0.0], [3.0, 4.0]])
    facts = of_plane(Plane(codes, np.array([0.0, 0.0]), codes, np.array([0.0, 1.0])))
    assert facts["code"] == 0 and facts["lengths"][facts["best"]] == 1.0
    assert 0.0 in facts["lengths"] and max(facts["lengths"]) == round(np.sqrt(18), 2)


class Table:
    """Three robots: code 0 moves all to the right, code 1 to the left, code 2 each elsewhere."""

    embodiments = ("a", "b", "c")
    about = {"codebook_size": 3}

    def __init__(self, ways: dict[int, list[tuple[float, float]]]) -> None:
        rows = [(code, robot, way) for code in ways for robot, way in enumerate(ways[code])]
        rows *= 20
        self.codes = np.array([[code, 0] for code, _, _ in rows], np.uint8)
        self.embodiment = np.array([robot for _, robot, _ in rows])
        self.motion = np.array([way for _, _, way in rows], np.float32)


RIGHT, LEFT, DOWN = (0.1, 0.0), (-0.1, 0.0), (0.0, 0.1)


def test_which_code_moves_all_robots_one_way() -> None:
    facts = of_directions(Table({0: [RIGHT] * 3, 1: [LEFT] * 3, 2: [DOWN, LEFT, DOWN]}))
    assert facts["way"] == "right" and facts["agree"] == pytest.approx(1)
    assert facts["codes"] == [0, 1, 2] and facts["best"] == 0
    asked = BY_NAME["scenes"].question.put(facts).text
    assert "move right in its picture" in asked


@pytest.mark.parametrize(
    ("ways", "words"),
    [
        ({0: [RIGHT, LEFT, DOWN]}, "agree on the direction of no code"),
        ({0: [RIGHT] * 3, 1: [RIGHT] * 3}, "go one way"),
    ],
)
def test_robots_that_agree_on_nothing_leave_nothing_to_ask(ways, words) -> None:
    with pytest.raises(UserError, match=words):
        of_directions(Table(ways))


def test_which_position_says_most() -> None:
    facts = of_swap(Swap(pair((0, 1)), (1.25, 4.0)))
    question = BY_NAME["words"].question
    assert question.check(1, facts).right and not question.check(0, facts).right
    assert "position 1 changes the picture by 4.0" in question.check(1, facts).text


def test_which_dream_ends_nearest_to_the_truth() -> None:
    dreams = [
        Dream(name, (), (), (), (30.0, end), (9.0, 9.0)) for name, end in (("a", 14.0), ("b", 21.0))
    ]
    question, facts = BY_NAME["dream"].question, of_dreams(dreams)
    assert question.check(1, facts).right and "21.0 dB for b" in question.check(1, facts).text


def test_which_latent_action_steers() -> None:
    facts = of_steered(Steered(pair((0, 1)), ((0, 6), (1, 3)), 0, "Seen in 7 pairs."))
    question = BY_NAME["road"].question
    assert question.put(facts).options == ("[0,6]", "[1,3]")
    assert question.check(0, facts).text.startswith("Seen in 7 pairs. The camera turns")
    assert not question.check(1, facts).right


def test_what_an_instruction_changes() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    one = Instructed("push it", picture, (1, 2), picture, (0.01, 0.0))
    question = BY_NAME["stages"].question
    assert question.check(1, of_instructed([one, replace(one, codes=(1, 3))])).right
    assert question.check(3, of_instructed([one, one])).right


@pytest.mark.parametrize("chosen", [-1, 3, "1", True])
def test_there_is_no_such_answer(chosen) -> None:
    facts = of_guess(Guess(pair(), (1, 3, 6), (np.zeros((4, 4, 3)),) * 3, nearest=True))
    with pytest.raises(UserError, match="Choose one of the 3 answers"):
        LESSONS[0].question.check(chosen, facts)


def test_a_wrong_answer_gets_a_hint_and_a_second_try() -> None:
    facts = of_swap(Swap(pair((0, 1)), (1.25, 4.0)))
    question = BY_NAME["words"].question
    first, second = question.check(0, facts, 0), question.check(0, facts, 1)
    assert not first.right and first.best is None and first.text == question.hint
    assert not second.right and second.best == 1 and "grey levels" in second.text
    told = question.check(None, facts)
    assert told.best == 1 and not told.right


def test_words_are_counted() -> None:
    codes = np.array([[1, 2, 3, 4], [1, 2, 3, 4], [0, 0, 0, 7]], np.uint8)
    assert word_counts(codes) == [("1234", 2), ("0007", 1)]


# Hand-outs


def test_a_hand_out_leads_to_its_lesson_without_the_teachers_view() -> None:
    link = handout.link("http://127.0.0.1:7860/sub/", 3)
    assert link == "http://127.0.0.1:7860/sub/?tab=learn&lesson=3&step=1"
    svg = handout.qr_code(link)
    assert svg.startswith("<svg") and "http" not in svg and "<script" not in svg


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://a b/", None, "https://x/" * 40])
def test_a_hand_out_needs_the_address_of_a_page(address) -> None:
    with pytest.raises(UserError, match="the address of this page"):
        handout.link(address, 1)


# On the shipped models


@pytest.fixture(scope="module")
def shipped() -> Explorer:
    return Explorer(ROOT / "assets" / "checkpoints", ROOT / "assets" / "clips")


def test_what_the_lessons_try_on_the_shipped_models(shipped: Explorer) -> None:
    handlers, visitor = LearnHandlers(shipped.learn), Visitor()

    def tried(lesson: str, widget: str, number: int = 0) -> dict:
        found = handlers.widget(Event(lesson=lesson, widget=widget, number=number), visitor)
        assert "error" not in found, found
        json.dumps(found, allow_nan=False)
        return found

    pairs = tried("changed", "pair", 1)
    assert pairs["embodiment"] == pairs["robots"][1] and len(pairs["codes"]) == 1
    # centimetres of one gap on a board of 61: a sum of two steps of at most three
    assert len(pairs["command"]) == 2 and 0 < max(map(abs, pairs["command"])) <= 6
    hand = tried("changed", "pair", pairs["robots"].index("hand"))
    assert hand["command"] is None
    guess = tried("changed", "guess")
    assert len(guess["images"]) == len(guess["codes"]) == 4
    plane = tried("inside", "quantize", 2)
    codes, apart = np.array(plane["codes"]), np.array(plane["apart"])
    # distances in the plane and out of it are the true ones between codes
    vectors = _codebook(shipped._checkpoints.get("robots").quantizer)[2]
    centred = vectors - vectors.mean(0)
    assert np.allclose((codes**2).sum(1) + apart**2, (centred**2).sum(1), rtol=1e-3)
    scenes = tried("scenes", "scenes", 3)
    assert scenes["card"]["text"] == "[3,*,*,*]" and scenes["codes"][0] == 3
    words = tried("words", "words")
    assert sum(times for _, times in words["words"]) == len(shipped.atlas.table("robots"))
    dream = tried("dream", "dream")
    assert len(dream["imagined"]) == len(dream["true"]) == len(dream["codes"]) + 1
    assert dream["imagined"][0] == dream["true"][0]
    assert not any(each["psnr"] for each in tried("dream", "judged")["dreams"])
    assert tried("stages", "tables")["methods"][3] == "LAPA"
    # a car: what wheel and pedals were told, and keys whose words are not given away
    car = tried("road", "pair")
    assert car["robots"] == ["car"] and set(car["command"]) == {"steering", "gas", "brake"}
    steer = tried("road", "steer")
    assert steer["options"] == [[0, 6], [1, 1], [1, 3], [5, 5], [7, 4]] and steer["names"] is None


def test_what_passes_through_the_diagram(shipped: Explorer) -> None:
    handlers, visitor = LearnHandlers(shipped.learn), Visitor()
    for lesson in LESSONS:
        told = handlers.pair(Event(lesson=lesson.name, number=0), visitor)
        assert "error" not in told, told
        view = shipped.models.get(lesson.model)
        assert len(told["codes"]) == len(told["latent"]) == view.code_length
        assert told["seconds"] == view.gap_seconds
    told = handlers.pair(Event(lesson="stages", number=0), visitor)
    # the codes are those of exactly this pair, and its own picture is imagined with them
    made = shipped.explore.predict("tabletop", told["clip"], told["index"])
    assert list(made.codes) == told["codes"]
    again = {"lesson": "stages", "clip": told["clip"], "index": told["index"]}
    assert handlers.imagine(Event(**again, codes=told["codes"]), visitor)["image"] == told["image"]
    other = [*told["codes"][:-1], (told["codes"][-1] + 3) % 8]
    assert handlers.imagine(Event(**again, codes=other), visitor)["image"] != told["image"]
    one, two = (handlers.instructed(Event(number=n, wait=True), visitor) for n in (0, 1))
    assert len(one["codes"]) == 4 and one["frame"] == two["frame"] == told["frame"]
    assert (one["codes"], one["command"]) != (two["codes"], two["command"])


def test_every_question_has_one_right_answer_on_the_shipped_models(shipped: Explorer) -> None:
    handlers, visitor = LearnHandlers(shipped.learn), Visitor()
    for lesson in LESSONS:
        asked = handlers.options(Event(lesson=lesson.name), visitor)
        options = asked["options"]
        assert asked["asked"].endswith("?") and len(set(options)) == len(options) > 1
        judged = [
            handlers.check(Event(lesson=lesson.name, chosen=n), visitor)
            for n in range(len(options))
        ]
        assert [each["right"] for each in judged].count(True) == 1
        sheet = handlers.sheet(Event(lesson=lesson.name, address="https://example.org/"), visitor)
        assert judged[sheet["best"]]["right"] and sheet["options"] == options


def test_the_tab_tells_errors_in_one_sentence(shipped: Explorer) -> None:
    handlers, visitor = LearnHandlers(shipped.learn), Visitor()
    for event, words in (
        ({"lesson": "changed", "widget": "nothing"}, "nothing called"),
        ({"lesson": "scenes", "widget": "scenes", "number": 8}, "no code 8"),
        ({"lesson": "inside", "widget": "quantize", "number": 4}, "no position 4"),
        ({"lesson": "changed", "widget": "pair", "number": "x"}, "cannot be read"),
        ({"lesson": "x", "widget": "pair"}, "no lesson"),
    ):
        assert words in handlers.widget(Event(**event), visitor)["error"]
    assert "no lesson" in handlers.options(Event(lesson="x"), visitor)["error"]
    assert "no instruction" in handlers.instructed(Event(number=9, wait=True), visitor)["error"]
    clip = shipped.clips.all("cylinder")[0]
    event = {"lesson": "changed", "clip": clip.id, "index": clip.frames - 1, "codes": [0]}
    assert "has no future" in handlers.imagine(Event(**event), visitor)["error"]
    two = Event(**event | {"index": 0, "codes": [0, 1]})
    assert "1 position, but 2 codes" in handlers.imagine(two, visitor)["error"]
    assert len(handlers.open(Event(), visitor)["lessons"]) == 7


def test_a_lesson_says_which_model_is_missing(tmp_path: Path) -> None:
    explorer = Explorer(tmp_path, ROOT / "assets" / "clips")
    with pytest.raises(UserError, match="about the model eight, which is not here"):
        explorer.learn.pair("changed")
