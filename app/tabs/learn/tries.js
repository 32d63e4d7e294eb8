// @ts-check
/* What is tried in the lessons: tries[name](place, record, tools). */
import * as motion from "../../web/arrows.js";
import { written } from "../../web/codes.js";
import { calm, make } from "../../web/dom.js";
import * as names from "../../web/names.js";
import { choices } from "./choices.js";
import { noise, measured, quantize } from "./plane.js";
import { svg } from "./svg.js";
import { swap, words } from "./spelling.js";
import { DIAGRAM, DREAM, GUESS, PAIR, SCENES, SPELLING, STAGES, STEER } from "./words.js";

/**
 * again: another record, null if there is none. imagine: what codes imagine from the frame in the
 * diagram; null if later ones were asked for. instruct: shows what an instruction becomes.
 * @typedef {{ again: (number: number) => Promise<any>, imagine: (codes: number[], of?: any) => Promise<string | null>,
 *   instruct: (number: number) => Promise<any>, diagram: ReturnType<typeof import("./diagram.js").diagram>, model: string }} Tools
 */

const picture = (src, alt, aspect = 1) => make("span", { class: "lx-pic", style: `--aspect: ${aspect}` }, make("img", { src, alt }));
const figure = (words, ...inside) => make("figure", {}, ...inside, make("figcaption", { class: "lx-foot" }, words));

/* ---- lesson 1 ---- */
function pair(place, record, { again, diagram, model }, named = true) {
  const body = make("div", { class: "ln-two" });
  const draw = (told) => {
    const label = names.ofAction(told.names, told.codes);
    body.replaceChildren(
      figure(PAIR.now, picture(told.frame, SCENES.frame(told.embodiment), told.aspect)),
      figure(PAIR.later(told.seconds), picture(told.future, PAIR.same, told.aspect)));
    if (named) {
      const [whose, command] = PAIR.commanded(told.command, told.seconds);
      body.append(make("dl", { class: "ln-facts" },
        make("dt", {}, PAIR.action), make("dd", {}, make("code", {}, written(told.codes)), label ? make("span", {}, names.inText(label), make("small", { class: "lx-foot" }, ` ${label.told}`)) : ""),
        make("dt", {}, whose), make("dd", {}, command)));
    }
    diagram.pair(told, model);
  };
  place.replaceChildren(record.robots.length > 1 ? choices(PAIR.body, record.robots, 0, async (n) => { const other = await again(n); if (other) draw(other); }) : "", body);
  draw(record);
}

function guess(place, record, { diagram }) {
  const body = make("div", { class: "ln-three" }), image = make("img");
  const show = (n) => {
    image.src = record.images[n];
    image.alt = GUESS.imagined(record.codes[n]);
    diagram.change({ frame: record.frame, future: record.future, who: GUESS.pair, codes: [record.codes[n]], image: record.images[n], said: GUESS.you });
  };
  body.append(figure(PAIR.now, picture(record.frame, GUESS.frame, record.aspect)), figure(GUESS.truly, picture(record.future, PAIR.same, record.aspect)),
    figure(GUESS.pressed, make("span", { class: "lx-pic ln-dreamt", style: `--aspect: ${record.aspect}` }, image)));
  place.replaceChildren(choices(GUESS.try, record.codes.map(GUESS.code), 0, show), body);
  show(0);
}

/* ---- lesson 3 ---- */
function scenes(place, record, { again, diagram }, counted = true) {
  const body = make("div", { class: "ln-try" });
  const draw = ({ card, codes }) => {
    const [first] = card.shown;
    body.replaceChildren(
      counted ? make("p", {}, SCENES.agree(card.pairs, card.agreement)) : "",
      make("ul", { class: "at-shown ln-shown" }, ...card.shown.map((each) => make("li", {}, make("span", { class: "lx-pic at-moving" }, make("img", { src: each.frame, alt: SCENES.frame(each.embodiment) }), make("img", { src: each.imagined, alt: SCENES.made, class: "tf-later" })), make("span", { class: "lx-foot" }, each.embodiment)))),
      motion.effects(counted ? card.effects : card.effects.map(({ agreement, ...rest }) => rest)));
    if (first) diagram.change({ frame: first.frame, who: first.embodiment, codes, image: first.imagined, said: SCENES.still(codes[0]) });
  };
  const codes = Array.from({ length: record.values }, (_, code) => SCENES.code(code));
  place.replaceChildren(choices(SCENES.choose, codes, 0, async (n) => { const other = await again(n); if (other) draw(other); }), body);
  draw(record);
}

/* ---- lesson 5 ---- */
/* A slider through a dream. said: what is written under a step. */
function film(record, { diagram }, said) {
  const last = record.imagined.length - 1, words = make("p", { role: "status" });
  const left = make("img", { alt: DREAM.imagined }), right = make("img", { alt: DREAM.true });
  const range = make("input", { type: "range", class: "lx-time", min: 0, max: last, value: 0, "aria-label": DREAM.slider });
  function draw() {
    const step = Number(range.value);
    left.src = record.imagined[step];
    right.src = record.true[step];
    words.textContent = step ? said(step) : DREAM.start;
    const before = Math.max(0, step - 1);
    diagram.change({ frame: record.imagined[before], who: before ? DREAM.before(before) : record.embodiment, codes: record.codes[before], image: record.imagined[before + 1], said: DREAM.passes(before + 1) });
    range.dispatchEvent(new CustomEvent("step", { detail: step }));
  }
  range.addEventListener("input", draw);
  queueMicrotask(draw);
  return { range, body: [make("div", { class: "ln-two" }, figure(DREAM.imagined, make("span", { class: "lx-pic" }, left)), figure(DREAM.true, make("span", { class: "lx-pic" }, right))), range, words] };
}

function dream(place, record, tools) {
  place.replaceChildren(...film(record, tools, (step) => DREAM.step(step, record.codes.length, written(record.codes[step - 1]))).body);
}

function measure(place, record, tools) {
  const last = record.psnr.length, WIDE = 460, HIGH = 160;
  const all = [...record.psnr, ...record.copy], low = Math.min(...all) - 1, high = Math.max(...all) + 1;
  const spot = (step, value) => [34 + (WIDE - 46) * (step - 1) / Math.max(1, last - 1), HIGH - 26 - (HIGH - 46) * (value - low) / (high - low)];
  const line = (values, kind) => svg("polyline", { class: kind, points: values.map((value, n) => spot(n + 1, value).join(",")).join(" ") });
  const mark = svg("line", { class: "ln-mark", y1: 18, y2: HIGH - 22 });
  const chart = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "ln-curve", role: "img", "aria-label": DREAM.curve(record.psnr, record.copy) },
    line(record.copy, "copy"), line(record.psnr, "dream"), mark, svg("text", { x: 4, y: 12 }, DREAM.range(low, high)), ...record.psnr.map((_, n) => svg("text", { x: spot(n + 1, low)[0], y: HIGH - 6, "text-anchor": "middle" }, String(n + 1))));
  const { range, body } = film(record, tools, (step) => DREAM.psnr(step, record.psnr[step - 1], record.copy[step - 1]));
  range.addEventListener("step", (event) => {
    const x = event.detail ? spot(event.detail, low)[0] : -10;
    mark.setAttribute("x1", x);
    mark.setAttribute("x2", x);
  });
  place.replaceChildren(...body, chart, make("p", { class: "lx-foot" }, DREAM.legend));
}

function judged(place, { dreams }, tools) {
  const body = make("div", { class: "ln-try" });
  const draw = (n) => body.replaceChildren(...film(dreams[n], tools, (step) => DREAM.step(step, dreams[n].codes.length)).body);
  place.replaceChildren(choices(DREAM.choose, dreams.map(({ embodiment }) => embodiment), 0, draw), body);
  draw(0);
}

/* ---- lesson 6 ---- */
function instruct(place, { instructions }, tools) {
  const body = make("div", { class: "ln-try", "aria-live": "polite" });
  const draw = async (n) => {
    const told = await tools.instruct(n);
    if (!told) return;
    body.replaceChildren(make("div", { class: "ln-two" }, figure(STAGES.frame, picture(told.frame, DIAGRAM.tabletop)), figure(STAGES.imagined(told.text), picture(told.image, STAGES.made(told.text)))),
      make("dl", { class: "ln-facts" }, make("dt", {}, STAGES.predicts), make("dd", {}, make("code", {}, told.text)), make("dt", {}, STAGES.commands), make("dd", {}, DIAGRAM.command(told.command))));
  };
  place.replaceChildren(choices(STAGES.choose, instructions, 0, draw), body);
  body.append(make("p", { class: "lx-foot" }, STAGES.loading));
  draw(0);
}

function tables(place, { methods, about, tables: all, sources }) {
  const titles = Object.keys(all), body = make("div", { class: "ln-try" }), columns = make("select", { "aria-label": STAGES.column });
  let table = titles[0];
  function fill() {
    columns.replaceChildren(...Object.keys(all[table]).map((name) => make("option", {}, name)));
    draw();
  }
  function draw() {
    const values = all[table][columns.value];
    body.replaceChildren(make("ul", { class: "ln-bars ln-table" }, ...methods.map((method, n) => make("li", { class: method === "LAPA" ? "best" : null }, make("span", { title: about[method] }, method), make("i", { style: `width: ${values[n]}%` }), make("small", {}, STAGES.rate(values[n]))))),
      make("p", { class: "lx-foot" }, STAGES.source(sources[table])));
  }
  columns.addEventListener("change", draw);
  place.replaceChildren(choices(STAGES.table, titles, 0, (n) => { table = titles[n]; fill(); }), columns, body);
  fill();
}

/* ---- lesson 7 ---- */
function steer(place, record, { imagine, diagram, model }) {
  const image = make("img", { class: "tf-later" });
  const show = async (codes) => {
    diagram.change({ codes, said: GUESS.you });
    const src = await imagine(codes, record);
    if (!src) return;
    diagram.change({ codes, image: src, said: GUESS.you });
    image.src = src;
    image.alt = SPELLING.imagined(written(codes));
  };
  const { options, frame, aspect } = record;
  diagram.pair(record, model);
  place.replaceChildren(choices(STEER.try, options.map(written), 0, (n) => show(options[n])),
    make("div", { class: "ln-two" }, figure(PAIR.now, picture(frame, GUESS.frame, aspect)),
      figure(STEER.pressed(calm()), make("span", { class: "lx-pic at-moving", style: `--aspect: ${aspect}` }, make("img", { src: frame, alt: "" }), image))));
  show(options[0]);
}

/** What is tried, by the name that a lesson's step gives it. */
export const tries = {
  pair, guess, quantize, noise, measured, scenes, words, swap, steer, dream, measure, judged, instruct, tables,
  frames: (place, record, tools) => pair(place, record, tools, false),
  arrows: (place, record, tools) => scenes(place, record, tools, false),
};
