// @ts-check
/* What the script of the drawer of models says. */

export const DRAWER = {
  /** @param {{ positions: number, values: number, size: number, gap: number }} model */
  codes: ({ positions, values, size, gap }) => `${positions} × ${values} codes, ${size} px, gap ${gap} s`,
  takes: (/** @type {string} */ parameters, /** @type {string} */ memory, /** @type {string} */ time) => `${parameters} parameters · ${memory} of memory · a press in ${time}`,
  source: (/** @type {string} */ source) => `opened from ${source}`,
  back: (/** @type {string} */ name) => `Back to ${name}`,
  late: "The server has not answered in time. Try again.",
  stage: (/** @type {string} */ words) => `${words}…`,
};
