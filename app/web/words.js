// @ts-check
/* Numbers as people read them. */

/** 2500000 -> "2.5 MB". */
export const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

/** 25000 -> "25 000", with a narrow space that does not break. */
export const count = (/** @type {number} */ number) => number.toLocaleString("en").replaceAll(",", "\u202f");

/** How many of something: 1 -> "1 code", 4 -> "4 codes". */
export const counted = (/** @type {number} */ number, /** @type {string} */ word) => `${number} ${word}${number === 1 ? "" : "s"}`;

/** A time: 40 -> "40 seconds". */
export function duration(/** @type {number} */ seconds) {
  if (seconds < 1.5) return "a second";
  if (seconds < 15) return `${Math.round(seconds)} seconds`;
  if (seconds < 90) return `${5 * Math.round(seconds / 5)} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} minutes` : `${(seconds / 3600).toFixed(1)} hours`;
}

/** A share: 0.25 -> "25 %"; null, which nobody knows, is no 0 %. */
export const percent = (/** @type {number | null | undefined} */ share) => (share === null || share === undefined ? "an unknown share" : `${Math.round(100 * share)} %`);

/** Why something that others do, too, has not begun yet. */
export const waiting = (/** @type {{ ahead: number }} */ { ahead }) => `${ahead} ${ahead === 1 ? "visitor is" : "visitors are"} before you.`;
