"""What the codes say: are they used, do they mean the same everywhere, what can be read from them?

Each function makes the Answer of one key from a checkup.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lapa.report.answer import Answer, percent, said, sure, unknown
from lapa.report.scales import scale_of

if TYPE_CHECKING:
    from lapa.evaluation.checkup import Checkup

NO_ACTIONS = (
    "these clips do not carry a robot's actions with an x and a y, so nobody can say what the "
    "robot truly did"
)
FEW_EPISODES = "with so few recordings nothing is left to test on once a part was learnt from"

# pairs for each code of the codebook below which its absence says nothing
ENOUGH = 4


def use(checkup: Checkup) -> Answer:
    codes = checkup.codes.overall
    size, least = len(codes.counts[0]), codes.least_used
    place = codes.used.index(least)
    scale = scale_of("use", codes=size)
    if least < size and codes.pairs < ENOUGH * size:
        return unknown("use", _too_few(codes.pairs, size))
    sentence = said(
        scale,
        least,
        f"Every one of the {size} codes occurs at every position.",
        f"At position {place} {least} of {size} codes ever occur; the others are idle.",
        f"Most of the codebook is idle: at position {place} only {least} of {size} codes ever "
        "occur. This is how a collapsed codebook looks.",
    )
    return Answer(sure(least), scale, sentence)


def perplexity(checkup: Checkup) -> Answer:
    codes = checkup.codes.overall
    size, least = len(codes.counts[0]), codes.least_perplexity
    scale, place = scale_of("perplexity", codes=size), codes.perplexity.index(least)
    if scale.verdict(least) != "good" and codes.pairs < ENOUGH * size:
        return unknown("perplexity", _too_few(codes.pairs, size))
    sentence = said(
        scale,
        least,
        f"The codes share the work: even the least varied position ({place}) is as varied as "
        f"{least:.1f} equally frequent codes.",
        f"A few codes do most of the work at position {place}, which is only as varied as "
        f"{least:.1f} equally frequent codes.",
        f"One or two codes take nearly everything at position {place}; it is only as varied as "
        f"{least:.1f} equally frequent codes.",
    )
    return Answer(sure(least), scale, sentence)


def delta_accuracy(checkup: Checkup) -> Answer:
    if checkup.consistency is None:
        return unknown("delta_accuracy", NO_ACTIONS)
    found = checkup.consistency.overall
    figure, chance = found.delta_accuracy, found.chance
    if math.isnan(figure.value):
        return unknown("delta_accuracy", FEW_EPISODES)
    scale = scale_of("delta_accuracy", chance=chance)
    against = f"{percent(figure.value)} of the directions are guessed right from the codes alone, "
    against += f"{percent(chance)} by always guessing the commonest"
    sentence = said(
        scale,
        figure.value,
        f"Yes: {against}.",
        f"Partly: {against}.",
        f"No: {against}, so the codes say next to nothing about the direction.",
    )
    return Answer(figure, scale, sentence)


def named_motion(checkup: Checkup) -> Answer:
    found = checkup.naming.overall
    figure, scale = found.agreement, scale_of("named_motion")
    if math.isnan(figure.value):
        return unknown("named_motion", FEW_EPISODES)
    against = f"the word fits {percent(figure.value)} of the pairs; the commonest word alone would "
    against += f"fit {percent(found.chance)}"
    sentence = said(
        scale,
        figure.value,
        f"The codes have names: {against}.",
        f"The codes have names that often fail: {against}.",
        f"The codes cannot be named: {against}.",
    )
    return Answer(figure, scale, sentence)


def cosine(checkup: Checkup) -> Answer:
    if checkup.consistency is None:
        return unknown("cosine", NO_ACTIONS)
    figure, scale = checkup.consistency.overall.cosine, scale_of("cosine")
    if math.isnan(figure.value):
        return unknown("cosine", "no two recordings share a code")
    sentence = said(
        scale,
        figure.value,
        "Moments that share a code share their direction.",
        "Moments that share a code move in loosely the same direction.",
        "Moments that share a code move in almost any direction.",
    )
    within = checkup.consistency.mean("cosine")
    if len(checkup.consistency.embodiments) > 1 and math.isfinite(within):
        sentence += (
            f" Moments of different robots count here, whose cameras stand in different places; "
            f"within one robot it is {scale.text(within)} on average."
        )
    return Answer(figure, scale, sentence)


def delta_mse(checkup: Checkup) -> Answer:
    if checkup.consistency is None:
        return unknown("delta_mse", NO_ACTIONS)
    figure, scale = checkup.consistency.overall.delta_mse, scale_of("delta_mse")
    if math.isnan(figure.value):
        return unknown("delta_mse", "the robots do not move in these clips")
    said = max(0.0, 1 - figure.value)
    return Answer(figure, scale, f"One code alone settles {percent(said)} of what the robot does.")


def probe_latent(checkup: Checkup) -> Answer:
    return _probed(checkup, "probe_latent", "latent", "latent")


def probe_codes(checkup: Checkup) -> Answer:
    return _probed(checkup, "probe_codes", "codes", "codes")


def probe_mlp(checkup: Checkup) -> Answer:
    return _probed(checkup, "probe_mlp", "mlp", "latent", reader="a small network")


def _probed(
    checkup: Checkup, key: str, name: str, what: str, *, reader: str = "a straight line"
) -> Answer:
    if checkup.probe is None:
        return unknown(key, NO_ACTIONS)
    figure, scale = getattr(checkup.probe.overall, name), scale_of(key)
    if math.isnan(figure.value):
        return unknown(key, FEW_EPISODES)
    share = f"{reader} from the {what} explains {percent(figure.value)} of the motion"
    no = f"No: {share}."
    if figure.value < 0:
        no = f"No: {reader} from the {what} reads worse than always saying the average."
    sentence = said(scale, figure.value, f"Yes: {share}.", f"Partly: {share}.", no)
    if not getattr(checkup.probe.overall, "learnt_from", 0):
        sentence += (
            " It could learn from the other recordings of these clips only, which underrates the "
            f"{what} where there are few."
        )
    return Answer(figure, scale, sentence)


def divergence(checkup: Checkup) -> Answer:
    figure, scale = checkup.divergence.mean, scale_of("divergence")
    if math.isnan(figure.value):
        return unknown("divergence", "these clips show one embodiment only")
    sentence = said(
        scale,
        figure.value,
        "Yes: the robots use the same codes about equally often.",
        "Mostly: the robots share codes, but each has its favourites.",
        "No: each robot has codes of its own, so a code learnt on one may be new to another.",
    )
    return Answer(figure, scale, sentence)


def _too_few(pairs: int, size: int) -> str:
    return f"{pairs} frame pairs are too few to say that one of {size} codes is never used"
