"""Pure: transfers -> plain JSON records for the browser."""

from __future__ import annotations

from typing import Any

from app.core.codes import latent_action
from app.tabs.transfer.views import (
    Carried,
    CarriedRow,
    KnownPair,
    Moving,
    TransferCell,
    TransferExample,
    TransferMatrix,
)
from app.web.records import data_url, rounded

Record = dict[str, Any]


def carried_record(carried: Carried) -> Record:
    """A latent action and what it does on every embodiment."""
    return {
        "codes": list(carried.codes),
        "text": latent_action(carried.codes),
        "embodiment": carried.embodiment,
        "frame": moving_record(carried.frame),
        "future": data_url(carried.future),
        "aspect": round(carried.aspect, 4),
        "gain": rounded(carried.gain),
        "sentence": carried.sentence,
        "rows": [_row(row) for row in carried.rows],
    }


def matrix_record(matrix: TransferMatrix, note: str = "") -> Record:
    """All cells of a matrix, without their examples. note: what else is to be said of it."""
    return {
        "embodiments": list(matrix.embodiments),
        "command": matrix.command,
        "note": note,
        "cells": [_cell(cell) for cell in matrix.cells],
    }


def examples_record(
    cell: TransferCell, best: list[TransferExample], worst: list[TransferExample]
) -> Record:
    """A cell and its examples in pictures."""
    return {
        **_cell(cell),
        "best": [_example(each) for each in best],
        "worst": [_example(each) for each in worst],
    }


def moving_record(moving: Moving) -> Record:
    """A picture with its arrow: where it begins and how far it goes, in shares of the side."""
    return {
        "image": data_url(moving.image),
        "vector": [round(float(each), 4) for each in moving.vector],
        "centre": [round(float(each), 4) for each in moving.centre],
    }


def _row(row: CarriedRow) -> Record:
    return {
        "embodiment": row.embodiment,
        "c": row.clip_id,
        "f": row.index,
        "aspect": round(row.aspect, 4),
        "frame": moving_record(row.frame),
        "images": [data_url(image) for image in row.images],
        "cosine": round(row.cosine, 3),
        "verdict": row.verdict,
        "returned": latent_action(row.returned),
        "gain": rounded(row.gain),
    }


def known_record(pair: KnownPair) -> Record:
    """A real pair whose codes are near."""
    return {
        "c": pair.clip_id,
        "f": pair.index,
        "text": latent_action(pair.codes),
        "differ": pair.differ,
        "cosine": round(pair.cosine, 3),
        "frame": moving_record(pair.frame),
        "future": data_url(pair.future),
    }


def _cell(cell: TransferCell) -> Record:
    return {
        "from": cell.source,
        "to": cell.target,
        "pairs": cell.pairs,
        "cosine": rounded(cell.cosine),
        "interval": [rounded(cell.low), rounded(cell.high)],
        "same": rounded(cell.same_code),
    }


def _example(example: TransferExample) -> Record:
    return {
        "c": example.clip_id,
        "f": example.index,
        "onto": example.onto,
        "at": example.at,
        "text": latent_action(example.codes),
        "cosine": round(example.cosine, 3),
        "frame": moving_record(example.frame),
        "future": data_url(example.future),
        "target": moving_record(example.target),
        "imagined": data_url(example.imagined),
    }
