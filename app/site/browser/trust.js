// @ts-check
/* How far an imagined picture can be trusted, as app/core/trust.py says it where nothing is known of
 * how real frames of a robot look: that takes a second network, which this copy does not carry. Pure. */

// detail of the robot over that of x_0 outside of which it has dissolved, or has detail that was not there
const BLURRED = 0.6, NOISY = 2;

/** @typedef {{ since: number | null, doubt: string }} Trust */

/** @returns {Trust} */
export const beginning = () => ({ since: null, doubt: "" });

/**
 * With one step more; an error is fed back, so a doubt stays.
 * @param {Trust} trust
 * @param {number} step
 * @param {number} sharpness
 * @returns {Trust}
 */
export function after(trust, step, sharpness) {
  if (trust.since !== null || step === 0) return trust;
  const doubt = sharpness < BLURRED ? "the robot has lost more than a third of its detail"
    : sharpness > NOISY ? "the robot has detail that was not there" : "";
  return doubt ? { since: step, doubt } : trust;
}

export function sentence(/** @type {Trust} */ trust, /** @type {number} */ step, /** @type {number} */ sharpness) {
  if (trust.since !== null) return `From step ${trust.since} on the picture should not be trusted: ${trust.doubt}.`;
  if (step === 0) return "Nothing is imagined yet: this is a real frame.";
  return `Up to step ${step} the robot keeps ${Math.round(100 * sharpness)} % of the first frame's detail; ` +
    "how real frames of it look is not known here, so judge by eye.";
}
