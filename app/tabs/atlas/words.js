// @ts-check
/* What the scripts of the tab Atlas say. */
import { count, counted, percent } from "../../web/words.js";

// so that "1 pair" and "1 234 pairs" are said in one way
export const pairs = (/** @type {number} */ many) => `${count(many)} ${many === 1 ? "pair" : "pairs"}`;

export const MAP = {
  unread: "The atlas could not be read; reload the page.",
  of: (/** @type {number} */ many, /** @type {string} */ model) => `${count(many)} frame pairs of ${model}`,
  kinds: { direction: "direction of motion", embodiment: "embodiment", size: "size of motion", task: "task" },
  codeAt: (/** @type {number} */ position) => `code at position ${position}`,
  code: (/** @type {number} */ code) => `code ${code}`,
  sizes: ["still", "up to 2 %", "2 to 5 %", "5 to 10 %", "over 10 % of the frame"],
  chosen: (/** @type {string} */ words, /** @type {number} */ many) => `${words}: ${pairs(many)}`,
  region: (/** @type {string} */ label) => `Region “${label}”`,
  pca: (/** @type {number} */ variance) => `PCA, ${Math.round(100 * variance)} % of the variance`,
  umap: (/** @type {number} */ neighbours, /** @type {string} */ metric, /** @type {string} */ sampled) => `UMAP of the latents before quantization, ${neighbours} neighbours, ${metric}${sampled}`,
  /** of a map that was fitted on some of its points: how far each kind is to be trusted */
  sampled: (/** @type {number} */ fitted, /** @type {number} */ own, /** @type {number} */ placed) =>
    `, fitted on ${count(fitted)} pairs chosen by density (trustworthiness ${own.toFixed(2)}), the others placed on it (${placed.toFixed(2)})`,
  /** @param {string} how @param {string} what @param {(number | null)[]} shares on the map, in the latents, by chance @param {number | null} trust */
  quality: (how, what, [here, latents, chance], trust) =>
    `${how}. Of the nearest pairs of other clips, ${percent(here)} have the same ${what} here, ${percent(latents)} in the latents themselves and ` +
    `${percent(chance)} by chance; trustworthiness ${trust === null ? "unknown" : trust.toFixed(2)}.`,
  car: " A car’s motion is what its driver did: steering goes to the sides, gas up, the brake down.",
  where: (/** @type {[string, number][]} */ fields) => `The words are in the ${fields.map(([field, many]) => `${field} of ${count(many)}`).join(", in the ")}.`,
  quoted: (/** @type {string} */ text) => `“${text}”`,
  own: "your upload",
  like: (/** @type {string} */ clip, /** @type {number} */ frame) => `Most like ${clip}, frame ${frame}`,
  placed: (/** @type {string} */ codes) => `Its codes are ${codes}. It is no point of this atlas: the cross shows where its nearest neighbours among the latents place it.`,
  found: (/** @type {string} */ codes) => `Its codes are ${codes}; its point is ringed.`,
  ringed: (/** @type {string} */ name) => `${name}; its point is ringed.`,
  below: (/** @type {string} */ told, /** @type {number} */ clips) => `${told} Below, the nearest pair of each of ${clips} other clips, by the distance of their latents.`,
  lines: { box: "Box", lasso: "Lasso" },
  empty: (/** @type {string} */ line) => `No point lies inside the ${line.toLowerCase()}.`,
  now: "now",
  later: "a gap later",
  moves: (/** @type {string} */ way) => `moves: ${way}`,
};

export const OPENED = {
  pair: "A pair",
  later: "A gap later",
  thumbnail: "This clip is not part of the page, so there is its thumbnail only; what is imagined is imagined from that.",
  tabs: { explore: "Explore", imagine: "Imagine", transfer: "Transfer" },
  open: (/** @type {string} */ name) => `Open ${name}`,
  first: "The pair's first frame",
  happened: "what happened",
  imagined: "imagined from its codes",
  decoded: "What the model imagines from the first frame and the codes",
  where: (/** @type {string} */ clip, /** @type {number} */ frame, /** @type {boolean} */ heldOut) => `${clip}, frame ${frame}, ${heldOut ? "held out from training" : "seen in training"}`,
  like: "Find pairs like this",
  nearest: "Nearest in other embodiments",
  position: (/** @type {number} */ p) => `Position ${p}`,
  counts: (/** @type {number} */ p, /** @type {number[]} */ own) => `Position ${p}: ${own.map((n, k) => `code ${k} ${n}`).join(", ")}`,
  counted: (/** @type {number} */ code, /** @type {number} */ many) => `code ${code}: ${counted(many, "pair")}`,
  /** @param {number} many @param {number | null} agreement */
  agree: (many, agreement) => `${count(many)} real pairs, ${agreement === null ? "nothing moves in them" : `${Math.round(100 * agreement)} % agreement of their directions`}.`,
  card: "Card ",
  cardImagined: "Imagined",
  frame: (/** @type {string} */ who) => `A frame of ${who}`,
  made: (/** @type {string} */ codes) => `What ${codes} makes of it`,
  more: (/** @type {number} */ some, /** @type {number} */ left) => `Show ${some} more of ${count(left)}`,
  making: "Making the file…",
  save: "Save these pairs",
  csv: ["CSV", "A line a pair: clip, frame, embodiment, task, instruction, codes, motion"],
  json: ["JSON", "The same, with the model and what the pairs were chosen by"],
  sheet: ["Contact sheet", "A picture of both frames of each pair; of many, some evenly"],
  nothing: "Click a point to open its pair, or draw a lasso or a box around many. With the keyboard: focus the map, then Enter.",
  begin: "A code to begin with: of those in common use, the one whose pairs agree best on a direction.",
  show: (/** @type {number} */ many) => `Show its ${pairs(many)} on the map`,
  titles: { apart: "Nearest first, with the distance", card: "Real examples", pairs: "Pairs" },
  effect: "Mean effect",
  codes: "Codes",
  leads: "These buttons open its first pair whose clip is part of the page.",
};

export const FILES = {
  failed: "The file could not be made; try again.",
  saved: (/** @type {string} */ name) => `Saved as ${name}.`,
};

export const BRING = {
  needed: "A video is needed.",
};

export const USAGE = {
  codes: (/** @type {number} */ position) => `the codes of position ${position}, by embodiment`,
  divergence: "the divergence between embodiments",
  share: (/** @type {string} */ name, /** @type {number} */ code, /** @type {number} */ share) => `${name}, code ${code}: ${(100 * share).toFixed(1)} %`,
  card: (/** @type {number} */ code, /** @type {number} */ position) => `Card of code ${code} at position ${position}`,
  position: OPENED.position,
  perplexity: (/** @type {number} */ perplexity, /** @type {number} */ values) => ` in % of its pairs; perplexity ${perplexity.toFixed(1)} of ${values}`,
  embodiment: "embodiment",
  frequent: (/** @type {number} */ share, /** @type {number} */ bodies) => ` ${(100 * share).toFixed(1)} % of all pairs, ${counted(bodies, "embodiment")}`,
  about: { direction: "direction of motion" },
  information: "Mutual information",
  bits: " in bits; small: by chance, whole clips shuffled",
  ofWhat: "about",
  at: (/** @type {number} */ position) => `position ${position}`,
  all: "all",
};
