// @ts-check
/* Sequences of latent actions as text, read as lapa/imagine/sequences.py reads them. Pure. */
import { written } from "../../web/codes.js";

const LONGEST = 4096, DEEPEST = 8;

/** Text that is no sequence; position: of the first character that does not fit. */
export class Unread extends Error {
  /**
   * @param {string} text
   * @param {number} position
   * @param {string} found
   * @param {string} accepted
   */
  constructor(text, position, found, accepted) {
    const before = text.slice(0, position), line = before.split("\n").length, column = position - before.lastIndexOf("\n");
    super(`${line === 1 ? `character ${column}` : `line ${line}, character ${column}`}: found ${found}, accepted ${accepted}`);
    // places are counted in characters, a string in halves of them
    this.position = [...before].length;
    this.pointer = `${text.split("\n")[line - 1]}\n${" ".repeat(column - 1)}^`;
  }
}

/**
 * The latent actions that a text names; throws Unread.
 * @param {string} text
 * @param {{ positions: number, values: number }} model
 * @returns {number[][]}
 */
export function parse(text, { positions, values }) {
  let at = 0;
  const peek = () => text.slice(at, at + 1);
  const past = (/** @type {RegExp} */ pattern, from = at) => {
    pattern.lastIndex = from;
    const found = pattern.exec(text);
    return found ? found[0] : "";
  };
  const skip = () => { at += past(/\s*/y).length; };

  function wrong(/** @type {string} */ accepted) {
    const found = past(/[0-9]+/y).slice(0, 12) || peek();
    return new Unread(text, at, found ? `"${found}"` : "the end", accepted);
  }

  function expect(/** @type {string} */ character, /** @type {string} */ accepted) {
    skip();
    if (peek() !== character) throw wrong(accepted);
    at += 1;
  }

  function room(/** @type {number} */ steps, /** @type {number} */ start) {
    if (steps > LONGEST) throw new Unread(text, start, `${steps} steps`, `up to ${LONGEST} in all`);
  }

  function between() {
    const gap = past(/\s*[,;\n]\s*/y);
    at += gap.length;
    return Boolean(gap) && !["", ")"].includes(peek());
  }

  function code() {
    skip();
    const number = past(/[0-9]+/y);
    if (!number || number.length > 9 || Number(number) >= values) throw wrong(`a code from 0 to ${values - 1}`);
    at += number.length;
    return Number(number);
  }

  function action() {
    expect("[", `"[" and ${positions} codes, as in ${written(Array(positions).fill(0))}`);
    const codes = Array.from({ length: positions }, (_, p) => {
      if (p) expect(",", `a comma and ${positions - p} more code${p < positions - 1 ? "s" : ""}`);
      return code();
    });
    expect("]", `"]" after ${positions} codes`);
    return codes;
  }

  function times() {
    const ahead = at + past(/[ \t\r]*/y).length;
    if (!["x", "X", "×", "*"].includes(text.slice(ahead, ahead + 1))) return 1;
    at = ahead + 1;
    at += past(/[ \t\r]*/y).length;
    const number = past(/[0-9]+/y);
    if (!number || number.length > 9 || Number(number) < 1 || Number(number) > LONGEST) throw wrong(`how many times, 1 to ${LONGEST}`);
    at += number.length;
    return Number(number);
  }

  function item(/** @type {number} */ depth) {
    skip();
    const start = at;
    let steps;
    if (peek() === "(" && depth < DEEPEST) {
      at += 1;
      steps = sequence(depth + 1);
      skip();
      expect(")", 'a comma and the next latent action, or ")"');
    } else steps = [action()];
    const count = times();
    room(steps.length * count, start);
    return Array.from({ length: count }, () => steps).flat();
  }

  function sequence(/** @type {number} */ depth) {
    const steps = item(depth);
    while (between()) {
      steps.push(...item(depth));
      room(steps.length, at);
    }
    return steps;
  }

  const steps = sequence(0);
  skip();
  if (at < text.length) throw wrong("a comma and the next latent action, or the end");
  return steps;
}

/** The inverse of parse: equal ones in a row are written once, `x4`. */
export function text(/** @type {number[][]} */ actions) {
  /** @type {[string, number][]} */
  const runs = [];
  for (const action of actions.map(written)) {
    if (runs.length && runs[runs.length - 1][0] === action) runs[runs.length - 1][1] += 1;
    else runs.push([action, 1]);
  }
  return runs.map(([action, n]) => action + (n > 1 ? ` x${n}` : "")).join(", ");
}

const CHAIN = /^(?:@(\d{1,6}):)?(.+)$/, ITEM = /^(\d{1,6}(?:\.\d{1,6})*)(?:\*(\d{1,4}))?$/;
const DAMAGED = "The link's dream cannot be read; the first frame is shown instead.";
const LONGEST_TREE = 20000;

/**
 * The moves of a tree as a link has it (app/tabs/imagine/link.py).
 * @param {string} text
 * @param {number} [most]
 * @returns {[number, number[]][]} parent and codes of each moment
 */
export function tree(text, most = 2000) {
  if (text.length > LONGEST_TREE) throw new Error("The link's dream is too long to be read; the first frame is shown.");
  /** @type {[number, number[]][]} */
  const moves = [];
  for (const chain of text.split("~").filter(Boolean)) {
    const found = CHAIN.exec(chain);
    let parent = Number((found && found[1]) || 0);
    if (!found || parent > moves.length) throw new Error(DAMAGED);
    for (const item of found[2].split("_")) {
      const read = ITEM.exec(item), count = Number((read && read[2]) || 1);
      if (!read || moves.length + count > most) throw new Error(DAMAGED);
      for (let n = 0; n < count; n++) {
        moves.push([parent, read[1].split(".").map(Number)]);
        parent = moves.length;
      }
    }
  }
  return moves;
}
