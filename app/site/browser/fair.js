// @ts-check
/* Which pairs make a fair question of the game, and which wrong answers look wrong, as
 * app/tabs/explore/guess/choice.py chooses them. Pure. */
import { meanChange, squaredError } from "./compare.js";

/** @typedef {import("./compare.js").Picture} Picture */

// latent actions that are drawn for a pair
const DRAWN = 15;
// a pair moves this much at least, mean grey levels of 255: less is not seen
const MOVES = 1;
// how far the picture of a wrong code is from that of the right one, as a share of how far the right
// one is from the frame; and how much further from the true future, in squared error
const APART = 0.7, WORSE = 1.3;

/**
 * Numbers of `count` pictures that are taken neither for the right one nor for one another; null
 * where there are not so many.
 * @param {Picture} frame
 * @param {Picture} future
 * @param {Picture} right
 * @param {Picture[]} pictures
 * @param {number} count
 */
export function unlike(frame, future, right, pictures, count) {
  const least = APART * meanChange(right, frame), worst = WORSE * squaredError(right, future);
  let free = [...pictures.keys()].filter((n) => meanChange(pictures[n], right) >= least && squaredError(pictures[n], future) >= worst);
  const nearest = new Map(free.map((n) => [n, meanChange(pictures[n], right)])), chosen = [];
  while (free.length && chosen.length < count) {
    const best = free.reduce((one, other) => (nearest.get(other) > nearest.get(one) ? other : one));
    // the others may look a little alike, but not the same
    if (nearest.get(best) < least / 2) break;
    chosen.push(best);
    free = free.filter((n) => n !== best);
    for (const n of free) nearest.set(n, Math.min(nearest.get(n), meanChange(pictures[n], pictures[best])));
  }
  return chosen.length === count ? chosen : null;
}

/** Latent actions that may be wrong answers, each once: all where there are few. */
export function drawn({ values, positions }, draw) {
  const number = values ** positions;
  const row = (n) => Array.from({ length: positions }, (_, p) => Math.floor(n / values ** (positions - 1 - p)) % values);
  if (number <= DRAWN + 1) return Array.from({ length: number }, (_, n) => row(n));
  const rows = Array.from({ length: DRAWN }, () => Array.from({ length: positions }, () => draw.integer(values)));
  return [...new Map(rows.map((codes) => [String(codes), codes])).values()];
}

/**
 * Whether a pair shows a motion, and the picture of its own code comes nearer to it than a copy does.
 * @param {Picture} frame
 * @param {Picture} future
 * @param {Picture} picture
 */
export const isFair = (frame, future, picture) => meanChange(frame, future) >= MOVES && squaredError(picture, future) < squaredError(frame, future);
