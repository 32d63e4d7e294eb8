// @ts-check
/* The frames of the clip that is shown, as files that the browser keeps: each is there at once when
 * the slider comes to it, and those ahead are fetched meanwhile. What a model makes of a frame comes
 * later, by a press (web/store.js). */

// frames that are fetched before they are come to, and decoded ones that are kept (0.25 MB each)
const AHEAD = 8, KEPT = 120;
/** @type {Map<string, Promise<ImageBitmap | null>>} */
const kept = new Map();

/**
 * A frame; null where it cannot be had now.
 * @param {string} root where the clip's frames lie
 * @param {number} index
 * @returns {Promise<ImageBitmap | null>}
 */
export function frame(root, index) {
  const address = `${root}${index}.webp`;
  const found = kept.get(address) || fetched(address);
  kept.delete(address);  // the latest asked for goes last
  kept.set(address, found);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  return found;
}

async function fetched(address) {
  try {
    const answer = await fetch(new URL(address, document.baseURI));
    if (answer.ok) return await createImageBitmap(await answer.blob());
  } catch { /* the server is gone: said by the press that follows */ }
  kept.delete(address);
  return null;
}

/**
 * Fetches what comes next.
 * @param {string} root
 * @param {number} index
 * @param {number} last of the clip
 * @param {number} by the direction of the slider: 1 or -1
 */
export function ahead(root, index, last, by) {
  for (let step = 1; step <= AHEAD; step++) {
    const next = index + by * step;
    if (next >= 0 && next <= last) frame(root, next);
  }
}
