// @ts-check
/* Pictures with the motion in them drawn as an arrow. */
import { make } from "./dom.js";
import { ARROWS } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
// arrows are drawn this many times as long as the motion, because a gap is short
export const LONGER = 3;
const SHORTEST = 0.004;

/** @typedef {{ image: string, vector: number[], centre: number[] }} Moving shares of the frame's side */

/**
 * A motion in words: "2.4 % of the frame up-left".
 * @param {number[]} motion right and down, as shares of the frame's side
 */
export function inWords([x, y]) {
  const length = Math.hypot(x, y);
  if (length < SHORTEST) return ARROWS.none;
  return ARROWS.motion(length, ARROWS.ways[(Math.round(Math.atan2(y, x) / (Math.PI / 4)) + 8) % 8]);
}

const svg = (name, attributes) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

/* An arrow from `centre` along `vector`, both in shares of the side; null if nothing moves. */
function arrow(/** @type {number[]} */ [x, y], /** @type {number[]} */ [left, top], kind) {
  if (Math.hypot(x, y) < SHORTEST) return null;
  const picture = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", class: `lx-arrow ${kind}`, "aria-hidden": "true" });
  const from = [100 * left, 100 * top];
  const to = [from[0] + 100 * LONGER * x, from[1] + 100 * LONGER * y];
  const turn = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const barb = (by) => `${to[0] - 6 * Math.cos(turn + by)} ${to[1] - 6 * Math.sin(turn + by)}`;
  const shape = `M${from.join(" ")} L${to.join(" ")} M${barb(0.5)} L${to.join(" ")} L${barb(-0.5)}`;
  for (const part of ["under", "over"]) picture.append(svg("path", { d: shape, class: part, "vector-effect": "non-scaling-stroke" }));
  return picture;
}

/**
 * A picture of a moving record.
 * @param {Moving} moving
 * @param {{ alt: string, kind?: string, aspect?: number }} options kind: "dream" or "truth", the
 *   colour of its arrow
 */
export function picture(moving, { alt, kind = "dream", aspect = 1 }) {
  const image = make("img", { src: moving.image, alt: `${alt}; ${inWords(moving.vector)}` });
  return make("span", { class: "lx-pic", style: `--aspect: ${aspect}` }, image,
    arrow(moving.vector, moving.centre, kind));
}

/** A list of embodiments with the arrow of their mean motion. */
export const effects = (/** @type {{ embodiment: string, pairs: number, motion: number[], agreement?: number | null }[]} */ all) => make("ul", { class: "at-effects" }, ...all.map(({ embodiment, pairs, motion, agreement }) => {
  const [right, down] = motion, length = Math.hypot(right, down), turned = Math.atan2(down, right) * 180 / Math.PI;
  const arrow = make("span", { class: "at-arrow", "aria-hidden": "true", style: `--turn: ${turned}deg; --long: ${Math.max(3, Math.min(26, 260 * length))}px` });
  const agree = agreement === undefined || agreement === null ? "" : `, ${Math.round(100 * agreement)} % agree`;
  return make("li", {}, make("span", { class: "at-dial" }, length < 0.002 ? null : arrow), make("span", {}, embodiment),
    make("span", { class: "lx-foot" }, `${inWords(motion)} · ${pairs} ${pairs === 1 ? "pair" : "pairs"}${agree}`));
}));
