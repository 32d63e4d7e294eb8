"""What the imagined frames show: do they move, do they leak, stand still, last and carry over?

Each function makes the Answer of one key from a checkup.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from lapa.report.answer import Answer, not_asked, percent, said, sure, unknown
from lapa.report.scales import SCALES, scale_of

# more detail than this times the true frame's is noise: in one picture, and at the end of a dream
NOISY, NOISIER = 1.15, 1.5

if TYPE_CHECKING:
    from lapa.evaluation.checkup import Checkup


def pictured(answer: Callable[[Checkup], Answer]) -> Callable[[Checkup], Answer]:
    """The answer of a measure that needs pictures; not asked where the model draws none."""

    def asked(checkup: Checkup) -> Answer:
        return answer(checkup) if checkup.draws else not_asked(answer.__name__)

    return asked


def ratio(checkup: Checkup) -> Answer:
    figure, scale = checkup.reconstruction.overall.ratio, scale_of("ratio")
    if math.isnan(figure.value):
        return unknown("ratio", "nothing moves in these clips")
    share = f"its error is {percent(figure.value)} of the error of not moving at all"
    sentence = said(
        scale,
        figure.value,
        f"Yes, clearly: {share}.",
        f"It moves the right way: {share}, and the rest of the motion is missing or blurred.",
        f"Hardly: {share}, which the average motion alone could reach."
        if figure.value < 1
        else f"No: {share}. Leaving the picture alone would be nearer to the truth.",
    )
    chance = checkup.reconstruction.overall.random_ratio.value
    if math.isfinite(chance):
        sentence += f" With random codes it is {percent(chance)}"
        near = chance - figure.value < 0.1
        sentence += ": nearly the same, so this figure proves nothing here." if near else "."
    return Answer(figure, scale, sentence)


def ratio_worst(checkup: Checkup) -> Answer:
    groups = checkup.reconstruction.embodiments
    known = {name: each.ratio for name, each in groups.items() if math.isfinite(each.ratio.value)}
    if not known:
        return unknown("ratio_worst", "nothing moves in these clips")
    name = max(known, key=lambda each: known[each].value)
    figure, scale = known[name], scale_of("ratio_worst")
    if len(groups) == 1:
        return Answer(figure, scale, f"The clips show one embodiment only, {name}.")
    sentence = said(
        scale,
        figure.value,
        f"Even {name}, which is imagined worst, moves the right way.",
        f"{name} is imagined worst: it moves the right way, but much of the motion is missing.",
        f"{name} is not understood: its picture gets no nearer to the truth than standing still.",
    )
    return Answer(figure, scale, sentence)


def random_ratio(checkup: Checkup) -> Answer:
    figure, scale = checkup.reconstruction.overall.random_ratio, scale_of("random_ratio")
    if math.isnan(figure.value):
        return unknown("random_ratio", "nothing moves in these clips")
    share = f"with random codes the error is {percent(figure.value)} of that of not moving"
    sentence = said(
        scale,
        figure.value,
        f"As it should be: {share}, so wrong codes do not help.",
        f"A little suspicious: {share}, so even wrong codes help.",
        f"Suspicious: {share}. What is painted there helps with any codes, as fog does.",
    )
    return Answer(figure, scale, sentence)


def moving_sharpness(checkup: Checkup) -> Answer:
    figure, scale = checkup.picture.overall.sharpness, scale_of("moving_sharpness")
    if math.isnan(figure.value):
        return unknown("moving_sharpness", "nothing moves in these clips")
    share = f"where something moves the picture has {percent(figure.value)} of the true detail"
    noisy = figure.value > NOISY
    sentence = said(
        scale,
        figure.value,
        f"Too much of it is noise: {share}." if noisy else f"A picture: {share}.",
        f"Blurred: {share}.",
        f"Fog: {share}.",
    )
    return Answer(figure, scale, sentence, "fair" if noisy else "")


def feature_distance(checkup: Checkup) -> Answer:
    figure, scale = checkup.picture.overall.feature_distance, scale_of("feature_distance")
    if math.isnan(figure.value):
        return unknown("feature_distance", "nothing moves in these clips")
    share = f"to a network that knows photographs it is {percent(figure.value)} as far from the "
    share += "truth as the old frame"
    sentence = said(
        scale,
        figure.value,
        f"It looks right: {share}.",
        f"It looks nearer to the truth than the old frame, but not like it: {share}.",
        f"It does not look right: {share}.",
    )
    return Answer(figure, scale, sentence)


def distinctness(checkup: Checkup) -> Answer:
    figure, scale = checkup.distinctness.overall.distinctness, scale_of("distinctness")
    if math.isnan(figure.value):
        return unknown("distinctness", "nothing moves in these clips")
    share = f"two pictures of a sweep differ by {percent(figure.value)} of what a real move changes"
    sentence = said(
        scale,
        figure.value,
        f"The codes can be told apart: {share}.",
        f"The codes can be told apart by looking closely: {share}.",
        f"The codes look alike: {share}.",
    )
    return Answer(figure, scale, sentence)


def delta_psnr(checkup: Checkup) -> Answer:
    figure, scale = checkup.control.overall.delta_psnr, scale_of("delta_psnr")
    sentence = said(
        scale,
        figure.value,
        f"Yes: the right codes make the picture {figure.value:.1f} dB better than random ones.",
        f"Somewhat: the right codes make the picture {figure.value:.1f} dB better than random "
        "ones, so they steer it, but not strongly.",
        f"Hardly: the right codes make a difference of {figure.value:.1f} dB against random ones. "
        "The decoder nearly ignores them.",
    )
    return Answer(figure, scale, sentence)


def leak(checkup: Checkup) -> Answer:
    if checkup.leak is None or math.isnan(checkup.leak.overall.foreign_gain.value):
        return unknown("leak", "there is no second recording to take a scene from")
    found, scale = checkup.leak.overall, scale_of("leak")
    figure = found.foreign_gain
    gain = f"the codes of a foreign scene bring the picture {abs(figure.value):.1f} dB "
    gain += "nearer to it" if figure.value > 0 else "further away from it"
    sentence = said(
        scale,
        figure.value,
        f"No: {gain}, which is next to nothing." if figure.value > 0 else f"No: {gain}.",
        f"A little: {gain}.",
        f"Yes: {gain}. The codes carry how the scene looks, not only what moves.",
    )
    return Answer(figure, scale, sentence)


def s_pcfc(checkup: Checkup) -> Answer:
    if checkup.leak is None or math.isnan(checkup.leak.overall.s_pcfc.value):
        return unknown(
            "s_pcfc",
            "no recording is long enough for a past and a future with latents of their own",
        )
    figure, scale = checkup.leak.overall.s_pcfc, scale_of("s_pcfc")
    sentence = said(
        scale,
        figure.value,
        "Past and future of a moment have different latents, as opposite motions should.",
        "Past and future of a moment have nearly the same latent: much of it is the scene.",
        "Past and future of a moment have the same latent: it holds the scene, not the motion.",
    )
    return Answer(figure, scale, sentence)


def no_op(checkup: Checkup) -> Answer:
    found, scale, kept = checkup.no_op.overall, scale_of("no_op"), SCALES["kept"]
    share, quality = found.share, found.kept.value
    worse = kept.verdict(quality)
    picture = {
        "good": f"and it leaves the picture as it is ({kept.text(quality)})",
        "fair": f"and it nearly leaves the picture as it is ({kept.text(quality)})",
        "poor": f"but it changes the picture ({kept.text(quality)})",
    }[worse]
    sentence = said(
        scale,
        share.value,
        f"Yes: {percent(share.value)} of all standing frames get one and the same code, {picture}.",
        f"Mostly: {percent(share.value)} of all standing frames get the commonest code, {picture}.",
        f"No: standing frames get many codes, the commonest {percent(share.value)}, {picture}.",
    )
    return Answer(share, scale, sentence, worse)


def drift(checkup: Checkup) -> Answer:
    if checkup.drift is None:
        return unknown("drift", "no recording is long enough to dream along with")
    found = checkup.drift.overall
    scale, gain = scale_of("drift", steps=found.steps), found.gain
    whole = found.trusted_until >= found.steps
    length = f"all {found.steps}" if whole else f"{found.trusted_until} of {found.steps}"
    lead = said(scale, found.trusted_until, "Long", "A while", "Not long")
    sentence = (
        f"{lead}: for {length} steps the dream stays nearer to the truth than the first frame is, "
        f"where the robot is; "
        f"over all steps it is {abs(gain.value):.1f} dB {'better' if gain.value >= 0 else 'worse'}."
    )
    if math.isfinite(gain.low) and gain.low < 0 < gain.high:
        sentence += " How sure: the interval of that gain reaches across 0."
    if found.shortened > 0:
        share = percent(found.shortened)
        sentence += f" In {share} of the recordings the steps had to be shorter than the gap."
    return Answer(sure(float(found.trusted_until)), scale, sentence)


def sharpness(checkup: Checkup) -> Answer:
    if checkup.drift is None or math.isnan(checkup.drift.overall.sharpness_at.value):
        return unknown("sharpness", "no recording is long enough to dream along with")
    found, scale = checkup.drift.overall, scale_of("sharpness")
    figure, step = found.sharpness_at, min(found.steps, 16)
    noisy = figure.value > NOISIER
    sentence = said(
        scale,
        figure.value,
        f"At step {step} the robot keeps {percent(figure.value)} of the edges of the truth."
        + (" That much more is noise." if noisy else ""),
        f"At step {step} the dream is blurred: it keeps {percent(figure.value)} of the edges.",
        f"At step {step} the dream is a blur: it keeps {percent(figure.value)} of the edges.",
    )
    return Answer(figure, scale, sentence, "fair" if noisy else "")


def transfer(checkup: Checkup) -> Answer:
    found, scale = checkup.transfer, scale_of("transfer")
    if found is None:
        return unknown("transfer", "these clips show one embodiment only")
    figure = found.cosine
    if math.isnan(figure.value):
        return unknown("transfer", "no motion can be seen in the imagined pictures")
    sentence = said(
        scale,
        figure.value,
        "Yes: another robot moves the same way in the picture.",
        "Partly: another robot tends to move the same way in the picture.",
        "No: what a code does to one robot says little about what it does to another.",
    )
    sentence += (
        f" Read back from the imagined picture, {percent(found.same_code.value)} of the codes are "
        f"the same again ({percent(found.chance)} by chance)."
    )
    return Answer(figure, scale, sentence)
