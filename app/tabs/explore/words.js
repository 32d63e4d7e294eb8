// @ts-check
/* What the scripts of the tab Explore say. */

export const EPISODE = {
  reading: "Reading the episode…",
  late: "The server has not read the episode in time.",
  /** @param {number} curves how many the recorded action has @param {number} rows positions */
  how: (curves, rows) => `${curves ? "Curves: the recorded action, each dimension to its own largest value." : "The action in this clip is not known."} ` +
    `Strip: the codes inferred at each frame, a colour a code${rows > 1 ? `, a row each of the ${rows} positions` : ""}. Click to go there; space plays.`,
  ending: (/** @type {number} */ index) => `frame ${index} · the clip ends before its future`,
  heard: (/** @type {number} */ frames) => `The episode, ${frames} frames: the recorded action and the inferred codes; the slider above goes to each.`,
};

export const LENGTHS = {
  of: (/** @type {number} */ many, /** @type {number} */ all) => `${many} of ${all}`,
  /** @param {string} codes @param {number} many @param {number} all */
  told: (codes, many, all) => many === all
    ? `${codes}: the whole latent action.`
    : `${codes}: the first ${many === 1 ? "code" : `${many} codes`} alone; of the rest nothing is said.`,
};

export const GUESS = {
  before: "before",
  after: "after",
  laying: "Laying out the next pair…",
  /**
   * @param {number | null} beaten what somebody else got
   * @param {{ m: string, embodiment: string, gap: number }} round
   * @param {number} rounds
   */
  about: (beaten, { m, embodiment, gap }, rounds) => `Two frames of ${embodiment}, ${gap} s apart; one of the four is what ${m} read from them.` +
    (beaten === null ? "" : ` Who sent you this got ${beaten} of ${rounds}.`),
  /** @param {{ done: number, right: number, streak: number }} score @param {number} rounds */
  score: ({ done, right, streak }, rounds) => `Pair ${Math.min(done + 1, rounds)} of ${rounds} · ${right} right${streak > 1 ? ` · ${streak} in a row` : ""}`,
  did: "did this",
  yours: "your guess",
  drawn: (/** @type {string} */ codes) => `What the decoder draws for ${codes}`,
  /** @param {boolean} right @param {string} codes @param {string} name */
  verdict: (right, codes, name) => `${right ? "Right" : "Not this time"}: ${codes}${name ? ` (${name})` : ""} was read from this pair. Below each code: what the decoder draws for it.`,
  next: "Next pair",
  end: "How did I do?",
  /** @param {{ right: number, longest: number }} total @param {number | null} beaten @param {number} rounds */
  total: ({ right, longest }, beaten, rounds) => `${right} of ${rounds} right, ${longest} in a row at best.` +
    (beaten === null ? "" : right > beaten ? ` That beats ${beaten}.` : right === beaten ? ` As many as who sent you this.` : ` Who sent you this got ${beaten}.`),
  chance: (/** @type {number} */ rounds) => `Blind guesses get ${rounds / 4} of ${rounds} on average. Your answers stay in this page: nobody else sees them.`,
  again: "Ten other pairs",
  challenge: "Challenge somebody",
  copied: "Link copied. It opens exactly these pairs and says what you got.",
};

export const STAGE = {
  badge: { now: "now", looked: "preview", imagined: "imagined" },
  single: "one image",
  where: (/** @type {number} */ index, /** @type {number} */ last, /** @type {number} */ seconds) => `frame ${index} of ${last} · ${seconds.toFixed(1)} s`,
  value: (/** @type {number} */ index) => `frame ${index}`,
  heard: (/** @type {number} */ index, /** @type {string} */ instruction) => `Frame ${index}${instruction ? `: ${instruction}` : ""}`,
  later: (/** @type {number} */ gap) => `${gap} s later`,
  imagined: (/** @type {number} */ gap, /** @type {string} */ codes) => `Imagined frame ${gap} s later for latent action ${codes}`,
  none: "No imagined frame",
  took: (/** @type {string} */ codes, /** @type {string} */ word, /** @type {number} */ index, /** @type {number} */ milliseconds) =>
    `Latent action ${codes}${word ? ` (${word})` : ""} on frame ${index}, imagined in ${milliseconds} ms.`,
  starting: "The model is starting; the imagined frame follows in a few seconds.",
  unusable: (/** @type {string} */ error) => `${error} You can still browse the frames.`,
  dismiss: "Dismiss this note",
  play: "Play the episode",
  pause: "Pause",
};

export const PADS = {
  position: (/** @type {number} */ p) => `Position ${p}`,
  sweep: "sweep",
  see: (/** @type {number} */ p) => `Sweep position ${p}: see every code`,
  code: (/** @type {number} */ p, /** @type {number} */ k, /** @type {string} */ word, /** @type {boolean} */ real) => `Position ${p}, code ${k}${word ? `, ${word}` : ""}${real ? ", inferred" : ""}`,
  preset: (/** @type {string} */ codes, /** @type {string} */ note, /** @type {string} */ told) => `${codes}: ${note}.${told ? ` ${told}` : ""}`,
  random: "Random",
  atRandom: "A latent action at random",
};

export const SWEEP = {
  position: (/** @type {number} */ p) => `Sweep position ${p}`,
  apart: (/** @type {number} */ code, /** @type {number} */ p) => `grey levels from the chosen picture; take code ${code} at position ${p}`,
};

export const FREQUENT = {
  take: (/** @type {string} */ codes, /** @type {string} */ note, /** @type {string} */ told) => `Take ${codes}: ${note}.${told ? ` ${told}` : ""}`,
  everybody: "all embodiments",
};

export const PICKER = {
  all: "All",
  clips: (/** @type {number} */ count) => `${count} clip${count === 1 ? "" : "s"}`,
  unnamed: "Your upload",
  own: "your upload",
  button: "Your image or video",
  uploading: "Uploading…",
  needed: "An image or a video is needed.",
  kept: "Kept only until you close this page.",
};

export const TRUTH = {
  bare: "Without a checkpoint nothing can be imagined or compared.",
  unknown: "The true future of this frame is not known.",
  starting: "It is shown here once the model has started.",
  frame: (/** @type {number} */ index) => `frame ${index}`,
  heard: (/** @type {number} */ index) => `True frame ${index}`,
  use: "Use inferred codes",
  used: "In use",
};
