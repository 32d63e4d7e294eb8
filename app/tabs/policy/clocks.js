// @ts-check
/* The clocks of the tab Policy: when the large model's words came, when something acted, and the
 * word in force. */
import { written } from "../../web/codes.js";
import { make } from "../../web/dom.js";
import { ofAction, small } from "../../web/names.js";
import { CLOCKS } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {{ word: number[], age: number, came: boolean, speaks: number }} Clock */
/** @typedef {import("../../web/records").Names} Names */
/** @typedef {{ clock?: Clock | null }} Frame a tenth of a second; the start has no clock */

/**
 * The steps at which a word came, and those at which something acted: without a large model at every
 * one, with it once there was a word.
 * @param {Frame[]} frames the start first
 */
export function ticks(frames) {
  const steps = frames.map((_, step) => step).slice(1);
  return {
    words: steps.filter((step) => frames[step].clock?.came),
    acts: steps.filter((step) => !frames[step].clock || frames[step].clock.word.length > 0),
  };
}

/* A row of a clock: ticks in the middle of their steps, and where the shown step ends. */
function row(/** @type {string} */ kind, /** @type {number[]} */ steps, /** @type {number} */ span, /** @type {number} */ now, /** @type {string} */ told, /** @type {string} */ count) {
  const picture = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: `0 0 ${span} 1`, preserveAspectRatio: "none", role: "img", "aria-label": `${told}: ${count}` };
  for (const [name, value] of Object.entries(attributes)) picture.setAttribute(name, value);
  const lines = (/** @type {string} */ name, /** @type {number[]} */ at) => {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    path.setAttribute("d", at.map((x) => `M${x} 0V1`).join(""));
    path.setAttribute("vector-effect", "non-scaling-stroke");
    picture.append(path);
  };
  lines("now", [now]);
  lines("tick", steps.map((step) => step - 0.5));
  return make("div", { class: `po-clock ${kind}` }, make("span", {}, told), make("span", { class: "lx-side" }, count), picture);
}

/**
 * One clock, or both, as they stood at a time.
 * @param {HTMLElement} place
 * @param {Frame[]} frames the start first
 * @param {{ time: number, longest: number, fps: number, who: string, names: Names | null }} shown
 *   time: the shown step. longest: steps that a row has room for. who: acts
 */
export function draw(place, frames, { time, longest, fps, who, names }) {
  const last = frames.length - 1, now = Math.min(time, last);
  place.hidden = last < 1;
  if (place.hidden) return;
  // at the start the clocks are there, and have not ticked
  const { clock } = frames[Math.max(now, 1)], { words, acts } = ticks(frames), span = Math.max(longest, last);
  const until = (/** @type {number[]} */ steps) => steps.filter((step) => step <= now).length;
  const acted = (/** @type {string} */ told) => row("acts", acts, span, now, told, CLOCKS.moves(until(acts)));
  if (!clock) {
    place.replaceChildren(make("h3", {}, CLOCKS.one), acted(CLOCKS.acts(who, fps)), foot(CLOCKS.row(span / fps)));
    return;
  }
  place.replaceChildren(
    make("h3", {}, CLOCKS.both),
    inForce(now ? clock : null, names),
    row("words", words, span, now, CLOCKS.speaks(clock.speaks), CLOCKS.words(until(words))),
    acted(CLOCKS.head(fps)),
    foot(CLOCKS.rows(span / fps, 1 / clock.speaks)));
}

const foot = (/** @type {string} */ told) => make("p", { class: "lx-foot" }, told);

/* The word in force: its codes, what they do where that is known, and its age. */
function inForce(/** @type {Clock | null} */ clock, /** @type {Names | null} */ names) {
  if (!clock || !clock.word.length) return make("p", { class: "po-word" }, CLOCKS.none);
  return make("p", { class: "po-word" }, CLOCKS.inForce, " ", make("code", {}, written(clock.word)), " ",
    small(ofAction(names, clock.word), { heard: true }), " ", make("span", { class: "lx-side" }, CLOCKS.age(clock.age)));
}
