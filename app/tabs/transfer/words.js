// @ts-check
/* What the scripts of the tab Transfer say. */
import { percent } from "../../web/words.js";

export const CARRIED = {
  others: (/** @type {string} */ moves) => `On every other ${moves}`,
  verdicts: { same: "the same way", aside: "another way", opposite: "the opposite way", still: "hardly moves" },
  itself: "itself, another clip",
  cosine: "cosine of the two motions",
  back: "read back ",
  explore: "Explore",
  now: "Now",
  later: "A gap later",
  frame: (/** @type {string} */ who) => `A frame of ${who}`,
  imagined: (/** @type {number} */ steps) => (steps > 1 ? `Imagined, ${steps} times` : "Imagined"),
  from: "Imagined from it",
  looking: "Looking for real pairs with these codes…",
  real: (/** @type {string} */ who) => `A real pair of ${who}`,
  equal: (/** @type {number} */ equal, /** @type {number} */ all) => `${equal} of ${all} codes are equal; open in Explore`,
  proof: (/** @type {number} */ same, /** @type {number} */ all) =>
    all ? `Real pairs with the nearest codes: ${same} of ${all} moved the same way` : "No real pairs are known to compare with",
  clip: (/** @type {string} */ who) => `Clip of ${who}`,
  index: (/** @type {string} */ who) => `Frame of ${who}`,
  another: "Another frame",
  nothing: "Nothing to show; see on the left.",
  partly: "The first rows; the others follow…",
  arrows: (/** @type {number} */ longer) => `arrows are ${longer} times as long as the motion`,
};

export const FORM = {
  uploads: "your uploads",
  own: "Your two frames",
  frame: (/** @type {number} */ index, /** @type {number} */ last) => `Frame ${index} of ${last}`,
  now: CARRIED.now,
  later: CARRIED.later,
  first: "The first frame of the pair",
  second: "The second frame of the pair",
  needed: "A picture is needed.",
  /** of the two buttons, when a picture is there */
  slots: { first: "First", second: "Second" },
  there: (/** @type {string} */ slot, /** @type {string} */ name) => `${slot}: ${name}`,
  other: "Now the other one.",
  kept: "Kept only until you close this page.",
  times: (/** @type {number} */ steps) => (steps === 1 ? "once" : `${steps} times`),
};

export const MATRIX = {
  every: (/** @type {string} */ moves) => `From every ${moves} to every other`,
  none: (/** @type {string} */ model) => `Nothing was measured for ${model}; python -m lapa transfer does.`,
  one: (/** @type {string} */ model) => `${model} has learned one embodiment only; there is no other to measure.`,
  about: "Rows give the latent action, columns the frame that it is done on; the diagonal is the same embodiment in another clip. Made by ",
  corner: "from \\ to",
  cell: (/** @type {string} */ from, /** @type {string} */ to, /** @type {string} */ cosine) => `from ${from} to ${to}: mean cosine ${cosine}`,
  lost: "The server did not answer; try again.",
  title: (/** @type {string} */ from, /** @type {string} */ to) => (from === to ? `${from}, from clip to clip` : `${from} → ${to}`),
  mean: (/** @type {string} */ cosine, /** @type {string} */ low, /** @type {string} */ high, /** @type {number} */ pairs, /** @type {number} */ same) =>
    `Mean cosine ${cosine}${low ? ` (${low} to ${high})` : ""} over ${pairs} pairs; ${percent(same)} of the codes are read back from the imagined frames.`,
  best: "Best",
  worst: "Worst",
  missing: "The clips of these examples are not here.",
  carry: "Carry this pair over, above",
  pair: "The pair",
  target: "The frame it is done on, with what it does",
};
