// @ts-check
/* The open atlas: its points, how they are looked at, and what the map does for the other panels.
 * The map (map.js) fills it in before it emits "atlas-opened". */

/** @type {import("../../web/records").Atlas} */
export const atlas = { points: null, look: null, open: null, search: null, like: null, save: null, pictures: null, name: null };
