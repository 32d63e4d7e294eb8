// @ts-check
/* What the scripts of the tab Policy say. Times are in words already: "1.2 s". */

export const START = "the start";
export const STOPPING = "Stopping…";
export const stopped = (/** @type {string} */ time) => `Stopped after ${time}.`;

const often = (/** @type {number} */ count) => (count === 1 ? "once a second" : `${count} times a second`);
const counted = (/** @type {number} */ count, /** @type {string} */ one, /** @type {string} */ more) => `${count} ${count === 1 ? one : more}`;

export const FORM = {
  from: [["live", "in the simulator"], ["recorded", "with a recording"]],
  frame: (/** @type {number} */ index, /** @type {number} */ last) => `From frame ${index} of ${last}`,
  recorded: (/** @type {string} */ error) => `${error} Recorded episodes are shown instead.`,
  unjudged: (/** @type {string} */ why) => `Nobody can say when this is done: ${why}.`,
  understood: (/** @type {string} */ instruction) => `Understood as “${instruction}”.`,
  usual: (/** @type {string} */ instruction, /** @type {boolean} */ recording) => `${recording ? "The recording was told" : "This board was made for"}: “${instruction}”.`,
  making: (/** @type {string} */ kind) => `Making the ${kind}…`,
  kept: (/** @type {string} */ name, /** @type {number} */ kilobytes) => `${name}, ${kilobytes} kB`,
};

export const IMAGINED = {
  step: (/** @type {number} */ step, /** @type {number} */ all) => `step ${step} of ${all}`,
  at: (/** @type {string} */ step, /** @type {string} */ time, /** @type {string} */ ended) => `${step} · ${time}${ended ? `, ended after ${ended}` : ""}`,
  share: (/** @type {number} */ position, /** @type {number} */ code, /** @type {number} */ share) => `position ${position}: code ${code}, ${Math.round(100 * share)} %`,
  stopped: (/** @type {number} */ count, /** @type {number} */ all) => `Stopped after ${count} of ${all} steps.`,
  sure: (/** @type {number} */ count, /** @type {number} */ mean, /** @type {number} */ chance) =>
    `${count} latent actions; the policy was ${Math.round(100 * mean)} % sure of a code on average (guessing is ${Math.round(100 * chance)} %).`,
};

export const ACTED = {
  recorded: "Recorded",
  simulator: "Simulator",
  ended: (/** @type {string} */ time) => `, ended after ${time}`,
  move: (/** @type {number[]} */ millimetres) => `move ${millimetres.map((mm) => mm.toFixed(0)).join(", ")} mm`,
  distance: (/** @type {number} */ centimetres) => `${centimetres.toFixed(1)} cm from the goal`,
  recordedPolicy: "The recorded policy",
  unjudged: (/** @type {string} */ time) => `It moved for ${time}; nobody can say whether this instruction is done.`,
  success: (/** @type {string} */ who, /** @type {string} */ time) => `Success: ${who} did it in ${time}.`,
  failure: (/** @type {string} */ who, /** @type {string} */ time) => `Failure: ${who} had not done it after ${time}.`,
  tried: (/** @type {boolean} */ success, /** @type {string} */ time) => (success ? `success in ${time}` : `failure after ${time}`),
  spoken: (/** @type {string} */ who, /** @type {number} */ count) => `${who}, a word ${often(count)}`,
  onThis: "On this start",
  rates: "Success within 10 s, measured with cylinder, plain",
  replayed: "A recorded episode: the simulator does not run now.",
  begins: (/** @type {string} */ who) => `The run begins (${who})…`,
};

export const CLOCKS = {
  one: "One clock",
  both: "Both clocks",
  speaks: (/** @type {number} */ count) => `the large model speaks ${often(count)}`,
  head: (/** @type {number} */ count) => `the head acts ${often(count)}`,
  acts: (/** @type {string} */ who, /** @type {number} */ count) => `${who} acts ${often(count)}`,
  words: (/** @type {number} */ count) => counted(count, "word", "words"),
  moves: (/** @type {number} */ count) => counted(count, "move", "moves"),
  inForce: "Word in force",
  age: (/** @type {number} */ seconds) => `${seconds.toFixed(1)} s old`,
  none: "No word has come yet: the robot stands still.",
  row: (/** @type {number} */ seconds) => `The row is ${seconds.toFixed(0)} s of the robot's time.`,
  rows: (/** @type {number} */ seconds, /** @type {number} */ late) =>
    `Each row is ${seconds.toFixed(0)} s of the robot's time. A word comes ${late.toFixed(1)} s after the frame that it was said of.`,
};

export const RACE = {
  speaks: (/** @type {number} */ count) => `its large model speaks ${often(count)}`,
  acts: (/** @type {string} */ who) => `${who} acts`,
  ended: (/** @type {string} */ time) => `ended after ${time}`,
  done: (/** @type {string} */ time) => `done in ${time}`,
  not: (/** @type {string} */ time) => `not done after ${time}`,
  play: "Play",
  pause: "Pause",
  begins: "The race begins…",
  unjudged: "Nobody can say who did it: this instruction is no task of this board.",
  /** @param {[string, string][]} first who, and in what time @param {number} done @param {number} all */
  first: (first, done, all) => `First: ${first.map(([who, time]) => `${who} in ${time}`).join(" and ")}; ${done} of ${all} did it.`,
  nobody: (/** @type {string} */ time) => `Nobody did it within ${time}.`,
};
