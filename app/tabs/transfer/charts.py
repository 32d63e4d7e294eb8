"""The chart of Transfer: every embodiment's latent actions on every other's frames."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from app.tabs.transfer import words as say
from app.tabs.transfer.views import TransferCell, TransferMatrix
from app.web.charts import heat_map


def matrix_map(matrix: TransferMatrix) -> go.Figure:
    """Mean cosines of the motions; rows give the latent action, columns the frame."""
    names = matrix.embodiments
    cells = {(cell.source, cell.target): cell for cell in matrix.cells}
    table = [[cells.get((source, target)) for target in names] for source in names]
    return heat_map(
        names,
        names,
        [[_cosine(cell) for cell in row] for row in table],
        words=[[_word(cell) for cell in row] for row in table],
        hover=[["" if cell is None else _hover(cell) for cell in row] for row in table],
        highest=1,
        both_ways=True,
    )


def _cosine(cell: TransferCell | None) -> float | None:
    return None if cell is None or math.isnan(cell.cosine) else cell.cosine


def _word(cell: TransferCell | None) -> str:
    known = _cosine(cell)
    return "·" if known is None else _signed(known)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _hover(cell: TransferCell) -> str:
    interval = "" if math.isnan(cell.low) else f" ({_signed(cell.low)} to {_signed(cell.high)})"
    cosine = "not known" if _cosine(cell) is None else _signed(cell.cosine) + interval
    return say.CELL.format(
        source=cell.source,
        target=cell.target,
        cosine=cosine,
        pairs=cell.pairs,
        same_code=100 * cell.same_code,
    )
