// @ts-check
/* What the scripts of the tab Checkup say; questions, figures and sentences come with the report. */
import { count, counted, duration } from "../../web/words.js";

export const CARDS = {
  unmeasured: "not measured yet",
  reach: "What good models reach. ",
  pairs: (/** @type {number} */ pairs) => `${count(pairs)} `,
  /** terms with a gloss stand between the parts */
  published: {
    on: " measured before and published with the checkpoint, on ",
    pairs: "frame pairs",
    of: (/** @type {number} */ episodes) => ` of ${episodes} `,
    episodes: "held-out episodes",
    run: ". Run the checkup for pictures and for clips of your choice.",
  },
  measured: {
    on: (/** @type {string} */ data, /** @type {number} */ pairs) => ` measured now on ${data}: ${count(pairs)} `,
    of: (/** @type {number} */ episodes, /** @type {number} */ seconds) => ` of ${counted(episodes, "episode")}, in ${duration(seconds)}.`,
  },
  nothing: " has not been measured yet. Run the checkup to see its figures.",
  apart: "A and B were measured on different data, so neither is better: run the checkup with both on the same clips.",
};

export const FORM = {
  sizes: { quick: ["Quick", "a sample, enough for a first verdict"], thorough: ["Thorough", "every frame pair, for narrow intervals"] },
  none: "No checkpoint that came with the page can be examined; upload one of yours.",
  yours: (/** @type {string} */ title) => `${title} (yours)`,
  other: (/** @type {number} */ others) => (others ? "nothing" : "nothing (upload a second one)"),
  clips: (/** @type {number} */ clips) => counted(clips, "clip"),
  video: "Your video",
  seconds: (/** @type {number} */ seconds) => `${seconds} s`,
  chosen: (/** @type {number} */ clips) => `${clips} chosen`,
  /** @param {{ pairs: number, allPairs: number, episodes: number, seconds: number | null }} plan @param {boolean} both */
  plan: ({ pairs, allPairs, episodes, seconds }, both) =>
    `Looks at ${pairs < allPairs ? `${count(pairs)} of ${count(allPairs)}` : `all ${count(pairs)}`} frame pairs of ${counted(episodes, "clip")}${both ? ", with both checkpoints" : ""}: ` +
    `${seconds === null ? "the time is known once the checkpoint is loaded" : `about ${duration(seconds)}`}.`,
  uploading: (/** @type {string} */ size) => `Uploading ${size}…`,
};

export const REPORT = {
  starting: "Starting",
  done: "Done",
  progress: (/** @type {string} */ title) => `Progress of the checkup${title && ` ${title}`}`,
  silent: "The server does not answer any more. Check the connection and start again.",
  cancelledBefore: "This checkup was cancelled; start it again to see its figures.",
  heard: (/** @type {string} */ words, /** @type {string} */ left) => `${words}. ${left}`,
  waiting: (/** @type {number} */ ahead) => (ahead === 1 ? "Waiting for one checkup before this" : `Waiting for ${ahead} checkups before this`),
  estimating: "estimating the time",
  left: (/** @type {number} */ seconds) => `about ${duration(seconds)} left`,
  others: (/** @type {string} */ time, /** @type {number} */ others) => `${time} · ${others} other visitor${others > 1 ? "s" : ""} wait${others > 1 ? "" : "s"} for it too`,
  writing: "Writing the report.",
  lost: "The report could not be fetched. Start the checkup again.",
  here: "The report is here.",
  cancelled: "The checkup was cancelled.",
  again: "The report could not be fetched. Try again.",
  dismiss: "Close this note",
};
