// @ts-check
/* A teacher's own notes on a lesson: typed here, kept in this browser, printed with the hand-outs. */
import { make } from "../../web/dom.js";
import * as progress from "./progress.js";

const LONGEST = 4000;
const KEPT = "Kept in this browser only; printed with the hand-outs that have notes and answers.";
const LOST = "This browser keeps nothing, so these notes are gone when the page is closed.";

/** The field to type in. */
export function ownNotes(/** @type {string} */ lesson) {
  const told = make("p", { class: "lx-foot", role: "status" }, KEPT);
  const field = make("textarea", { rows: 3, maxlength: LONGEST, "aria-label": "Your own notes on this lesson", placeholder: "Your own notes on this lesson",
    oninput: () => (told.textContent = progress.setNote(lesson, field.value) ? KEPT : LOST) });
  field.value = progress.noteOf(lesson);
  return make("div", { class: "ln-own" }, field, told);
}

/** The same on paper: a paragraph a line, or nothing. */
export function printedNotes(/** @type {string} */ lesson) {
  const lines = progress.noteOf(lesson).split("\n").filter((line) => line.trim());
  return lines.length ? [make("h4", {}, "Own notes"), ...lines.map((line) => make("p", {}, line))] : [];
}
