// @ts-check
/* The clocks of the tab Policy: when the large model's words came, when something acted, and the
 * word in force. */
import { written } from "../../web/codes.js";
import { make } from "../../web/dom.js";
import { ofAction, small } from "../../web/names.js";
import { CLOCKS } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {{ word: number[], age: number, came: boolean, speaks: number }} Clock */
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

/* Ticks in the middle of their steps, and where the shown step ends. */
function row(/** @type {number[]} */ steps, /** @type {number} */ span, /** @type {number} */ now, /** @type {string} */ told) {
  const picture = document.createElementNS(SVG, "svg");
  const line = (/** @type {number[]} */ at) => at.map((x) => `M${x} 0V1`).join("");
  const attributes = { viewBox: `0 0 ${span} 1`, preserveAspectRatio: "none", role: "img", "aria-label": told };
  for (const [name, value] of Object.entries(attributes)) picture.setAttribute(name, value);
  for (const [kind, at] of /** @type {[string, number[]][]} */ ([["now", [now]], ["tick", steps.map((step) => step - 0.5)]])) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", kind);
    path.setAttribute("d", line(at));
    path.setAttribute("vector-effect", "non-scaling-stroke");
    picture.append(path);
  }
  return picture;
}

/**
 * One clock, or both, as they stood at a time.
 * @param {HTMLElement} place
 * @param {Frame[]} frames the start first
 * @param {{ time: number, longest: number, fps: number, who: string, names: import("../../web/records").Names | null }} shown
 *   time: the shown step. longest: steps that the timeline has room for. who: acts
 */
export function draw(place, frames, { time, longest, fps, who, names }) {
  const last = frames.length - 1, now = Math.min(time, last), clock = (frames[Math.max(now, 1)] || {}).clock;
  place.hidden = last < 1;
  const { words, acts } = ticks(frames), span = Math.max(longest, last);
  const until = (/** @type {number[]} */ steps) => steps.filter((step) => step <= now).length;
  const lines = clock
    ? [["words", words, CLOCKS.speaks(clock.speaks), CLOCKS.words(until(words))], ["acts", acts, CLOCKS.head(fps), CLOCKS.moves(until(acts))]]
    : [["acts", acts, CLOCKS.acts(who, fps), CLOCKS.moves(until(acts))]];
  place.replaceChildren(
    make("h3", {}, clock ? CLOCKS.both : CLOCKS.one),
    clock ? inForce(now ? clock : null, names) : "",
    ...lines.map(([kind, steps, told, count]) => make("div", { class: `po-clock ${kind}` },
      make("span", {}, told), make("span", { class: "lx-side" }, count), row(steps, span, now, `${told}: ${count}`))),
    clock ? make("p", { class: "lx-foot" }, CLOCKS.late(1 / clock.speaks)) : "");
}

/* The word in force: its codes, what they do where that is known, and its age. */
function inForce(/** @type {Clock | null} */ clock, /** @type {import("../../web/records").Names | null} */ names) {
  if (!clock || !clock.word.length) return make("p", { class: "po-word" }, CLOCKS.none);
  return make("p", { class: "po-word" }, CLOCKS.inForce, " ", make("code", {}, written(clock.word)), " ",
    small(ofAction(names, clock.word), { heard: true }), " ", make("span", { class: "lx-side" }, CLOCKS.age(clock.age)));
}
