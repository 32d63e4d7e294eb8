"""What the lessons' questions ask of the models at hand, computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.core.limits import UserError
from app.tabs.atlas.service import effect
from app.tabs.atlas.views import AtlasTable
from app.tabs.learn import words as say
from app.tabs.learn.views import Dream, Guess, Instructed, Plane, Steered, Swap

# clockwise from the right, as y grows down
WAYS = ("right", "down-right", "down", "down-left", "left", "up-left", "up", "up-right")
# shares of the frame's side below which a mean motion has no direction
HARDLY = 0.004
# real pairs of a robot with a code, and robots, from which a code may be asked for
PAIRS, ROBOTS, AGREE = 20, 3, 0.8
# directions that nobody takes for one another: the next but one of eight, less half a step
APART = np.deg2rad(67.5)
OPTIONS = 4


def of_guess(guess: Guess) -> dict[str, Any]:
    """Which code was read off a pair."""
    code = guess.pair.codes[0]
    best = guess.options.index(code)
    return {"codes": list(guess.options), "code": code, "nearest": guess.nearest, "best": best}


def of_plane(plane: Plane) -> dict[str, Any]:
    """How far the asked point lies from the codes: the nearest, the mean, the farthest."""
    far = np.sqrt(np.square(plane.codes - plane.asked).sum(1) + plane.apart**2)
    lengths = sorted({round(float(each), 2) for each in (0, far.min(), far.mean(), far.max())})
    nearest = round(float(far.min()), 2)
    return {"lengths": lengths, "code": int(far.argmin()), "best": lengths.index(nearest)}


def of_directions(table: AtlasTable) -> dict[str, Any]:
    """A direction in which one code of the first position moves the robots, and codes that do not.

    Raises:
        UserError: the robots agree on the direction of no code, or all codes go one way.
    """
    known = {code: arrow for code in range(_values(table)) if (arrow := _arrow(table, code))}
    sure = {code: arrow for code, arrow in known.items() if arrow[1] >= AGREE}
    right = max(sure, key=lambda code: sure[code][1], default=None)
    if right is None:
        raise UserError(say.NO_DIRECTION)
    angle, agree = sure[right]
    apart = {code: abs(_turn(other[0] - angle)) for code, other in known.items()}
    others = sorted((code for code in apart if apart[code] >= APART), key=lambda code: -apart[code])
    if not others:
        raise UserError(say.ONE_DIRECTION)
    codes = sorted([right, *others[: OPTIONS - 1]])
    way = WAYS[round(angle / (np.pi / 4)) % 8]
    return {"way": way, "codes": codes, "agree": agree, "best": codes.index(right)}


def _values(table: AtlasTable) -> int:
    return int(table.about.get("codebook_size", 8))


def _turn(angle: float) -> float:
    """The same turn between -pi and pi."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)


def _arrow(table: AtlasTable, code: int) -> tuple[float, float] | None:
    """The mean direction of the robots' own mean motions, as an angle that grows clockwise, and how
    far they agree; None where too few robots move."""
    rows = np.flatnonzero(table.codes[:, 0] == code)
    found = []
    for number, name in enumerate(table.embodiments):
        own = rows[table.embodiment[rows] == number]
        motion = effect(name, table.motion[own]).motion if len(own) >= PAIRS else (0.0, 0.0)
        if (length := float(np.hypot(*motion))) > HARDLY:
            found.append(np.array(motion) / length)
    if len(found) < ROBOTS:
        return None
    right, down = np.mean(found, 0)
    return float(np.arctan2(down, right)), float(np.hypot(right, down))


def of_swap(swap: Swap) -> dict[str, Any]:
    """At which position another code changes a picture most."""
    return {"changes": list(swap.changes), "best": int(np.argmax(swap.changes))}


def of_dreams(dreams: Sequence[Dream]) -> dict[str, Any]:
    """Which dream ends nearest to the truth, in dB."""
    ends = [dream.psnr[-1] for dream in dreams]
    robots = [dream.embodiment for dream in dreams]
    return {"robots": robots, "psnr": ends, "best": int(np.argmax(ends))}


def of_steered(steered: Steered) -> dict[str, Any]:
    """Which latent action steers to the left."""
    return {"options": steered.options, "best": steered.left, "note": steered.note}


def of_instructed(every: Sequence[Instructed]) -> dict[str, Any]:
    """How many different latent actions and commands the instructions of one frame bring about."""
    codes, commands = ({getattr(each, part) for each in every} for part in ("codes", "command"))
    changes = len(codes) > 1 or len(commands) > 1
    return {
        "instructions": len(every),
        "codes": len(codes),
        "commands": len(commands),
        # of the options: what stages two and three make of it; nothing
        "best": 1 if changes else 3,
    }


def word_counts(codes: np.ndarray) -> list[tuple[str, int]]:
    """Every latent action that occurs, as its digits "3106", and how often; the most frequent
    first. codes: (N, S)."""
    words, counts = np.unique(codes, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [("".join(map(str, words[row])), int(counts[row])) for row in order]
