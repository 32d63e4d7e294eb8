// @ts-check
/* What this browser keeps of a visitor's way through the lessons; no server hears of it. */
import { QUESTION } from "./words.js";

const KEPT = "lapa-lessons", NAME = "lapa-name", TEACHER = "lapa-teacher", NOTES = "lapa-notes";

/**
 * step: the furthest one. done: the question was answered rightly. wrong: how often wrongly before.
 * @typedef {{ step?: number, done?: boolean, wrong?: number }} Progress
 */

/** @returns {Record<string, Progress>} by the names of lessons */
export function all() {
  try { return JSON.parse(localStorage.getItem(KEPT)) || {}; } catch { return {}; }
}

/** @returns {Progress} */
export const of = (/** @type {string} */ lesson) => all()[lesson] || {};

export function keep(/** @type {string} */ lesson, /** @type {Progress} */ change) {
  const changed = { ...all(), [lesson]: { ...of(lesson), ...change } };
  try { localStorage.setItem(KEPT, JSON.stringify(changed)); } catch { /* private mode */ }
}

export function forget() {
  try { localStorage.removeItem(KEPT); } catch { /* private mode */ }
}

/** How a lesson's question was answered, in words; empty where it was not. */
export function mark(/** @type {Progress} */ { done, wrong = 0 }) {
  if (!done) return "";
  return QUESTION.marks[wrong] || QUESTION.shown;
}

/** The name on the summary. */
export function name() {
  try { return localStorage.getItem(NAME) || ""; } catch { return ""; }
}

export function setName(/** @type {string} */ text) {
  try { localStorage.setItem(NAME, text); } catch { /* private mode */ }
}

/** Whether this browser tab shows the teacher's view: kept here, so that no copied link carries it. */
export function teaches() {
  try { return sessionStorage.getItem(TEACHER) === "1"; } catch { return false; }
}

export function setTeaches(/** @type {boolean} */ now) {
  try { sessionStorage.setItem(TEACHER, now ? "1" : "0"); } catch { /* private mode */ }
}

/** @returns {Record<string, string>} what a teacher wrote, by the names of lessons */
function notes() {
  try { return JSON.parse(localStorage.getItem(NOTES)) || {}; } catch { return {}; }
}

/** A teacher's own notes on a lesson. */
export const noteOf = (/** @type {string} */ lesson) => notes()[lesson] || "";

/** Whether this browser keeps them: a private window, or a full one, does not. */
export function setNote(/** @type {string} */ lesson, /** @type {string} */ text) {
  try {
    localStorage.setItem(NOTES, JSON.stringify({ ...notes(), [lesson]: text }));
    return true;
  } catch { return false; }
}
