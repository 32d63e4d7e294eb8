"""The questions of a checkup, in their order, and the figures that answer each of them.

Two sentences explain every figure to somebody who meets it for the first time: what is done, and
how to read what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What a figure is called and how it is explained (in exactly two sentences)."""

    name: str
    explanation: str
    decides: bool = True


QUESTIONS: dict[str, tuple[str, ...]] = {
    "Are all codes used?": ("use", "perplexity"),
    "Does the picture move the right way?": ("ratio", "ratio_worst", "random_ratio"),
    "Is it a picture of a robot, or fog?": ("moving_sharpness", "feature_distance"),
    "Do the codes matter?": ("delta_psnr", "distinctness"),
    "Same action, same code?": ("delta_accuracy", "named_motion", "cosine", "delta_mse"),
    "Can the robot's action be read from it?": ("probe_latent", "probe_codes", "probe_mlp"),
    "Is the future smuggled through?": ("leak", "s_pcfc"),
    "Does nothing mean nothing?": ("no_op",),
    "How long can it dream?": ("drift", "sharpness"),
    "Does a code carry over to another robot?": ("transfer",),
    "Do robots share codes?": ("divergence",),
}
KEYS = tuple(key for keys in QUESTIONS.values() for key in keys)

FIGURES: dict[str, Figure] = {
    "use": Figure(
        "Codes used",
        "Every frame pair gets one code at every position; this counts the different codes that "
        "occur at the position that uses fewest. A code that never occurs is a word that nobody "
        "says: the quantizer has fewer ways to tell motions apart than it could have.",
    ),
    "perplexity": Figure(
        "Perplexity",
        "Perplexity says how many equally frequent codes would be as varied as these, "
        "exp(−Σ p ln p), at the least varied position. Eight codes of which one takes nearly "
        "everything have a perplexity close to 1.",
    ),
    "ratio": Figure(
        "Closer-to-the-future ratio",
        "The imagined frame and the frame it starts from are both compared with what really came "
        "next, and the two errors are divided. Below 1 the picture moved the right way, at 1 it "
        "might as well have stood still, and 0 would be exact.",
    ),
    "ratio_worst": Figure(
        "Ratio of the worst embodiment",
        "The same ratio, for the robot that is imagined worst. An average can hide one robot that "
        "the quantizer does not understand at all.",
    ),
    "random_ratio": Figure(
        "Ratio with random codes",
        "The same ratio when the codes are not those of the pair but random others. A robot that "
        "dissolves beats standing still with any codes, so the ratio above says something only as "
        "far as it lies below this one.",
        decides=False,
    ),
    "moving_sharpness": Figure(
        "Sharpness where it moves",
        "Where the true frame changes, the energy of the imagined frame's edges is divided by that "
        "of the true frame's, after both are halved so that a fine checkerboard earns nothing. At "
        "1 the robot is as sharp as a real one, well below it is fog, above it is noise.",
    ),
    "feature_distance": Figure(
        "Feature distance",
        "A small network that has learned from photographs compares the imagined frame with the "
        "true one, and the distance is divided by that of not moving at all. It minds what an eye "
        "minds: at 0 the two look the same, at 1 the picture helps no more than the old frame.",
    ),
    "delta_psnr": Figure(
        "ΔPSNR",
        "Every frame is imagined twice: with the codes of its own pair and with random other "
        "codes. The gap in picture quality (in decibels) says how much the decoder listens to the "
        "codes; at 0 it ignores them.",
    ),
    "distinctness": Figure(
        "Distinctness of a sweep",
        "All codes of one position are tried on a frame, and the pictures are compared with each "
        "other; their mean difference is divided by how much the robot truly moved. At 1 another "
        "code changes the picture as much as the robot did, near 0 all pictures look alike.",
    ),
    "named_motion": Figure(
        "Named motion",
        "Each latent action gets the word that fits its real pairs: one of eight directions in the "
        "picture, or still. On recordings that had no say in the words, this is how often the word "
        "is what the robot truly did.",
    ),
    "cosine": Figure(
        "Agreement of motions that share a code",
        "Take two moments of different recordings that got the same code, and look at the angle "
        "between the two true motions of the robot. A cosine of 1 means the same direction every "
        "time, 0 that the code says nothing about the direction.",
        decides=False,
    ),
    "delta_mse": Figure(
        "Δ-MSE",
        "Look at all moments that got one code, and ask how much their true motions still differ "
        "(their variance against that of all moments). 0 would mean that the code says exactly "
        "what the robot did, 1 that it says nothing.",
        decides=False,
    ),
    "delta_accuracy": Figure(
        "Δ-Acc, guessing the direction",
        "A simple classifier sees the codes of a moment and guesses where the robot's hand went: "
        "one of eight directions or still. It is tested on recordings that it has not seen, so "
        "it scores well only if codes mean the same there.",
    ),
    "probe_latent": Figure(
        "R² from the latent",
        "A straight-line formula (ridge regression) tries to read the robot's true motion from the "
        "continuous latent, on recordings that it has not seen. R² is the share of the motion that "
        "it explains: 1 is all of it, 0 none.",
    ),
    "probe_codes": Figure(
        "R² from the codes",
        "The same formula, but it sees the codes only, the few numbers that a policy would have to "
        "predict. What is lost between latent and codes is lost to whoever learns from the codes.",
    ),
    "probe_mlp": Figure(
        "R² from the latent, by a small network",
        "The same question put to a small neural network instead of a straight-line formula. What "
        "it reads beyond the formula is there, but bent.",
        decides=False,
    ),
    "leak": Figure(
        "Gain on a foreign scene",
        "The quantizer is shown a future from quite another scene, and decodes those codes on the "
        "first scene. If that rebuilds the foreign picture, the codes carry appearance and not "
        "motion, and every other figure is worth less.",
    ),
    "s_pcfc": Figure(
        "S-PCFC",
        "The latent from the past to now is compared with the latent from the future to now: the "
        "two hold opposite motions of the same scene. A cosine near 1 means that they hold the "
        "scene and not the motion.",
        decides=False,
    ),
    "no_op": Figure(
        "One code for standing still",
        "The quantizer is shown the same frame twice, so nothing moves. A good one always answers "
        "with one code, and that code leaves the picture as it is.",
    ),
    "drift": Figure(
        "Steps that can be trusted",
        "The quantizer dreams: each imagined frame becomes the start of the next, with the true "
        "codes as steering, so small faults add up. We count the steps until the dream is further "
        "from the truth, where the robot is, than the very first frame.",
    ),
    "sharpness": Figure(
        "Sharpness of the dream",
        "The energy of edges in the dream where the robot is, divided by that of the true frame of "
        "the same moment. Below 1 the dream is blurred, far above 1 it is full of noise.",
    ),
    "transfer": Figure(
        "Cosine of motion on another robot",
        "The codes of one robot's motion are decoded on a picture of another robot, and the motion "
        "in the image is compared with the original one. At 1 the other robot moves the same way, "
        "at 0 the codes mean something else to it.",
    ),
    "divergence": Figure(
        "Divergence of code use",
        "How differently do two robots use the codes (Jensen-Shannon divergence, averaged over "
        "all pairs of robots)? At 0 bits they use the same codes equally often, at 1 bit they have "
        "no code in common.",
    ),
}
