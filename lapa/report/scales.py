"""When a figure is good: one table of thresholds with their sources, and the verdict from them.

Sources: Genie (Bruce et al. 2024, section 3.1), CoMo, LARY, Playable Video Generation (Menapace et
al. 2021), the LAPA authors (their repository's issues 26 and 27). "Our bar" is what this project
holds its own checkpoint to; "ours" is a judgement without a publication behind it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lapa.evaluation.estimate import Estimate

# from best to worst; unknown: the clips cannot tell
VERDICTS = ("good", "fair", "poor", "unknown")


@dataclass(frozen=True)
class Scale:
    """Thresholds of one figure; lower is better where good < fair.

    good, fair: limits, both inclusive. unit, digits, percent: how it is written. floor, ceiling:
    the ends of its gauge. source: where good and fair come from, for the reader.
    """

    good: float
    fair: float
    digits: int
    floor: float
    ceiling: float
    source: str
    unit: str = ""
    percent: bool = False

    @property
    def low_is_good(self) -> bool:
        return self.good < self.fair

    def verdict(self, value: float) -> str:
        """good, fair or poor; unknown for NaN."""
        if math.isnan(value):
            return "unknown"
        sign = -1 if self.low_is_good else 1
        if sign * value >= sign * self.good:
            return "good"
        return "fair" if sign * value >= sign * self.fair else "poor"

    def text(self, value: float) -> str:
        """The figure with its unit; a dash where it is unknown."""
        return f"{self.number(value)}{self.ending}" if math.isfinite(value) else "–"

    def number(self, value: float) -> str:
        shown = f"{100 * value:.0f}" if self.percent else f"{value:.{self.digits}f}"
        return shown.replace("-", "−") if float(shown) else shown.lstrip("-")

    @property
    def ending(self) -> str:
        return " %" if self.percent else f" {self.unit}" if self.unit else ""

    def spread(self, estimate: Estimate) -> str:
        """`0.52 (0.50 to 0.54)`, without the bracket where there is no interval."""
        shown = self.text(estimate.value)
        if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
            return shown
        return f"{shown} ({self.number(estimate.low)} to {self.number(estimate.high)})"

    def doubt(self, estimate: Estimate) -> str:
        """A sentence where the interval reaches across a threshold, else nothing."""
        ends = {self.verdict(estimate.low), self.verdict(estimate.high)} - {"unknown"}
        if len(ends) < 2:
            return ""
        worst, best = sorted(ends, key=VERDICTS.index, reverse=True)
        return (
            f"How sure: the interval reaches from {worst} to {best}, so more clips may change "
            "this verdict."
        )


SCALES: Mapping[str, Scale] = {
    "ratio": Scale(
        0.45, 0.85, 2, 0, 1.2,
        "At most 0.45 is good, 0.32 is our bar for robots; below 1 is the LAPA authors' own "
        "criterion (closer to the future "
        "than to the present). A collapsed quantizer that always paints the mean motion reaches "
        "about 0.85, so that is where poor begins.",
    ),
    "ratio_worst": Scale(
        0.70, 0.95, 2, 0, 1.5,
        "At most 0.70 for every embodiment is good (ours), 0.45 is our bar for robots; 1 is no "
        "better than not moving at all, and "
        "from 0.95 on we call it poor.",
    ),
    "random_ratio": Scale(
        1.0, 0.85, 2, 0, 2,
        "At 1 and above random codes do no better than not moving, as they should; far below 1 "
        "whatever is painted there beats a copy, and the ratio proves nothing (ours).",
    ),
    "moving_sharpness": Scale(
        0.85, 0.50, 2, 0, 1.4,
        "0.85 to 1.15 is our bar: as sharp as the truth; below 0.5 the robot dissolves as it "
        "moves (ours).",
    ),
    "feature_distance": Scale(
        0.40, 0.75, 2, 0, 1.2,
        "At most 0.40 is our bar for robots; 1 is what leaving the picture alone reaches, and a "
        "foggy picture reaches that, too (ours).",
    ),
    "distinctness": Scale(
        0.60, 0.30, 2, 0, 1.2,
        "At least 0.60 is our bar with four codes to a latent action, 0.85 with one; below 0.30 "
        "the pictures of a sweep can hardly be told apart (ours).",
    ),
    "named_motion": Scale(
        0.65, 0.40, 0, 0, 1,
        "At least 65 % is our bar with four codes to a latent action, 85 % with one; always saying "
        "the commonest word is given beside it.",
        percent=True,
    ),
    "delta_psnr": Scale(
        1.91, 0.5, 2, 0, 4,
        "Genie reports 1.91 dB on platform games and 2.07 dB on robot video, four frames on; "
        "our bar for robots is 5.5 dB. Below half a decibel the difference can hardly be seen "
        "(ours).",
        unit="dB",
    ),
    "cosine": Scale(
        0.30, 0.10, 2, -0.2, 1,
        "0 is unrelated, 1 is the same motion every time. A position that fixes only one of "
        "three axes can reach about 0.3 to 0.5, so 0.30 is good (ours).",
    ),
    "delta_mse": Scale(
        0.70, 0.90, 2, 0, 1.1,
        "1 says nothing, 0 says all (Playable Video Generation's measure). A position that fixes "
        "one of three axes leaves about 0.67, so 0.70 is good (ours).",
    ),
    "delta_accuracy": Scale(
        0.60, 0.40, 0, 0, 1,
        "At least 60 % is our bar; the score of always guessing the commonest direction is given "
        "beside it and is where poor begins.",
        percent=True,
    ),
    "probe_latent": Scale(
        0.65, 0.40, 2, -0.2, 1,
        "At least 0.65 is our bar. On LARY's benchmark LAPA's latents leave an error of 0.97 "
        "(about R² 0.03), with features of a vision model 0.60 (R² 0.40, where fair begins here).",
    ),
    "probe_codes": Scale(
        0.50, 0.25, 2, -0.2, 1,
        "At least 0.50 is good (ours), 0.58 is our bar for robots. Codes hold less than latents: "
        "three bits a position have "
        "to say what a continuous vector says.",
    ),
    "probe_mlp": Scale(
        0.65, 0.40, 2, -0.2, 1,
        "As for the straight line; LARYBench reads its latents with such a network.",
    ),
    "leak": Scale(
        1.0, 3.0, 2, -4, 12,
        "At most 1 dB is good (ours), 0.5 dB is our bar for robots: a latent action that only "
        "says what moved cannot rebuild a "
        "scene that it does not see. Rebuilding it gains 10 dB and more.",
        unit="dB",
    ),
    "s_pcfc": Scale(
        0.80, 0.95, 2, -1, 1,
        "1 is static content only, -1 is opposite latents for opposite motions; at most 0.80 is "
        "good (ours). A low figure proves nothing alone (noise has it too), so it stands beside "
        "the probe and does not decide.",
    ),
    "no_op": Scale(
        0.90, 0.50, 0, 0, 1,
        "At least 90 % with one code, and a picture kept at 32 dB or better, is good; 27 dB is "
        "fair (ours: above 32 dB the eye hardly sees a change).",
        percent=True,
    ),
    "kept": Scale(32.0, 27.0, 1, 15, 45, "ours", unit="dB"),
    "drift": Scale(
        16, 6, 0, 0, 16,
        "16 steps are good (ours), 3 seconds are our bar: each one nearer to the truth than the "
        "very first frame is; "
        "from 6 on a short plan can be tried (ours).",
        unit="steps",
    ),
    "sharpness": Scale(
        0.70, 0.40, 2, 0, 1.4,
        "At least 0.70 of the true frame's edges is our bar; 1 is as sharp as the truth, "
        "and well above 1 is noise.",
    ),
    "transfer": Scale(
        0.50, 0.20, 2, -0.5, 1,
        "0 is unrelated motion, 1 the same direction on another robot; above 0.50 is good (ours). "
        "AdaWorld reports 0.804 on a cosine of its own, between embeddings of whole clips.",
    ),
    "divergence": Scale(
        0.10, 0.30, 2, 0, 1,
        "0 bits is the same use, 1 bit is no code in common; below 0.10 is good (ours). Few clips "
        "make it larger than it is.",
        unit="bits",
    ),
}  # fmt: skip


def scale_of(key: str, *, codes: int = 8, chance: float = math.nan, steps: int = 16) -> Scale:
    """The scale of a figure; that of use and perplexity hangs on the size K of the codebook,
    of Δ-Acc on chance, of drift on the steps that were imagined."""
    if key == "use":
        return Scale(
            codes, math.ceil(0.75 * codes), 0, 0, codes,
            "All of them, at every position: the LAPA authors' criterion. LARY measures 77 to 95 % "
            "of LAPA's codes in use, depending on the gap; three quarters is fair.",
            unit=f"of {codes} codes",
        )  # fmt: skip
    if key == "perplexity":
        return Scale(
            round(5.5 / 8 * codes, 2), codes / 2, 1, 1, codes,
            f"At least {5.5 / 8 * codes:.1f} of {codes} is good (ours); {codes} would be all codes "
            "equally often, 1 always the same one. Half of the codes is fair (ours).",
            unit=f"of {codes}",
        )  # fmt: skip
    scale = SCALES[key]
    if key == "delta_accuracy" and math.isfinite(chance):
        return replace(scale, fair=min(chance + 0.05, scale.good - 0.01))
    if key == "drift":
        good = min(scale.good, steps)
        return replace(scale, good=good, fair=min(scale.fair, good / 2), ceiling=max(steps, good))
    return scale
