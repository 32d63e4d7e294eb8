"""What is said of an imagined picture: never praise beside a fog, on every robot that we ship."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from app.core.trust import BLURRED, FAR, LEAST, NOISY, SPREAD, Trust, coloured_of
from app.explorer import Explorer
from app.tabs.imagine.views import DreamStep

PRAISE = "nothing speaks against the"
STEPS = 4
# a robot whose arm leaves trails, and both models of the tabletop
FEW = [("robots", "jaco"), ("eight", "cylinder"), ("tabletop", "hand")]


def test_a_doubt_comes_with_its_step_and_stays() -> None:
    start = Trust()
    good = start.after(0, 1, 0).after(1, 0.9, 0.8)
    assert good == start
    assert good.sentence(1, 0.9, 0.8) == (
        "Up to step 1 nothing speaks against the robot: it looks as in real frames "
        "(0.80, the limit is 1) and keeps 90 % of the first frame's detail."
    )
    odd = good.after(2, 0.9, FAR + 0.01)
    assert odd.after(3, 1, 0.1) == odd and odd.since == 2
    assert odd.sentence(3, 1, 0.1) == (
        "From step 2 on the picture should not be trusted: the robot does not look as it does in "
        "real frames."
    )
    assert "a third of its detail" in good.after(2, BLURRED - 0.01, 0.5).doubt
    assert "was not there" in good.after(2, NOISY + 0.01, 0.5).doubt


def test_where_real_frames_are_not_known_nobody_is_told_to_trust() -> None:
    said = Trust().after(1, 0.9, None).sentence(1, 0.9, None)
    assert PRAISE not in said and "judge by eye" in said and "90 %" in said
    assert "real frame" in Trust().sentence(0, 1, None)


def test_what_is_seen_of_coloured_things_leads_where_it_is_worse() -> None:
    def said(now: float, before: float) -> str:
        return Trust().after(1, 0.9, 0.8).sentence(1, 0.9, 0.8, (now, before))

    assert said(LEAST / 2, LEAST / 2) == Trust().sentence(1, 0.9, 0.8)
    whole = said(0.008, 0.01)
    assert whole.startswith("Up to step 1") and "cover 80 % of the area" in whole
    assert whole.endswith("whether they are whole, judge by eye.")
    for now, before, words in (
        (0.003, 0.01, "cover 30 % of the area that they covered in the first frame: they are hid"),
        (0.03, 0.01, "cover 300 % of the area that they covered in the first frame: they have co"),
        (0, 0.01, "that were there are gone"),
        (0.01, 0, "stand where there were none"),
    ):
        assert said(now, before).startswith("Coloured things") and words in said(now, before)
        assert PRAISE in said(now, before), "of the robot the same can be said"
    doubted = Trust().after(2, 0.1, 0.8).sentence(2, 0.1, 0.8, (0, 0.01))
    assert doubted.startswith("From step 2 on the picture should not be trusted")


def test_of_a_car_the_sentence_speaks_of_the_view() -> None:
    trust = Trust(moves="car")
    said = trust.sentence(1, 0.9, 0.8, (0.5, 0.1))
    assert (
        said.startswith("Up to step 1 nothing speaks against the changed part of the view: it lo")
        and "Coloured" not in said
    )
    assert trust.after(2, 0.1, 0.8).doubt.startswith("the changed part of the view has lost more ")


def test_a_road_that_is_plainly_there_is_not_doubted(shipped: Explorer) -> None:
    """What changes in a driving picture is nearly everything, and a speedometer's edge outweighs
    all of it where squares are summed: driving on kept 0.6 of its detail at once."""
    clip = shipped.clips.all("car")[0]
    on = next(key for key in shipped.imagine.keys("drive", "car") if key.name == "up")
    dream = shipped.imagine.begin("drive", clip.id, clip.frames // 3, "me")
    for _ in range(STEPS):
        shipped.imagine.step("me", on.codes)
    assert all(PRAISE in step.says and step.sharpness > 0.85 for step in dream.line[1:])


@pytest.mark.parametrize(
    ("drawn", "begins"),
    [
        ({70: 1.0}, "Up to step 1"),
        ({40: 0.3, 50: 0.3, 60: 0.3, 70: 0.3}, "Coloured things that were there are gone"),
        ({50: 1.0, 60: 1.0, 70: 1.0}, "Coloured things that changed cover 300 %"),
    ],
)
def test_a_smeared_block_beside_an_intact_robot_is_seen(drawn, begins) -> None:
    """A grey arm moves. The block that it pushes is drawn whole; thin over its way; or three
    times."""
    block, table = np.array([220, 40, 40]), 60
    first, frame = (np.full((128, 128, 3), table, np.uint8) for _ in range(2))
    first[20:80, 30:44] = frame[20:80, 60:74] = 190
    first[80:90, 40:50] = block
    for at, share in drawn.items():
        frame[80:90, at : at + 10] = share * block + (1 - share) * table
    said = Trust().sentence(1, 0.9, 0.8, coloured_of(frame, first))
    assert said.startswith(begins) and PRAISE in said


@pytest.fixture(scope="module")
def shipped(root: Path) -> Explorer:
    return Explorer(root / "assets" / "checkpoints", root / "assets" / "clips")


@pytest.mark.parametrize(("model", "body"), FEW)
def test_the_sentence_holds_to_the_measure(shipped: Explorer, model: str, body: str) -> None:
    hold_together(shipped, model, body, most=1)


@pytest.mark.slow
def test_every_robot_in_every_learned_direction(shipped: Explorer) -> None:
    seen = 0
    for model in shipped.models.all():
        for body in shipped.clips.embodiments(shipped.models.get(model.name)):
            seen += hold_together(shipped, model.name, body)
    assert seen >= 80


def hold_together(shipped: Explorer, model: str, body: str, most: int | None = None) -> int:
    """Drives a robot in every direction that was learned, or in the first `most` of them; returns
    how many there were."""
    clip = shipped.clips.all(body)[0]
    pushes = shipped.models.get(model).moves == "robot"
    keys = [key for key in shipped.imagine.keys(model, body) if key.name != "stay"][:most]
    for key in keys:
        dream = shipped.imagine.begin(model, clip.id, clip.frames // 3, "me")
        for _ in range(STEPS):
            shipped.imagine.step("me", key.codes)
        told = f"{model} {body} {key.name}"
        doubted = False
        for step in dream.line[1:]:
            assert step.distance is not None, f"{told}: no real frames are known"
            inside = step.distance <= FAR and BLURRED <= step.sharpness <= NOISY
            doubted = doubted or not inside
            assert (PRAISE in step.says) is not doubted, told
            now, before = step.coloured
            many, few = max(now, before), min(now, before)
            apart = pushes and many >= LEAST and many > SPREAD * few
            assert step.says.startswith("Coloured") is (apart and not doubted), told
        for worse in (fog, ghost):
            spoilt = spoilt_line(shipped, model, clip.id, key.codes, worse)
            praised = [step.step for step in spoilt[1:] if PRAISE in step.says]
            assert not praised, f"{told}: {worse.__name__} is praised at {praised}"
    return len(keys)


def spoilt_line(shipped: Explorer, model: str, clip_id: str, codes, worse) -> list[DreamStep]:
    """The same dream by a decoder that draws the robot as `worse` does."""
    dream = shipped.imagine.begin(model, clip_id, shipped.clips.get(clip_id).frames // 3, "me")
    world = dream.world
    world._quantizer = Spoilt(world._quantizer, dream.steps[0].image, worse)
    for _ in range(STEPS):
        shipped.imagine.step("me", codes)
    return dream.line


class Spoilt:
    """A quantizer whose pictures are made worse where they differ from the first."""

    def __init__(self, quantizer, first: np.ndarray, worse) -> None:
        self._quantizer, self._first, self._worse = quantizer, first, worse

    def __getattr__(self, name: str):
        return getattr(self._quantizer, name)

    def decode(self, frame: np.ndarray, codes: np.ndarray, **more) -> np.ndarray:
        image = self._quantizer.decode(frame, codes, **more)
        if image.ndim == 3:
            return self._worse(image, self._first)
        return np.stack([self._worse(each, self._first) for each in image])


def fog(image: np.ndarray, first: np.ndarray) -> np.ndarray:
    """What moved is blurred over a twelfth of the side."""
    blurred = np.array(Image.fromarray(image).filter(ImageFilter.GaussianBlur(len(image) / 24)))
    return np.where(moved(image, first), blurred, image)


def ghost(image: np.ndarray, first: np.ndarray) -> np.ndarray:
    """What moved stands three times in the picture, each as thin as a third."""
    wide = len(image) // 12
    three = np.mean([image, np.roll(image, wide, 1), np.roll(image, -wide, 1)], 0)
    return np.where(moved(image, first), three, image).astype(np.uint8)


def moved(image: np.ndarray, first: np.ndarray) -> np.ndarray:
    """(h, w, 1) bool: around what differs by more than 20 grey levels."""
    odd = np.abs(image.astype(int) - first).max(2) > 20
    wide = (
        Image.fromarray(odd).convert("L").filter(ImageFilter.MaxFilter(2 * (len(image) // 24) + 1))
    )
    return np.array(wide)[..., None] > 0
