// @ts-check
/* The end: what was learned, on a sheet to print or to save as a picture. */
import { make } from "../../web/dom.js";
import { emit } from "../../web/topics.js";
import { onPaper } from "./paper.js";
import * as progress from "./progress.js";
import { SUMMARY, VIEW } from "./words.js";

const FILE = "latent-actions.png";
const today = () => new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });

/** What the sheet says of each lesson. */
const lines = (/** @type {any[]} */ lessons) => lessons.map(({ name, title, goal }) => {
  const kept = progress.of(name), mark = progress.mark(kept);
  return { title, goal, done: Boolean(mark), mark: mark || (kept.step ? VIEW.begun : SUMMARY.not) };
});

/**
 * @param {HTMLElement} place
 * @param {any[]} lessons
 */
export function summary(place, lessons) {
  onPaper();
  const all = lines(lessons), done = all.filter((each) => each.done).length;
  const shown = make("b", { class: "ln-who" }, progress.name() || "\u00a0");
  const input = make("input", { type: "text", maxlength: 60, value: progress.name(), autocomplete: "name", oninput: () => { progress.setName(input.value); shown.textContent = input.value || "\u00a0"; } });
  place.replaceChildren(
    make("p", { class: "ln-noprint" }, done === all.length ? SUMMARY.all : SUMMARY.some(done, all.length)),
    make("div", { class: "lx-bar ln-noprint" },
      make("label", { class: "ln-name" }, make("span", {}, SUMMARY.name), input),
      make("button", { type: "button", class: "ck-primary", onclick: () => print() }, SUMMARY.print),
      make("button", { type: "button", class: "lx-button", onclick: () => save(all, done) }, SUMMARY.save)),
    make("section", { class: "ln-sheet ln-certificate", "aria-label": SUMMARY.label },
      make("h3", {}, SUMMARY.title(all.length)), make("p", {}, shown), make("p", {}, SUMMARY.of(done, all.length, today())),
      make("ol", {}, ...all.map((each) => make("li", { class: each.done ? "done" : null }, make("b", {}, each.title), each.done ? make("span", {}, SUMMARY.own(each.goal)) : null, make("small", {}, each.mark)))),
      make("p", { class: "lx-foot" }, SUMMARY.foot)));
}

/* The same sheet, drawn. */
async function save(/** @type {ReturnType<typeof lines>} */ all, /** @type {number} */ done) {
  const WIDE = 1240, canvas = make("canvas", { width: WIDE, height: 300 + 118 * all.length }), pen = canvas.getContext("2d");
  const font = getComputedStyle(document.querySelector(".gradio-container")).fontFamily;
  await document.fonts.ready;
  const write = (/** @type {string} */ text, /** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ style, /** @type {string} */ colour) => {
    pen.font = `${style} ${font}`;
    pen.fillStyle = colour;
    pen.fillText(text, x, y, WIDE - x - 80);
  };
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.strokeStyle = "#2457d6";
  pen.lineWidth = 6;
  pen.strokeRect(30, 30, canvas.width - 60, canvas.height - 60);
  write(SUMMARY.title(all.length), 80, 120, "bold 46px", "#1b1e23");
  write(progress.name(), 80, 180, "bold 34px", "#2457d6");
  write(`${SUMMARY.of(done, all.length, today())} · ${SUMMARY.product}`, 80, 225, "24px", "#5b606a");
  all.forEach((each, n) => {
    const y = 300 + 118 * n;
    write(`${each.done ? "✓" : "○"}  ${each.title}`, 80, y, "bold 26px", "#1b1e23");
    if (each.done) write(SUMMARY.own(each.goal), 122, y + 34, "22px", "#1b1e23");
    write(each.mark, 122, y + (each.done ? 66 : 34), "20px", "#5b606a");
  });
  const link = make("a", { href: canvas.toDataURL("image/png"), download: FILE });
  link.click();
  emit("say", SUMMARY.saved(FILE));
}
