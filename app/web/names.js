// @ts-check
/* What codes do, in an arrow and a word, with the real pairs that bear it out. Python measured them
 * (lapa/imagine/names.py, whose sum and words these are); null stands for a model without names. */
import { make } from "./dom.js";
import { NAMES } from "./words.js";

// clockwise, as y grows down
const WORDS = ["right", "down-right", "down", "down-left", "left", "up-left", "up", "up-right"];
const SIGNS = ["→", "↘", "↓", "↙", "←", "↖", "↑", "↗"];
// letters of a word that fit into a pad; where an arrow says the same, a longer word is left away
const FITS = 12;
// and into one of eight beside each other: a longer word is hidden there (imagine.css)
const NARROW = 5;
const STAYS = "stays";

/** @typedef {import("./records").Names} Names */
/** @typedef {import("./records").Witness} Witness */
/** @typedef {{ sign: string, word: string, told: string }} Label sign: empty where there is none */

/* A car is told by its driver where to go, in words of its own. */
const isCar = (/** @type {Names} */ names) => Object.keys(names.says || {}).length > 0;
const said = (/** @type {Names} */ names, /** @type {string} */ word) => (names.says || {})[word] || word;
const went = (/** @type {Names} */ names, /** @type {string} */ word) =>
  isCar(names) ? NAMES.driven(said(names, word)) : word === STAYS ? NAMES.stayed : NAMES.went(word);
const ofWhom = (/** @type {Names} */ names) =>
  isCar(names) ? NAMES.car : names.whose ? NAMES.own : NAMES.everyone;

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
  if (!pairs) return label(names, NAMES.none, NAMES.unseen(whom));
  const told = named ? NAMES.agree : few(agree, pairs) ? NAMES.few : NAMES.apart;
  const own = label(names, named ? word : NAMES.none, told(agree, pairs, whom, went(names, word)));
  return names.codes.length === 1 ? gripping(names, [code], own) : own;
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
  return gripping(names, codes, summed(names, codes));
}

/* With what the gripper does, where real pairs of this very latent action say so. */
function gripping(/** @type {Names} */ names, /** @type {number[]} */ codes, /** @type {Label} */ own) {
  const grip = (names.grips || {})[codes.join(".")];
  if (!grip || !grip.named) return own;
  return { ...own, word: own.word === NAMES.none ? grip.word : NAMES.both(own.word, grip.word),
    told: `${own.told} ${NAMES.grips(grip.agree, grip.pairs, ofWhom(names), grip.word)}` };
}

/** @returns {Label} */
function summed(/** @type {Names} */ names, /** @type {number[]} */ codes) {
  const whom = ofWhom(names);
  const unseen = codes.findIndex((code, position) => !names.codes[position][code].pairs);
  if (unseen >= 0) return label(names, NAMES.none, NAMES.unseenAt(whom, codes[unseen], unseen));
  const word = sum(names, codes), witness = names.sums[word];
  if (!witness) return label(names, NAMES.none, NAMES.untested(said(names, word), whom));
  const { agree, pairs, named } = witness;
  return label(names, named ? word : NAMES.none, NAMES.tested(said(names, word), agree, pairs, whom, went(names, word)));
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
  const shown = short && word === NAMES.none ? "–" : short && long ? "" : word;
  return make("span", { class: "lx-name", "aria-hidden": heard ? null : "true", title: long ? `${word}: ${label.told}` : label.told },
    sign ? make("b", {}, sign) : null, sign && shown ? " " : "",
    sign && shown.length > NARROW ? make("span", { class: "long" }, shown) : shown);
}
