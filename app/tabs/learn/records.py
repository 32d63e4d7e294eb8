"""Views of the lessons -> plain records for the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.core.codes import latent_action
from app.tabs.learn.lesson import Lesson
from app.tabs.learn.views import Dream, Guess, Instructed, Pair, Plane, Steered, Swap
from app.web.records import data_url

Record = dict[str, Any]


def lesson_record(lesson: Lesson) -> Record:
    """A lesson in words, without its question, which hangs on the models."""
    return {
        "name": lesson.name,
        "title": lesson.title,
        "model": lesson.model,
        "minutes": lesson.minutes,
        "goal": lesson.goal,
        "source": lesson.source,
        "discuss": lesson.discuss,
        "mistake": lesson.mistake,
        "question": {"widget": lesson.question.widget, "lit": list(lesson.question.lit)},
        "steps": [
            {
                "title": each.title,
                "text": list(each.text),
                "lit": list(each.lit),
                "widget": each.widget,
                "note": each.note,
            }
            for each in lesson.steps
        ],
    }


def pair_record(pair: Pair, names: Record | None = None) -> Record:
    """A pair on its way through stage one. names: of this robot's codes."""
    return {
        "clip": pair.clip_id,
        "index": pair.index,
        "embodiment": pair.embodiment,
        "instruction": pair.instruction,
        "frame": data_url(pair.frame),
        "future": data_url(pair.future),
        "image": data_url(pair.image),
        "codes": list(pair.codes),
        "latent": np.round(pair.latent, 2).tolist(),
        "seconds": pair.seconds,
        "aspect": round(pair.aspect, 4),
        "command": _command(pair.command),
        "names": names,
    }


def guess_record(guess: Guess) -> Record:
    """A pair and what some codes imagine, without saying which is its own."""
    return {
        "frame": data_url(guess.pair.frame),
        "future": data_url(guess.pair.future),
        "aspect": round(guess.pair.aspect, 4),
        "codes": list(guess.options),
        "images": [data_url(image) for image in guess.images],
    }


def swap_record(swap: Swap, values: int) -> Record:
    """A word of which one may try other codes."""
    return {**pair_record(swap.pair), "values": values}


def plane_record(plane: Plane, positions: int) -> Record:
    """A codebook in the plane."""
    rounded = {name: np.round(part, 4).tolist() for name, part in vars(plane).items()}
    return {"positions": positions, **rounded}


def dream_record(dream: Dream) -> Record:
    """A dream beside the truth."""
    return {
        "embodiment": dream.embodiment,
        "imagined": [data_url(image) for image in dream.imagined],
        "true": [data_url(image) for image in dream.true],
        "codes": [list(codes) for codes in dream.codes],
        "psnr": [round(each, 2) for each in dream.psnr],
        "copy": [round(each, 2) for each in dream.copy_psnr],
    }


def steered_record(steered: Steered) -> Record:
    """A pair and the latent actions to press, without saying which is asked for, nor what they are
    called."""
    return {**pair_record(steered.pair), "options": [list(codes) for codes in steered.options]}


def instructed_record(told: Instructed) -> Record:
    """A frame and an instruction on their way through stages two and three."""
    return {
        "instruction": told.instruction,
        "frame": data_url(told.frame),
        "codes": list(told.codes),
        "text": latent_action(told.codes),
        "image": data_url(told.image),
        "command": _centimetres(told.command),
    }


def _command(told: Mapping[str, float] | None) -> Any:
    """Centimetres to the right and up, or what wheel and pedals were told, by name."""
    if told is None or "right" not in told:
        return told and {name: round(value, 2) for name, value in told.items()}
    return _centimetres((told["right"], told["up"]))


def _centimetres(metres: tuple[float, float]) -> list[float]:
    """To the right and up, to a millimetre."""
    return [round(100 * part, 1) for part in metres]
