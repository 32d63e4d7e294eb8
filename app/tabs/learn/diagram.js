// @ts-check
/* The three stages of LAPA as one diagram: it lights up with the lesson's step, and what passes
 * through it is what the models make of the frame at hand. */
import { written } from "../../web/codes.js";
import { finders, make } from "../../web/dom.js";
import * as names from "../../web/names.js";
import { DIAGRAM } from "./words.js";

// of a latent, numbers beyond which a cell is as dark as it gets
const FULL = 4;

/**
 * @param {HTMLElement} element
 */
export function diagram(element) {
  const { $$, at } = finders(element);
  let shown = null;

  /* Which parts a step is about; an arrow is lit between two of them. */
  function light(/** @type {string[]} */ parts) {
    const isLit = (each) => each && parts.includes(each.dataset.part);
    for (const part of $$("[data-part]")) part.classList.toggle("lit", isLit(part));
    for (const arrow of $$(".ln-arrow")) {
      arrow.classList.toggle("lit", isLit(arrow.previousElementSibling) && isLit(arrow.nextElementSibling));
    }
    for (const stage of $$(".ln-stage")) stage.classList.toggle("lit", Boolean(stage.querySelector("[data-part].lit")));
  }

  /* A pair passes through stage one. */
  function pair(record, model) {
    shown = record;
    at("model").textContent = model;
    picture("frame", record.frame, DIAGRAM.frame(record.embodiment), record.aspect);
    at("future").hidden = false;
    picture("future", record.future, DIAGRAM.later(record.seconds), record.aspect);
    at("gap").textContent = DIAGRAM.pair(record.embodiment, record.seconds);
    at("latent").replaceChildren(...record.latent.map((row) => make("span", {}, ...row.map(cell))));
    at("latent").setAttribute("aria-label", DIAGRAM.numbers(record.latent.flat().length));
    at("latent").setAttribute("role", "img");
    change({ codes: record.codes, image: record.image });
  }

  const cell = (value) => make("i", { class: value < 0 ? "minus" : "plus", style: `--much: ${Math.min(1, Math.abs(value) / FULL).toFixed(2)}`, title: String(value) });

  function picture(name, src, alt, aspect = 1) {
    at(name).src = src;
    at(name).alt = alt;
    at(name).style.aspectRatio = String(aspect);
  }

  /**
   * Something else passes: codes of the visitor's own, another frame, a picture of a dream.
   * @param {{ frame?: string, future?: string | null, who?: string, codes?: number[], image?: string, said?: string }} told
   *   frame: another one than the pair's; then its future, if it has one, and who it shows. said:
   *   what is said of the codes instead of their name.
   */
  function change({ frame, future = null, who = "", codes, image, said }) {
    if (frame) {
      picture("frame", frame, DIAGRAM.frame(who), shown ? shown.aspect : 1);
      at("future").hidden = !future;
      if (future) at("future").src = future;
      at("gap").textContent = who;
      // what was not read off these frames is not shown beside them
      at("latent").replaceChildren();
    }
    if (codes) {
      const own = shown && !frame ? shown.codes : codes, other = written(codes) !== written(own);
      at("codes").replaceChildren(...codes.map((code, position) => make("b", { class: code === own[position] ? null : "changed" }, String(code))));
      at("named").replaceChildren(said || (other ? DIAGRAM.yours : DIAGRAM.action));
      const label = said || !shown ? null : names.ofAction(shown.names, codes);
      if (label && (label.sign || label.word === "stays")) at("named").append(names.small(label, { heard: true }));
    }
    if (image) picture("image", image, DIAGRAM.imagined(codes ? written(codes) : ""), shown ? shown.aspect : 1);
  }

  /* An instruction passes through stages two and three. */
  function instructed(record) {
    picture("seen", record.frame, DIAGRAM.tabletop);
    at("instruction").textContent = DIAGRAM.instruction(record.instruction);
    at("predicted").replaceChildren(...record.codes.map((code) => make("b", {}, String(code))));
    const [right, up] = record.command;
    at("dial").style.setProperty("--turn", `${Math.atan2(-up, right)}rad`);
    at("dial").style.setProperty("--long", `${Math.min(1, Math.hypot(right, up) / 3)}`);
    at("command").textContent = DIAGRAM.command(record.command);
  }

  const missing = (/** @type {string} */ why) => { at("instruction").textContent = why; };
  return { light, pair, change, instructed, missing, pairShown: () => shown };
}
