// @ts-check
/* What is tried in the lessons: tries[name](place, record, tools). */
import * as motion from "../../web/arrows.js";
import { written } from "../../web/codes.js";
import { make } from "../../web/dom.js";
import * as names from "../../web/names.js";
import { choices } from "./choices.js";
import { noise, measured, quantize } from "./plane.js";
import { svg } from "./svg.js";
import { inCentimetres } from "./units.js";
import { swap, words } from "./words.js";

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
      figure("now", picture(told.frame, `A frame of ${told.embodiment}`, told.aspect)),
      figure(`${told.seconds} s later`, picture(told.future, "The same scene one gap later", told.aspect)));
    if (named) {
      body.append(make("dl", { class: "ln-facts" },
        make("dt", {}, "Latent action"), make("dd", {}, make("code", {}, written(told.codes)), label ? make("span", {}, names.inText(label), make("small", { class: "lx-foot" }, ` ${label.told}`)) : ""),
        make("dt", {}, "The robot’s command"), make("dd", {}, told.command ? `${inCentimetres(told.command)}, in ${told.seconds} s` : "nobody knows: nothing was recorded but the picture")));
    }
    diagram.pair(told, model);
  };
  place.replaceChildren(choices("Body", record.robots, 0, async (n) => { const other = await again(n); if (other) draw(other); }), body);
  draw(record);
}

function guess(place, record, { diagram }) {
  const body = make("div", { class: "ln-three" }), image = make("img");
  const show = (n) => {
    image.src = record.images[n];
    image.alt = `What the model imagines with code ${record.codes[n]}`;
    diagram.change({ frame: record.frame, future: record.future, who: "the pair of the question", codes: [record.codes[n]], image: record.images[n], said: "you try" });
  };
  body.append(figure("now", picture(record.frame, "A frame", record.aspect)), figure("later, as it truly was", picture(record.future, "The same scene one gap later", record.aspect)),
    figure("imagined with the code you press", make("span", { class: "lx-pic ln-dreamt", style: `--aspect: ${record.aspect}` }, image)));
  place.replaceChildren(choices("Code to try", record.codes.map((code) => `Code ${code}`), 0, show), body);
  show(0);
}

/* ---- lesson 3 ---- */
function scenes(place, record, { again, diagram }, counted = true) {
  const body = make("div", { class: "ln-try" });
  const draw = ({ card, codes }) => {
    const [first] = card.shown;
    body.replaceChildren(
      counted ? make("p", {}, `${card.pairs.toLocaleString("en").replaceAll(",", "\u202f")} real pairs; their directions agree to ${card.agreement === null ? "–" : Math.round(100 * card.agreement)} % over all robots together.`) : "",
      make("ul", { class: "at-shown ln-shown" }, ...card.shown.map((each) => make("li", {}, make("span", { class: "lx-pic at-moving" }, make("img", { src: each.frame, alt: `A frame of ${each.embodiment}` }), make("img", { src: each.imagined, alt: "What the model makes of it", class: "tf-later" })), make("span", { class: "lx-foot" }, each.embodiment)))),
      motion.effects(counted ? card.effects : card.effects.map(({ agreement, ...rest }) => rest)));
    if (first) diagram.change({ frame: first.frame, who: first.embodiment, codes, image: first.imagined, said: `code ${codes[0]}, rest still` });
  };
  const codes = Array.from({ length: record.values }, (_, code) => `Code ${code}`);
  place.replaceChildren(choices("Code at the first position", codes, 0, async (n) => { const other = await again(n); if (other) draw(other); }), body);
  draw(record);
}

/* ---- lesson 5 ---- */
/* A slider through a dream. said: what is written under a step. */
function film(record, { diagram }, said) {
  const last = record.imagined.length - 1, words = make("p", { role: "status" });
  const left = make("img", { alt: "imagined" }), right = make("img", { alt: "true" });
  const range = make("input", { type: "range", class: "lx-time", min: 0, max: last, value: 0, "aria-label": "Step of the dream" });
  function draw() {
    const step = Number(range.value);
    left.src = record.imagined[step];
    right.src = record.true[step];
    words.textContent = step ? said(step) : "The start: both are the real frame.";
    const before = Math.max(0, step - 1);
    diagram.change({ frame: record.imagined[before], who: before ? `imagined in step ${before}` : record.embodiment, codes: record.codes[before], image: record.imagined[before + 1], said: `step ${before + 1}` });
    range.dispatchEvent(new CustomEvent("step", { detail: step }));
  }
  range.addEventListener("input", draw);
  queueMicrotask(draw);
  return { range, body: [make("div", { class: "ln-two" }, figure("imagined", make("span", { class: "lx-pic" }, left)), figure("what truly happened", make("span", { class: "lx-pic" }, right))), range, words] };
}

function dream(place, record, tools) {
  place.replaceChildren(...film(record, tools, (step) => `Step ${step} of ${record.codes.length}, with ${written(record.codes[step - 1])}.`).body);
}

function measure(place, record, tools) {
  const last = record.psnr.length, WIDE = 460, HIGH = 160;
  const all = [...record.psnr, ...record.copy], low = Math.min(...all) - 1, high = Math.max(...all) + 1;
  const spot = (step, value) => [34 + (WIDE - 46) * (step - 1) / Math.max(1, last - 1), HIGH - 26 - (HIGH - 46) * (value - low) / (high - low)];
  const line = (values, kind) => svg("polyline", { class: kind, points: values.map((value, n) => spot(n + 1, value).join(",")).join(" ") });
  const mark = svg("line", { class: "ln-mark", y1: 18, y2: HIGH - 22 });
  const chart = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "ln-curve", role: "img", "aria-label": `PSNR against the truth: imagined ${record.psnr.join(", ")} dB, kept first frame ${record.copy.join(", ")} dB` },
    line(record.copy, "copy"), line(record.psnr, "dream"), mark, svg("text", { x: 4, y: 12 }, `dB (${low.toFixed(0)} to ${high.toFixed(0)})`), ...record.psnr.map((_, n) => svg("text", { x: spot(n + 1, low)[0], y: HIGH - 6, "text-anchor": "middle" }, String(n + 1))));
  const { range, body } = film(record, tools, (step) => `Step ${step}: imagined ${record.psnr[step - 1].toFixed(1)} dB, the kept first frame ${record.copy[step - 1].toFixed(1)} dB.`);
  range.addEventListener("step", (event) => {
    const x = event.detail ? spot(event.detail, low)[0] : -10;
    mark.setAttribute("x1", x);
    mark.setAttribute("x2", x);
  });
  place.replaceChildren(...body, chart, make("p", { class: "lx-foot" }, "Across: steps. Blue, full: imagined; amber, dashed: the first frame, kept (copy-frame)."));
}

function judged(place, { dreams }, tools) {
  const body = make("div", { class: "ln-try" });
  const draw = (n) => body.replaceChildren(...film(dreams[n], tools, (step) => `Step ${step} of ${dreams[n].codes.length}.`).body);
  place.replaceChildren(choices("Robot", dreams.map(({ embodiment }) => embodiment), 0, draw), body);
  draw(0);
}

/* ---- lesson 6 ---- */
function instruct(place, { instructions }, tools) {
  const body = make("div", { class: "ln-try", "aria-live": "polite" });
  const draw = async (n) => {
    const told = await tools.instruct(n);
    if (!told) return;
    body.replaceChildren(make("div", { class: "ln-two" }, figure("the frame", picture(told.frame, "A frame of the tabletop")), figure(`what stage 1 imagines with ${told.text}`, picture(told.image, `What the decoder makes of ${told.text}`))),
      make("dl", { class: "ln-facts" }, make("dt", {}, "Stage 2 predicts"), make("dd", {}, make("code", {}, told.text)), make("dt", {}, "Stage 3 commands"), make("dd", {}, `${inCentimetres(told.command)}, in 0.1 s`)));
  };
  place.replaceChildren(choices("Instruction", instructions, 0, draw), body);
  body.append(make("p", { class: "lx-foot" }, "The policies are loaded; a moment…"));
  draw(0);
}

function tables(place, { methods, about, tables: all, sources }) {
  const titles = Object.keys(all), body = make("div", { class: "ln-try" }), columns = make("select", { "aria-label": "Column of the table" });
  let table = titles[0];
  function fill() {
    columns.replaceChildren(...Object.keys(all[table]).map((name) => make("option", {}, name)));
    draw();
  }
  function draw() {
    const values = all[table][columns.value];
    body.replaceChildren(make("ul", { class: "ln-bars ln-table" }, ...methods.map((method, n) => make("li", { class: method === "LAPA" ? "best" : null }, make("span", { title: about[method] }, method), make("i", { style: `width: ${values[n]}%` }), make("small", {}, `${values[n].toFixed(1)} %`)))),
      make("p", { class: "lx-foot" }, `${sources[table]} Ye et al. 2024, arXiv 2410.11758.`));
  }
  columns.addEventListener("change", draw);
  place.replaceChildren(choices("Table", titles, 0, (n) => { table = titles[n]; fill(); }), columns, body);
  fill();
}

/** What is tried, by the name that a lesson's step gives it. */
export const tries = {
  pair, guess, quantize, noise, measured, scenes, words, swap, dream, measure, judged, instruct, tables,
  frames: (place, record, tools) => pair(place, record, tools, false),
  arrows: (place, record, tools) => scenes(place, record, tools, false),
};
