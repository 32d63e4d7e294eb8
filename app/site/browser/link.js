// @ts-check
/* The state of Explore as query parameters, read and written as app/tabs/explore/link.py does. Pure. */
import { counted } from "../../web/words.js";

const VERSION = "1", LONGEST = 200;
const OVERLAYS = ["none", "diff", "blink", "slider"], USUAL = "blink";
const WHOLE = /^\s*[+-]?\d+\s*$/;

/** @typedef {import("../../web/records").Model} Model */
/** @typedef {import("../../web/records").Clip} Clip */

export const short = (/** @type {string} */ text, limit = 40) => (text.length <= limit ? text : `${text.slice(0, limit - 1)}…`);

/* "positions 0 to 3", "position 0 alone" */
const positions = (/** @type {number} */ count) => (count > 1 ? `positions 0 to ${count - 1}` : "position 0 alone");

/** Why a clip that a link asks for is not shown. */
export function missingClip(/** @type {string} */ id) {
  if (id.startsWith("upload")) {
    return "This link points to an uploaded file. Uploads are private to the session that made " +
      "them: upload the file again to see it. A shipped clip is shown meanwhile.";
  }
  return `There is no clip named ${short(id)} here; another clip is shown.`;
}

/**
 * What a query asks for, fitted to what is here, with a sentence for everything that had to change.
 * @param {string} text
 * @param {{ models: Model[], clips: Clip[], opening: (model: Model) => Clip }} here opening: the clip
 *   that a model opens on
 */
export function opened(text, { models, clips, opening }) {
  const query = new URLSearchParams(text.slice(0, 2000)), notes = [];
  const asked = (/** @type {string} */ name) => query.get(name) || "";
  if (query.has("v") && query.get("v") !== VERSION) notes.push("This link was made by another version of the page; what is known is shown.");
  const f = number(asked("f"), "frame", notes), codes = codesOf(asked("a"), notes);
  const p = query.get("p") === "-" ? null : number(asked("p"), "position", notes) || 0;
  const overlay = overlayOf(asked("o"), notes);

  const model = models.find(({ name }) => name === asked("m")) || models[0];
  if (asked("m") && model.name !== asked("m")) notes.push(`There is no checkpoint named ${short(asked("m"))}; ${model.name} is used.`);
  const known = clips.find(({ id }) => id === asked("c"));
  if (!known && asked("c")) notes.push(missingClip(asked("c")));
  const clip = known || opening(model), index = known || !asked("c") ? f : null;
  return {
    state: {
      m: model.name, c: clip.id, f: index === null ? clip.opening : clamped(index, clip, notes),
      a: fitting(codes, model, notes), p: position(p, model, notes), o: overlay,
    },
    notes,
  };
}

/**
 * The query of a state.
 * @param {{ m: string, c: string, f: number, a: number[] | null, p: number | null, o: string }} state
 */
export function written({ m, c, f, a, p, o }) {
  const query = new URLSearchParams({ v: VERSION, m, c, f: String(f) });
  if (a) query.set("a", a.join("."));
  query.set("p", p === null ? "-" : String(p));
  if (o !== USUAL) query.set("o", o);
  return query.toString();
}

function number(/** @type {string} */ text, /** @type {string} */ name, /** @type {string[]} */ notes) {
  if (!text) return null;
  if (WHOLE.test(text.slice(0, 12))) return Number(text.slice(0, 12));
  notes.push(`The link's ${name} “${short(text)}” is not a whole number; it is left out.`);
  return null;
}

function codesOf(/** @type {string} */ text, /** @type {string[]} */ notes) {
  if (!text) return null;
  const words = text.slice(0, LONGEST).replaceAll(".", ",").split(/[\s,;[\]()]+/).filter(Boolean);
  if (words.every((word) => /^-?\d{1,9}$/.test(word))) return words.map(Number);
  notes.push(`The link's latent action “${short(text)}” is not a list of codes such as 3.1.0.6; the inferred codes are shown instead.`);
  return null;
}

function overlayOf(/** @type {string} */ text, /** @type {string[]} */ notes) {
  if (!text || OVERLAYS.includes(text)) return text || USUAL;
  notes.push(`The link's overlay “${short(text)}” is not one of ${OVERLAYS.join(", ")}; ${USUAL} is shown.`);
  return USUAL;
}

function clamped(/** @type {number} */ index, /** @type {Clip} */ clip, /** @type {string[]} */ notes) {
  const within = Math.min(Math.max(index, 0), clip.frames - 1);
  if (within !== index) notes.push(`The link asks for frame ${index}; this clip has frames 0 to ${clip.frames - 1}, so frame ${within} is shown.`);
  return within;
}

function fitting(/** @type {number[] | null} */ codes, /** @type {Model} */ model, /** @type {string[]} */ notes) {
  if (!codes) return null;
  if (codes.length === model.positions && codes.every((code) => code >= 0 && code < model.values)) return codes;
  notes.push(`The link's latent action ${short(`[${codes.join(",")}]`)} does not fit ${model.name}, which takes ` +
    `${counted(model.positions, "code")} from 0 to ${model.values - 1}; the inferred codes are shown instead.`);
  return null;
}

function position(/** @type {number | null} */ p, /** @type {Model} */ model, /** @type {string[]} */ notes) {
  if (p === null || (p >= 0 && p < model.positions)) return p;
  notes.push(`The link sweeps position ${p}; ${model.name} has ${positions(model.positions)}, so position 0 is swept.`);
  return 0;
}
