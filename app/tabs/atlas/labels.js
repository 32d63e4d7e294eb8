// @ts-check
/* The names of the map's regions: buttons that move with it and never lie on one another. */
import { make } from "../../web/dom.js";
import { project } from "./points.js";

/** @typedef {{ cells: number[], at: number[], label: string, told: string }} Region */
/** @typedef {{ middles: number[][], labelled: Region[] }} Regions */

const MARGIN = 4;

/**
 * Which boxes there is room for, the first ones first, each moved inside the stage if its middle is.
 * @param {{ x: number, y: number, wide: number, high: number }[]} boxes x, y: the middle
 * @param {number} width
 * @param {number} height
 * @returns {({ left: number, top: number } | null)[]}
 */
export function fit(boxes, width, height) {
  const placed = [];
  return boxes.map(({ x, y, wide, high }) => {
    if (x < 0 || y < 0 || x > width || y > height) return null;
    const left = Math.min(Math.max(x - wide / 2, MARGIN), width - wide - MARGIN);
    const top = Math.min(Math.max(y - high / 2, MARGIN), height - high - MARGIN);
    const covers = (other) => left < other.right + MARGIN && other.left < left + wide + MARGIN && top < other.bottom + MARGIN && other.top < top + high + MARGIN;
    if (placed.some(covers)) return null;
    placed.push({ left, top, right: left + wide, bottom: top + high });
    return { left, top };
  });
}

/**
 * The points of a region: those whose nearest middle is one of its cells'.
 * @param {{ dims: number, at: Float32Array }} map
 * @param {number[][]} middles
 * @param {number[]} cells
 */
export function members({ dims, at }, middles, cells) {
  const inside = new Set(cells), found = [];
  for (let i = 0; i * dims < at.length; i++) {
    let nearest = 0, best = Infinity;
    middles.forEach((middle, cell) => {
      let apart = 0;
      for (let d = 0; d < dims; d++) apart += (at[i * dims + d] - middle[d]) ** 2;
      if (apart < best) { best = apart; nearest = cell; }
    });
    if (inside.has(nearest)) found.push(i);
  }
  return found;
}

/**
 * @param {HTMLElement} holder over the map
 * @param {(region: Region) => void} choose called with the keyboard; the map hears of a pointer
 */
export function labels(holder, choose) {
  /** @type {{ region: Region, button: HTMLElement, wide: number, high: number }[]} */
  let shown = [];

  return {
    /** The regions of another map. */
    show(/** @type {Regions | undefined} */ regions) {
      shown = (regions ? regions.labelled : []).map((region) => {
        const button = make("button", { type: "button", class: "at-label", title: region.told, onclick: (event) => { if (!event.detail) choose(region); } }, region.label);
        return { region, button, wide: 0, high: 0 };
      });
      holder.replaceChildren(...shown.map(({ button }) => button));
    },
    /** Moves them to where their regions lie. */
    place(/** @type {number} */ dims, view, /** @type {number} */ width, /** @type {number} */ height) {
      if (!shown.length) return;
      for (const own of shown) if (!own.wide) { own.wide = own.button.offsetWidth; own.high = own.button.offsetHeight; }
      const x = new Float32Array(shown.length), y = new Float32Array(shown.length);
      project({ dims, at: Float32Array.from(shown.flatMap(({ region }) => region.at)) }, view, width, height, x, y);
      const places = fit(shown.map(({ wide, high }, n) => ({ x: x[n], y: y[n], wide, high })), width, height);
      shown.forEach(({ button }, n) => {
        const own = places[n];
        button.style.visibility = own ? "visible" : "hidden";
        if (own) button.style.transform = `translate(${Math.round(own.left)}px, ${Math.round(own.top)}px)`;
      });
    },
    /** The region of a button. */
    of: (/** @type {Element | null} */ button) => shown.find((own) => own.button === button)?.region || null,
  };
}
