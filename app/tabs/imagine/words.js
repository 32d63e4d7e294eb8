// @ts-check
/* What the scripts of the tab Imagine say. */

const STEPS = [["left", "←"], ["right", "→"], ["up", "↑"], ["down", "↓"]];
const OTHERS = [["close", "G", "grip"], ["open", "O", "open"], ["stay", "S", ""]];

/**
 * Which keys the picture listens to: those of this model and robot alone. Keys stand in `backticks`.
 * @param {string[]} learned names of the keys that have a latent action
 * @param {{ values: number, positions: number }} model
 * @param {string} stay what its embodiment does instead of moving: a car drives straight on
 */
export function keysHint(learned, { values, positions }, stay = "stay") {
  const arrows = STEPS.filter(([name]) => learned.includes(name)).map(([, sign]) => `\`${sign}\``).join("");
  const others = OTHERS.filter(([name]) => learned.includes(name)).map(([, letter, does]) => `\`${letter}\` ${does || stay}`);
  const driven = [arrows, ...others].filter(Boolean).join(", ");
  const last = Math.min(values - 1, 9);
  const digits = `\`0\`–\`${last}\` step with that code` +
    (positions > 1 ? " at the chosen position, `P` the next position" : "");
  return `Click the picture, then use ${[driven, digits].filter(Boolean).join("; ")}; ` +
    "`Space` plays, `Enter` steps, `U` undoes, `R` resets.";
}

export const TREE = {
  start: "start",
  leaf: (/** @type {number} */ step, /** @type {string} */ words, /** @type {number} */ pin) => `Step ${step}, ${words}${pin >= 0 ? `, pinned ${pin + 1}` : ""}`,
  title: (/** @type {number} */ step, /** @type {string} */ words, /** @type {string} */ told) => `Step ${step} · ${words}${told ? ` · ${told}` : ""}`,
  pinned: (/** @type {string} */ letter, /** @type {number} */ step, /** @type {string} */ codes) => `${letter} · step ${step}${codes ? ` · ${codes}` : ""}`,
  apart: (/** @type {number} */ levels) => `A against B: ${levels.toFixed(1)} of 255 grey levels apart`,
  every: (/** @type {number} */ values, /** @type {number} */ position) => `All ${values} codes of position ${position}`,
  pin: "Pin this moment",
  unpin: "Unpin this moment",
  empty: "nothing yet: a branch splits this moment into several futures",
  count: (/** @type {number} */ moments) => `${moments} moments; click one to go on from there`,
};

export const DRIFT = {
  now: (/** @type {number | null} */ far, /** @type {number} */ sharp) => `${far === null ? "" : `distance ${far.toFixed(2)} · `}sharpness ${sharp.toFixed(2)}`,
};

export const PLAYER = {
  heard: (/** @type {number} */ step) => `Imagined frame at step ${step}`,
  step: (/** @type {number} */ step, /** @type {number} */ most, /** @type {string} */ codes) => `step ${step} of ${most}${codes ? ` · ${codes}` : ""}`,
  replayed: (/** @type {number} */ step, /** @type {number} */ most, /** @type {number} */ psnr, /** @type {boolean} */ anchored) =>
    `step ${step} of ${most} · ${psnr.toFixed(1)} dB${anchored ? " · from the true frame" : ""}`,
  inferred: (/** @type {string} */ codes) => `inferred ${codes}`,
  pause: "Pause",
  play: "Play",
  replay: "Replay",
  always: "at every step (teacher-forced)",
  never: "never (closed loop)",
  every: (/** @type {number} */ steps) => `every ${steps} steps`,
  unlearned: (/** @type {string} */ name) => `No latent action was learned here for “${name}”; choose one with Edit.`,
  upload: "your upload",
};

export const QUEUE = {
  next: "One other is playing; you are next.",
  later: (/** @type {number} */ ahead) => `${ahead} others come before you.`,
};

export const KEYS = {
  names: { up: "Up", left: "Left", stay: "Stay", right: "Right", down: "Down", close: "Grip", open: "Open" },
  ofDream: (/** @type {number} */ p) => `Position ${p} of the dream`,
  digits: "Number keys set this position",
  choose: (/** @type {number} */ p) => `Choose position ${p} for the number keys`,
  code: (/** @type {number} */ p, /** @type {number} */ k, /** @type {string} */ word) => `Position ${p}, code ${k}${word ? `, ${word}` : ""}`,
  own: "Chosen by you.",
  heard: (/** @type {string} */ name, /** @type {string} */ codes) => `${name}: ${codes || "none was learned"}`,
  title: (/** @type {string} */ name, /** @type {string} */ codes, /** @type {string} */ told) => `${name} ${codes}. ${told}`,
  none: "No latent action was learned for this; choose one with Edit.",
  back: "Back to the learned keys",
  field: (/** @type {string} */ name) => `Latent action of ${name}`,
};

export const KEEP = {
  making: (/** @type {string} */ kind) => `Making the ${kind}…`,
  large: (/** @type {string} */ name, /** @type {string} */ size, /** @type {string} */ most) => `${name} has ${size}. A dream has at most ${most}.`,
  again: (/** @type {string} */ name) => `Imagining ${name} again…`,
  linked: "Link copied. It opens exactly this dream.",
  frames: (/** @type {number} */ count) => `${count} frame${count === 1 ? "" : "s"}`,
};

export const SEQUENCE = {
  copy: "selected; press Ctrl+C to copy",
  paste: "press Ctrl+V to paste",
  empty: "the dream is at its first frame",
};
