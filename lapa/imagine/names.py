"""What does this code do? A word for every code, from what real frame pairs with it did.

A pair goes one of eight ways in the picture, or stays: the direction of what truly moved between
its frames, in steps of 45°. A car is told by its driver where to go, and has the same eight ways in
words of its own. A code is named after the mean motion of the pairs that have it at its position,
where at least half of them went that way themselves. Of a whole latent action the effects of its
codes are added; which words the sum may be given was tried on pairs of other episodes. Where at
least half of a latent action's pairs closed a gripper, or opened it, it says so, too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from lapa.data.directions import STILL_BELOW, sectors
from lapa.evaluation import ridge
from lapa.evaluation.codes import one_hot
from lapa.evaluation.flow import LEAST
from lapa.evaluation.folds import predict_out_of_fold
from lapa.imagine.keys import Codes, Moves

# by the number of their sector, clockwise as x grows to the right and y down
WORDS = (
    "right", "down-right", "down", "down-left", "left", "up-left", "up", "up-right", "stays",
)  # fmt: skip
# what they are called of a car (lapa/evaluation/driven.py)
DRIVEN = {
    "right": "steers right",
    "down-right": "brakes, steers right",
    "down": "brakes",
    "down-left": "brakes, steers left",
    "left": "steers left",
    "up-left": "speeds up, steers left",
    "up": "speeds up",
    "up-right": "speeds up, steers right",
    "stays": "straight on",
}
# what a gripper does that is told to close, and to open
GRIPS = {"closes": 1, "opens": -1}
# a quarter of a command's range of −1 to 1; what changes by less only trembles
GRIPPED = 0.5
# all embodiments together: for a robot that was not measured
EVERYONE = ""
# of ten pairs that do one of nine things by chance, half agree on some word for one code in forty;
# of five pairs, for one in ten. And the pairs of one episode are one motion seen many times.
PAIRS, EPISODES = 10, 2
# at least this share of the pairs did what the word says
AGREE = 0.5


@dataclass(frozen=True)
class Witness:
    """What bears a word out: of so many real frame pairs, so many did what it says."""

    pairs: int
    agree: int
    episodes: int

    @property
    def enough(self) -> bool:
        """Whether the word may be said."""
        many = self.pairs >= PAIRS and self.episodes >= EPISODES
        return many and self.agree >= AGREE * self.pairs


@dataclass(frozen=True)
class Name:
    """A code at a position. word: of the mean motion, one of WORDS. right, down: that motion, as a
    share of the frame's side; 0, and "stays", where no pair has the code."""

    word: str
    witness: Witness
    right: float
    down: float


@dataclass(frozen=True)
class Names:
    """The names of one embodiment's codes.

    codes: position -> code -> its name. still: a motion up to this share of the side stays.
    base (2,), effects (S, K, 2): the motion that a latent action of any codes has by their sum,
    base + Σ effects[position][code]. sums: word -> how it fared where a sum had it, on pairs of
    episodes that the sums were not learnt from. grips: latent action -> the word of GRIPS that
    enough of its pairs bear out. driven: whether it is a car's, whose words are told as DRIVEN has
    them.
    """

    codes: tuple[tuple[Name, ...], ...]
    still: float
    base: np.ndarray
    effects: np.ndarray
    sums: dict[str, Witness]
    grips: dict[Codes, tuple[str, Witness]]
    driven: bool = False

    def sum(self, codes: Sequence[int]) -> str:
        """The word of a whole latent action's summed effects, one of WORDS."""
        motion = self.base + sum(self.effects[place, code] for place, code in enumerate(codes))
        return str(_words(motion[None], self.still)[0])


def learn_names(
    moves: Mapping[str, Moves], codebook_size: int, driven: Collection[str] = ()
) -> dict[str, Names]:
    """Names by embodiment, and those of all of them together by EVERYONE. driven: which of the
    embodiments are cars."""
    everyone = Moves.join(list(moves.values()))
    cars = {*driven, EVERYONE} if set(driven) >= set(moves) else set(driven)
    return {
        name: replace(_names(own, codebook_size), driven=name in cars)
        for name, own in {EVERYONE: everyone, **moves}.items()
    }


def as_json(names: Mapping[str, Names]) -> dict[str, Any]:
    """The names as plain values, rounded; `named`: whether the word may be said; `says`: what each
    word is called, where that is not the word itself."""
    return {
        body: {
            **({"says": DRIVEN} if own.driven else {}),
            "still": round(own.still, 5),
            "base": own.base.round(5).tolist(),
            "effects": own.effects.round(5).tolist(),
            "sums": {word: _witness(witness) for word, witness in own.sums.items()},
            "grips": {
                ".".join(map(str, codes)): {"word": word, **_witness(witness)}
                for codes, (word, witness) in own.grips.items()
            },
            "codes": [
                [
                    {
                        "word": name.word,
                        **_witness(name.witness),
                        "right": round(name.right, 5),
                        "down": round(name.down, 5),
                    }
                    for name in position
                ]
                for position in own.codes
            ],
        }
        for body, own in names.items()
    }


def _names(moves: Moves, values: int) -> Names:
    typical = float(np.sqrt(np.square(moves.motion).sum(1).mean()))
    # where next to nothing moves at all, half a pixel is no direction either
    still = max(STILL_BELOW * typical, LEAST)
    own, places = _words(moves.motion, still), range(moves.codes.shape[1])
    codes = tuple(
        tuple(_name(moves, own, moves.codes[:, place] == code, still) for code in range(values))
        for place in places
    )
    inputs = one_hot(moves.codes, values)
    lesson = inputs, moves.motion, moves.episode
    # no code, and each code alone: the sum is linear
    asked = np.vstack([np.zeros((1, inputs.shape[1])), np.eye(inputs.shape[1])])
    base, *alone = ridge.predict(*lesson, asked)
    summed = predict_out_of_fold(ridge.predict, *lesson)
    return Names(
        codes=codes,
        still=still,
        base=base,
        effects=(np.array(alone) - base).reshape(len(places), values, 2),
        sums=_sums(moves, own, summed, still),
        grips=_grips(moves),
    )


def _grips(moves: Moves) -> dict[Codes, tuple[str, Witness]]:
    """The latent actions whose pairs say what the gripper does; of no single code do as many."""
    known = np.isfinite(moves.grip)
    every, which = np.unique(moves.codes[known], axis=0, return_inverse=True)
    grip, episode, which = moves.grip[known], moves.episode[known], which.ravel()
    found = {}
    for number, codes in enumerate(every):
        rows = which == number
        for word, sign in GRIPS.items():
            agree = int((sign * grip[rows] >= GRIPPED).sum())
            witness = Witness(int(rows.sum()), agree, len(np.unique(episode[rows])))
            if witness.enough:
                found[tuple(map(int, codes))] = word, witness
    return found


def _name(moves: Moves, own: np.ndarray, rows: np.ndarray, still: float) -> Name:
    """The name of the code that the rows (N,) bool have; own (N,): each pair's word."""
    if not rows.any():
        return Name(WORDS[-1], Witness(0, 0, 0), 0.0, 0.0)
    mean = moves.motion[rows].mean(0)
    word = str(_words(mean[None], still)[0])
    return Name(word, _witnessed(moves, own, rows, word), *map(float, mean))


def _sums(moves: Moves, own: np.ndarray, summed: np.ndarray, still: float) -> dict[str, Witness]:
    """How each word fared that the sums (N, 2) were given."""
    known = np.isfinite(summed).all(1)
    said = np.where(known, _words(np.nan_to_num(summed), still), "")
    return {word: _witnessed(moves, own, said == word, word) for word in WORDS if word in said}


def _witnessed(moves: Moves, own: np.ndarray, rows: np.ndarray, word: str) -> Witness:
    episodes = len(np.unique(moves.episode[rows]))
    return Witness(int(rows.sum()), int((own[rows] == word).sum()), episodes)


def _words(motion: np.ndarray, still: float) -> np.ndarray:
    """The words (N,) of motions (N, 2) to the right and down; still: up to here it stays."""
    words: np.ndarray = np.array(WORDS)[sectors(motion, still / STILL_BELOW)]
    return words


def _witness(witness: Witness) -> dict[str, Any]:
    return {**asdict(witness), "named": witness.enough}
