// @ts-check
/* Commands of the tabletop as people read them. */

/**
 * "2.8 cm to the left, 2.7 cm up"
 * @param {number[]} command centimetres to the right and up in the picture
 */
export function inCentimetres([right, up]) {
  const part = (/** @type {number} */ value, /** @type {string} */ plus, /** @type {string} */ minus) => (value ? `${Math.abs(value).toFixed(1)} cm ${value > 0 ? plus : minus}` : "");
  return [part(right, "to the right", "to the left"), part(up, "up", "down")].filter(Boolean).join(", ") || "not to move";
}
