// @ts-check
/* Searches among the points of an atlas, as app/tabs/atlas has them: words, patterns, likeness, what
 * pairs have in common. Pure. */
import { WAYS } from "../../tabs/atlas/points.js";

/** @typedef {any} Book Points of tabs/atlas/points.js with `columns` */
/** @typedef {{ width: number, data: Float32Array }} Latents */

const EXAMPLES = 6;
// a motion below this share of the frame's side is none
const HARDLY = 0.004;
const LONGEST = 200;

const bytes = (/** @type {string} */ text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
const three = (/** @type {number} */ value) => Math.round(1000 * value) / 1000;
const four = (/** @type {number} */ value) => Math.round(10000 * value) / 10000;

/** The columns that only searches need (app/site/atlas.py). */
export function columns(/** @type {any} */ { instructions, width, command, packed }) {
  return {
    instructions, width, command, instruction: new Uint16Array(bytes(packed.instruction)), gap: new Uint16Array(bytes(packed.gap)), held: new Uint8Array(bytes(packed.held)),
    first: new Uint32Array(bytes(packed.first)), second: new Uint32Array(bytes(packed.second)), aspect: new Float32Array(bytes(packed.aspect)),
  };
}

export const codesOf = (/** @type {Book} */ own, /** @type {number} */ i) => Array.from(own.codes.subarray(i * own.positions, (i + 1) * own.positions));

/** `[3,*,0,*]` */
export const text = (/** @type {(number | null)[]} */ pattern) => `[${pattern.map((code) => (code === null ? "*" : code)).join(",")}]`;

/* ---- patterns ---- */
/** Whether text means codes, not words: it begins as a latent action does, or has no letter. */
export function isPattern(/** @type {string} */ asked) {
  const told = asked.trim();
  return ["[", "("].includes(told.slice(0, 1)) || !/[\p{L}]/u.test(told);
}

/**
 * One entry a position; null is any code. Throws an Error with `more`: where it does not fit.
 * @param {string} asked
 * @param {{ positions: number, values: number }} model
 * @returns {(number | null)[]}
 */
export function pattern(asked, { positions, values }) {
  const told = asked.slice(0, LONGEST), entries = [];
  const wrong = (/** @type {number} */ at, /** @type {string} */ said) => {
    const example = text(Array.from({ length: positions }, (_, p) => (p % 2 ? null : 0)));
    const error = new Error(`character ${at + 1}: ${said}; a pattern has ${positions} codes from 0 to ${values - 1} or *, such as ${example}`);
    return Object.assign(error, { more: { pointer: `${told.replaceAll("\n", " ")}\n${" ".repeat(at)}^`, at } });
  };
  const token = /(?:(-?\d{1,9})(?!\d))|([*_?])|[\s,;[\]()]+/y;
  for (let at = 0; at < told.length;) {
    token.lastIndex = at;
    const read = token.exec(told);
    if (!read) throw wrong(at, `found "${told[at]}"`);
    if (read[1] || read[2]) entries.push({ at, code: read[1] ? Number(read[1]) : null });
    at = token.lastIndex;
  }
  if (entries.length === 1 && /^\d+$/.test(told.trim())) while (entries.length < positions) entries.push({ at: told.length, code: null });
  entries.forEach(({ at, code }, position) => {
    if (position >= positions) throw wrong(at, `there are only ${positions} positions`);
    if (code !== null && !(code >= 0 && code < values)) throw wrong(at, `found "${code}"`);
  });
  if (entries.length !== positions) throw wrong(told.length, `${entries.length} of ${positions} positions are given`);
  return entries.map(({ code }) => code);
}

/** Rows whose codes fit a pattern. */
export function matching(/** @type {Book} */ own, /** @type {(number | null)[]} */ wanted) {
  const rows = [];
  for (let i = 0; i < own.count; i++) if (wanted.every((code, p) => code === null || own.codes[i * own.positions + p] === code)) rows.push(i);
  return rows;
}

/* ---- words ---- */
const ALSO = { embodiment: "robot" }, SAME = { up: "upper", down: "lower" };
const split = (/** @type {string} */ asked) => asked.toLowerCase().match(/[\p{L}\p{N}]+/gu) || [];

/**
 * The pairs that have every word, anywhere or in the field before it: `push star`, `robot:panda`.
 * @param {Book} own
 * @param {string} asked
 */
export function words(own, asked) {
  const field = (names, rows) => ({ values: names.map(split), rows });
  const ways = WAYS.map((way) => split(way).flatMap((each) => [each, SAME[each] || each]));
  const fields = { instruction: field(own.instructions, own.instruction), robot: field(own.embodiments, own.embodiment), task: field(own.tasks, own.task), direction: { values: ways, rows: own.direction } };
  const terms = asked.slice(0, LONGEST).split(/\s+/).flatMap((part) => {
    const [name, ...rest] = part.split(":");
    if (!rest.length) return split(part).map((word) => ({ names: Object.keys(fields), word }));
    const known = ALSO[name.toLowerCase()] || name.toLowerCase();
    if (!fields[known]) throw new Error(`There is no field '${name.slice(0, 30)}'; words are looked for in ${Object.keys(fields).join(", ")}.`);
    return split(rest.join(":")).map((word) => ({ names: [known], word }));
  });
  if (!terms.length) throw new Error("There is no word to look for; write one, such as push, or an embodiment's.");
  const fits = new Uint8Array(own.count).fill(1), has = Object.fromEntries(Object.keys(fields).map((name) => [name, new Uint8Array(own.count)])), missing = [];
  for (const { names, word } of terms) {
    const anywhere = new Uint8Array(own.count);
    for (const name of names) {
      const { values, rows } = fields[name], fit = values.map((value) => value.some((each) => each.startsWith(word)));
      for (let i = 0; i < own.count; i++) if (fit[rows[i]]) anywhere[i] = has[name][i] = 1;
    }
    if (!anywhere.includes(1)) missing.push(word);
    for (let i = 0; i < own.count; i++) fits[i] &= anywhere[i];
  }
  const rows = [...fits.keys()].filter((i) => fits[i]), told = { text: split2(asked), rows };
  if (missing.length) return { ...told, note: `No pair has ${missing.map((word) => `“${word}”`).join(" or ")} in instruction, embodiment, task or direction.` };
  if (!rows.length) return { ...told, note: "Pairs have each of these words, but none has all of them." };
  const where = Object.entries(has).map(([name, own]) => [name, rows.filter((i) => own[i]).length]).filter(([, count]) => count);
  return { ...told, where: Object.fromEntries(where) };
}

const split2 = (/** @type {string} */ asked) => asked.split(/\s+/).filter(Boolean).join(" ");

/* ---- likeness ---- */
function apart(/** @type {Latents} */ { width, data }, /** @type {number} */ i, /** @type {number} */ k) {
  let sum = 0;
  for (let n = 0; n < width; n++) sum += (data[i * width + n] - data[k * width + n]) ** 2;
  return sum;
}

/** The nearest pair of each other embodiment, the nearest of all first: [row, distance]. */
export function elsewhere(/** @type {Book} */ own, /** @type {Latents} */ latents, /** @type {number} */ i) {
  const best = new Map();
  for (let k = 0; k < own.count; k++) {
    const body = own.embodiment[k];
    if (body === own.embodiment[i]) continue;
    const far = apart(latents, i, k);
    if (!best.has(body) || far < best.get(body)[1]) best.set(body, [k, far]);
  }
  return [...best.values()].sort((a, b) => a[1] - b[1]).map(([k, far]) => [k, three(Math.sqrt(far))]);
}

/** The pairs most like one, of each other clip the nearest. */
export function alike(/** @type {Book} */ own, /** @type {Latents} */ latents, /** @type {number} */ i, /** @type {number} */ most) {
  const best = new Map();
  for (let k = 0; k < own.count; k++) {
    const clip = own.clip[k], far = apart(latents, i, k);
    if (clip !== own.clip[i] && (!best.has(clip) || far < best.get(clip)[1])) best.set(clip, [k, far]);
  }
  return [...best.values()].sort((a, b) => a[1] - b[1]).slice(0, most).map(([k, far]) => [k, three(Math.sqrt(far))]);
}

/* ---- what pairs have in common ---- */
/** The mean of motions, and how far they agree: |mean of the unit vectors|. */
export function effect(/** @type {string} */ embodiment, /** @type {Book} */ own, /** @type {number[]} */ rows) {
  let right = 0, down = 0, x = 0, y = 0, moving = 0;
  for (const i of rows) {
    const r = own.motion[2 * i], d = own.motion[2 * i + 1], length = Math.hypot(r, d);
    right += r;
    down += d;
    if (length <= HARDLY) continue;
    x += r / length;
    y += d / length;
    moving += 1;
  }
  return { embodiment, pairs: rows.length, motion: [four(right / rows.length), four(down / rows.length)], agreement: moving ? three(Math.hypot(x, y) / moving) : null };
}

const byBody = (/** @type {Book} */ own, /** @type {number[]} */ rows) => own.embodiments.map((name, n) => ({ name, rows: rows.filter((i) => own.embodiment[i] === n) })).filter((each) => each.rows.length);

export const effects = (/** @type {Book} */ own, /** @type {number[]} */ rows) => byBody(own, rows).map((each) => effect(each.name, own, each.rows));

/** Rows that show best what these pairs have in common: the furthest along their own embodiment's
 * mean motion, one a clip, embodiments in turn. */
export function examples(/** @type {Book} */ own, /** @type {number[]} */ rows) {
  const ranked = byBody(own, rows).map((each) => {
    const { motion: [right, down] } = effect(each.name, own, each.rows), seen = new Set();
    const along = (/** @type {number} */ i) => own.motion[2 * i] * right + own.motion[2 * i + 1] * down;
    return [...each.rows].sort((a, b) => along(b) - along(a)).filter((i) => !seen.has(own.clip[i]) && seen.add(own.clip[i]));
  }).sort((a, b) => b.length - a.length);
  const turns = [];
  for (let turn = 0; turn < EXAMPLES; turn++) for (const each of ranked) if (turn < each.length) turns.push(each[turn]);
  return turns.slice(0, EXAMPLES);
}

/* ---- files ---- */
const entry = (/** @type {Book} */ own, /** @type {number} */ i) => ({
  row: i, clip: own.clips[own.clip[i]], frame: own.index[i], gap: own.gap[i], embodiment: own.embodiments[own.embodiment[i]], task: own.tasks[own.task[i]],
  instruction: own.instructions[own.instruction[i]], split: own.held[i] ? "holdout" : "train", codes: codesOf(own, i), direction: WAYS[own.direction[i]],
  motion: [four(own.motion[2 * i]), four(own.motion[2 * i + 1])],
});

const cell = (/** @type {any} */ value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));

/** A line a pair, a column a code; motion in two columns. */
export function asCsv(/** @type {Book} */ own, /** @type {number[]} */ rows) {
  const plain = ["row", "clip", "frame", "gap", "embodiment", "task", "instruction", "split", "direction"];
  const head = [...plain, ...Array.from({ length: own.positions }, (_, p) => `code_${p}`), "motion_right", "motion_down"];
  const lines = rows.map((i) => entry(own, i)).map((each) => [...plain.map((name) => each[name]), ...each.codes, ...each.motion]);
  return [head, ...lines].map((line) => `${line.map(cell).join(",")}\n`).join("");
}

/** The pairs with what they were chosen by, and the command that made the atlas. */
export const asJson = (/** @type {Book} */ own, /** @type {string} */ model, /** @type {number[]} */ rows, /** @type {string} */ chosen) => JSON.stringify({ model, atlas: own.command, chosen, pairs: rows.map((i) => entry(own, i)) }, null, 1);
