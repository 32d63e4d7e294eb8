// @ts-check
/* A teacher's own notes on a lesson: typed here, kept in this browser, printed with the hand-outs. */
import { make } from "../../web/dom.js";
import * as progress from "./progress.js";
import { TEACHER } from "./words.js";

const LONGEST = 4000;

/** The field to type in. */
export function ownNotes(/** @type {string} */ lesson) {
  const told = make("p", { class: "lx-foot", role: "status" }, TEACHER.kept);
  const field = make("textarea", { rows: 3, maxlength: LONGEST, "aria-label": TEACHER.own, placeholder: TEACHER.own,
    oninput: () => (told.textContent = progress.setNote(lesson, field.value) ? TEACHER.kept : TEACHER.lost) });
  field.value = progress.noteOf(lesson);
  return make("div", { class: "ln-own" }, field, told);
}

/** The same on paper: a paragraph a line, or nothing. */
export function printedNotes(/** @type {string} */ lesson) {
  const lines = progress.noteOf(lesson).split("\n").filter((line) => line.trim());
  return lines.length ? [make("h4", {}, TEACHER.printed), ...lines.map((line) => make("p", {}, line))] : [];
}
