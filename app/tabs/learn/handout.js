// @ts-check
/* Hand-outs: a printed page a lesson, with a QR code that opens it. */
import { written } from "../../web/codes.js";
import { make } from "../../web/dom.js";
import { printedNotes } from "./notes.js";
import { onPaper } from "./paper.js";
import { HANDOUT, QUESTION, TEACHER, VIEW } from "./words.js";

const plain = (/** @type {string} */ text) => text.replace(/\{([^{}|]+)(?:\|[^{}]+)?\}/g, "$1");

/**
 * @param {HTMLElement} place
 * @param {any[]} lessons
 * @param {(name: string) => Promise<any>} ask for what is printed of a lesson; null if nobody waits
 */
export async function handout(place, lessons, ask) {
  onPaper();
  const sheets = make("div", { class: "ln-sheets" }), waiting = make("p", { role: "status", class: "ln-noprint" }, HANDOUT.making);
  const answers = make("input", { type: "checkbox", role: "switch", onchange: () => sheets.classList.toggle("answers", answers.checked) });
  place.replaceChildren(
    make("p", { class: "ln-noprint" }, HANDOUT.about),
    make("div", { class: "lx-bar ln-noprint" }, make("label", { class: "ck-switch" }, answers, HANDOUT.answers),
      make("button", { type: "button", class: "ck-primary", onclick: () => print() }, HANDOUT.print)),
    waiting, sheets);
  for (const [n, lesson] of lessons.entries()) {
    const found = await ask(lesson.name);
    if (!found) return;
    sheets.append(sheet(n + 1, lesson, found));
  }
  waiting.textContent = HANDOUT.ready(lessons.length);
}

function sheet(number, lesson, found) {
  const box = make("div", { class: "ln-qr", role: "img", "aria-label": HANDOUT.code(found.link) });
  // made on this page's own server, from numbers alone
  if (found.qr) box.innerHTML = found.qr;
  const { pair } = found, own = printedNotes(lesson.name), more = (...inside) => make("div", { class: "ln-answers" }, ...inside);
  return make("section", { class: "ln-sheet", "aria-label": HANDOUT.lesson(number) },
    make("header", {}, make("div", {}, make("p", { class: "lx-foot" }, HANDOUT.head(number, lesson)), make("h3", {}, lesson.title), make("p", {}, make("b", {}, VIEW.goal), lesson.goal)), found.error ? "" : make("figure", {}, box, make("figcaption", {}, found.link))),
    found.error ? make("p", { class: "lx-error" }, found.error) : make("div", { class: "ln-strip" },
      picture(pair.frame, HANDOUT.frame), picture(pair.future, HANDOUT.later(pair.seconds)), make("p", {}, make("b", {}, written(pair.codes)), make("span", {}, HANDOUT.action)), picture(pair.image, HANDOUT.imagined)),
    ...lesson.steps.flatMap((step) => [make("h4", {}, step.title), ...step.text.map((text) => make("p", {}, plain(text))), more(make("p", {}, make("b", {}, HANDOUT.note), step.note))]),
    found.error ? "" : make("div", { class: "ln-ask" }, make("h4", {}, HANDOUT.question), make("p", {}, found.asked), make("ul", {}, ...found.options.map((option, n) => make("li", { class: n === found.best ? "best" : null }, option))), more(make("p", {}, make("b", {}, HANDOUT.answer), found.why))),
    make("p", {}, make("b", {}, TEACHER.discuss), lesson.discuss), more(make("p", {}, make("b", {}, TEACHER.mistake), lesson.mistake)),
    ...(own.length ? [more(...own)] : []),
    make("div", { class: "ln-room", "aria-hidden": "true" }), make("p", { class: "lx-foot" }, QUESTION.source(lesson.source)));
}

const picture = (src, caption) => make("figure", {}, make("img", { src, alt: caption }), make("figcaption", {}, caption));
