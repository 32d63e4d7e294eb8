// @ts-check
/* The score of a game and the link that challenges somebody: pure. */

/** @typedef {{ done: number, right: number, streak: number, longest: number }} Score */

/** @returns {Score} */
export const beginning = () => ({ done: 0, right: 0, streak: 0, longest: 0 });

/**
 * The score after an answer.
 * @param {Score} score
 * @param {boolean} right
 * @returns {Score}
 */
export function answered(score, right) {
  const streak = right ? score.streak + 1 : 0;
  return { done: score.done + 1, right: score.right + Number(right), streak, longest: Math.max(score.longest, streak) };
}

/** @param {Score} score */
export const total = ({ right, longest }) => ({ right, longest });

/**
 * The query of the same rounds for somebody else.
 * @param {{ m: string, seed: number }} game
 * @param {{ right: number }} reached what there is to beat
 */
export const challenge = ({ m, seed }, { right }) => `?${new URLSearchParams({ m, guess: String(seed), beat: String(right) })}`;

/**
 * The game that a query asks for; null where it asks for none.
 * @param {string} query
 * @returns {{ seed: number, beaten: number | null } | null}
 */
export function challenged(query) {
  const asked = new URLSearchParams(query), seed = asked.get("guess") || "", beaten = asked.get("beat") || "";
  if (!/^\d{1,6}$/.test(seed)) return null;
  return { seed: Number(seed), beaten: /^\d{1,2}$/.test(beaten) ? Number(beaten) : null };
}
