// @ts-check
/* The clips of the site: their frames as files, and what each model reads off them. */
import { json } from "./files.js";
import { latest } from "./latest.js";
import { pixels } from "./pictures.js";

/** @typedef {import("./compare.js").Picture} Picture */
/** @typedef {import("../../web/records").Clip & { folder: string, address: string }} Clip */

// frames whose pixels are kept (0.25 MB each)
const KEPT = 40;
/** @type {Map<string, Promise<Picture>>} */
const kept = new Map();

export const catalogue = () => json("data/catalogue.json");

/**
 * A clip that has this frame; an Error says that there is none.
 * @param {string} id
 * @param {number} [index]
 * @returns {Promise<Clip>}
 */
export async function clip(id, index = 0) {
  const found = (await catalogue()).clips.find((each) => each.id === id);
  if (!found) throw new Error(`There is no clip ${String(id).slice(0, 60)} here.`);
  if (!Number.isInteger(index) || index < 0 || index >= found.frames) {
    throw new Error(`There is no frame ${String(index).slice(0, 20)}; the clip has frames 0 to ${found.frames - 1}.`);
  }
  return found;
}

/** Frames of a gap, as in training (lapa/gap.py). */
export const gapIn = (/** @type {number} */ seconds, /** @type {number} */ fps) => Math.max(1, Math.floor(seconds * fps + 0.5));

/** Where a frame lies. */
export const file = (/** @type {Clip} */ { folder }, /** @type {number} */ index) => `${folder}${index}.webp`;

/** The codes and commands along a clip (app/tabs/explore/episode.py). */
export const episode = async (/** @type {string} */ model, /** @type {string} */ id) => json(`data/episodes/${model}/${(await clip(id)).address}.json`);

/**
 * The pixels of a frame.
 * @param {Clip} clip
 * @param {number} index
 */
export function frame(clip, index) {
  const url = file(clip, index);
  return latest(kept, url, KEPT, () => pixels(url));
}
