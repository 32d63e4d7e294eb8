// @ts-check
/* How far an imagined picture can be trusted, as app/core/trust.py says it where nothing is known of
 * how real frames of what moves look: that takes a second network, which this copy does not carry. Pure. */

// detail of what moves over that of x_0 outside of which it has dissolved, or has detail that was not there
const BLURRED = 2 / 3, NOISY = 1.5;
// what changes in the picture where that is not what moves
const SEEN = { car: "changed part of the view" };

/** @typedef {{ since: number | null, doubt: string, moves: string }} Trust moves: what does, a robot or a car */

const seen = (/** @type {Trust} */ { moves }) => SEEN[moves] || moves;

/** @returns {Trust} */
export const beginning = (/** @type {string} */ moves) => ({ since: null, doubt: "", moves });

/**
 * With one step more; an error is fed back, so a doubt stays.
 * @param {Trust} trust
 * @param {number} step
 * @param {number} sharpness
 * @returns {Trust}
 */
export function after(trust, step, sharpness) {
  if (trust.since !== null || step === 0) return trust;
  const doubt = sharpness < BLURRED ? `the ${seen(trust)} has lost more than a third of its detail`
    : sharpness > NOISY ? `the ${seen(trust)} has detail that was not there` : "";
  return doubt ? { ...trust, since: step, doubt } : trust;
}

export function sentence(/** @type {Trust} */ trust, /** @type {number} */ step, /** @type {number} */ sharpness) {
  if (trust.since !== null) return `From step ${trust.since} on the picture should not be trusted: ${trust.doubt}.`;
  if (step === 0) return "Nothing is imagined yet: this is a real frame.";
  return `Up to step ${step} the ${seen(trust)} keeps ${Math.round(100 * sharpness)} % of the first frame's detail; ` +
    "how real frames of it look is not known here, so judge by eye.";
}
