// @ts-check
/* What codes do, in an arrow and a word, with the real pairs that bear it out. Python measured them
 * (lapa/imagine/names.py, whose sum and words these are); null stands for a model without names. */
import { make } from "./dom.js";

// clockwise, as y grows down
const WORDS = ["right", "down-right", "down", "down-left", "left", "up-left", "up", "up-right"];
const SIGNS = ["→", "↘", "↓", "↙", "←", "↖", "↑", "↗"];
// letters of a word that fit into a pad; where an arrow says the same, a longer word is left away
const FITS = 12;
const STAYS = "stays", NONE = "no common direction";

/** @typedef {import("./records").Names} Names */
/** @typedef {import("./records").Witness} Witness */
/** @typedef {{ sign: string, word: string, told: string }} Label sign: empty where there is none */

/* A car is told by its driver where to go, in words of its own. */
const isCar = (/** @type {Names} */ names) => Object.keys(names.says || {}).length > 0;
const said = (/** @type {Names} */ names, /** @type {string} */ word) => (names.says || {})[word] || word;
const went = (/** @type {Names} */ names, /** @type {string} */ word) =>
  isCar(names) ? `were driven so: “${said(names, word)}”` : word === STAYS ? "stayed" : `went ${word}`;
const ofWhom = (/** @type {Names} */ names) =>
  isCar(names) ? "of the car" : names.whose ? "of this robot" : "of all robots together";

/** @returns {Label} */
const label = (/** @type {Names} */ names, /** @type {string} */ word, /** @type {string} */ told) =>
  ({ sign: SIGNS[WORDS.indexOf(word)] || "", word: said(names, word), told });

/**
 * The name of a code at a position.
 * @param {Names | null | undefined} names
 * @param {number} position
 * @param {number} code
 * @returns {Label | null}
 */
export function ofCode(names, position, code) {
  if (!names) return null;
  const { word, pairs, agree, named } = names.codes[position][code], whom = ofWhom(names);
  if (!pairs) return label(names, NONE, `No real pair ${whom} has this code.`);
  if (named) return label(names, word, `${agree} of ${pairs} real pairs ${whom} ${went(names, word)}.`);
  return label(names, NONE, few(agree, pairs)
    ? `Too little for a name: ${agree} of ${pairs} real pairs ${whom} ${went(names, word)}.`
    : `No common direction: only ${agree} of ${pairs} real pairs ${whom} ${went(names, word)}, as their mean does.`);
}

/* Half agree, and yet it has no name: the pairs are too few, or all of one episode. */
const few = (/** @type {number} */ agree, /** @type {number} */ pairs) => 2 * agree >= pairs;

/**
 * The name of a whole latent action: the word of its codes' summed effects, where pairs of other
 * episodes bore that word out.
 * @param {Names | null | undefined} names
 * @param {number[] | null | undefined} codes
 * @returns {Label | null}
 */
export function ofAction(names, codes) {
  if (!names || !codes || codes.length !== names.codes.length) return null;
  if (codes.length === 1) return ofCode(names, 0, codes[0]);
  const whom = ofWhom(names);
  const unseen = codes.findIndex((code, position) => !names.codes[position][code].pairs);
  if (unseen >= 0) return label(names, NONE, `No real pair ${whom} has code ${codes[unseen]} at position ${unseen}.`);
  const word = sum(names, codes), witness = names.sums[word];
  if (!witness) return label(names, NONE, `Its codes add up to “${said(names, word)}”, which no real pair ${whom} tested.`);
  const { agree, pairs, named } = witness;
  return label(names, named ? word : NONE,
    `Its codes add up to “${said(names, word)}”: where codes did, ${agree} of ${pairs} real pairs ${whom} ${went(names, word)}.`);
}

function sum(/** @type {Names} */ names, /** @type {number[]} */ codes) {
  let [right, down] = names.base;
  codes.forEach((code, position) => {
    right += names.effects[position][code][0];
    down += names.effects[position][code][1];
  });
  if (Math.hypot(right, down) <= names.still) return STAYS;
  return WORDS[(Math.round(Math.atan2(down, right) / (Math.PI / 4)) + 8) % 8];
}

/** "↖ up-left", as it is read. */
export const inText = (/** @type {Label | null} */ label) => (label ? `${label.sign} ${label.word}`.trim() : "");

/**
 * A name small beside its number. Readers hear the words of the button that it stands in, so that
 * it is hidden from them unless it is `heard`.
 * @param {Label | null} label
 * @param {{ heard?: boolean, short?: boolean }} [options] short: a dash for no common direction, and the arrow alone for a word that is too long for a pad
 */
export function small(label, { heard = false, short = false } = {}) {
  if (!label) return null;
  const { sign, word } = label, long = Boolean(sign) && word.length > FITS;
  const shown = short && word === NONE ? "–" : short && long ? "" : word;
  return make("span", { class: "lx-name", "aria-hidden": heard ? null : "true", title: long ? `${word}: ${label.told}` : label.told },
    sign ? make("b", {}, sign) : null, sign && shown ? " " : "", shown);
}
