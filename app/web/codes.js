// @ts-check
/* Latent actions as text: `[3,1,0,6]`. */
import { CODES } from "./words.js";

/**
 * @param {number[] | null | undefined} codes
 * @returns {string} `[3,1,0,6]`, or `[…]` where they are not known yet
 */
export const written = (codes) => (codes ? `[${codes.join(",")}]` : "[…]");

/** Whether two plain values (codes, records, null) are equal. */
export const same = (/** @type {any} */ a, /** @type {any} */ b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Reads "[3,1,0,6]", "3 1 0 6" or "3.1.0.6" for a model; throws a sentence.
 * @param {string} text
 * @param {{ positions: number, values: number }} model
 * @returns {number[]}
 */
export function parse(text, model) {
  const example = written(Array.from({ length: model.positions }, (_, p) => (p * 3 + 3) % model.values));
  const refused = (/** @type {string} */ why) => new Error(`${why} ${CODES.accepted(model.positions, model.values, example)}`);
  const words = text.replace(/^[\s[(]+|[\s\])]+$/g, "").split(/[\s,.;]+/).filter(Boolean);
  if (!words.length) throw refused(CODES.nothing);
  const wrong = words.find((word) => !/^\d+$/.test(word));
  if (wrong !== undefined) throw refused(CODES.unread(wrong));
  if (words.length !== model.positions) throw refused(CODES.many(words.length));
  const codes = words.map(Number);
  const position = codes.findIndex((code) => code >= model.values);
  if (position >= 0) throw refused(CODES.beyond(codes[position], position));
  return codes;
}

/**
 * A latent action at random.
 * @param {{ positions: number, values: number }} model
 * @returns {number[]}
 */
export function random({ positions, values }) {
  return Array.from({ length: positions }, () => Math.floor(Math.random() * values));
}
