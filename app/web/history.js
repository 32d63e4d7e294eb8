// @ts-check
/* What was shown before, to be undone and done again. */

/**
 * @template Moment
 * @param {{ most?: number }} [options] most: how many moments are kept, the oldest go first
 */
export function history({ most = 200 } = {}) {
  /** @type {Moment[]} */
  let past = [];
  let at = -1;

  return {
    clear() {
      past = [];
      at = -1;
    },

    /**
     * Adds a moment; what was undone before is gone.
     * @param {Moment} moment
     * @param {boolean} [merge] whether it belongs to the same gesture as the one before, and replaces it
     */
    record(moment, merge = false) {
      past.length = merge && at >= 0 ? at : at + 1;
      past.push(moment);
      if (past.length > most) past.shift();
      at = past.length - 1;
    },

    /**
     * Replaces the moment one is at.
     * @param {Moment} moment
     */
    amend(moment) {
      if (at >= 0) past[at] = moment;
    },

    /**
     * Goes back (-1) or forth (1).
     * @param {number} by
     * @returns {Moment | null} where one is then; null where there is nothing
     */
    step(by) {
      const to = at + by;
      if (to < 0 || to >= past.length) return null;
      at = to;
      return past[at];
    },

    /** Whether there is a step back and a step forth. */
    steps: () => ({ undo: at > 0, redo: at < past.length - 1 }),
  };
}
