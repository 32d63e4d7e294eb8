// @ts-check
/* What was measured on all held-out clips: robots against robots; a cell opens its examples. */
import * as motion from "../../web/arrows.js";
import { chart } from "../../web/chart.js";
import { calm, finders, make } from "../../web/dom.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { MATRIX } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const { $, $$, at } = finders(element);
  const redraw = chart(at("chart"), gradio, () => ({ m: model }));
  let model = "", matrix = null, asked = 0;

  const signed = (value) => (value === null ? "?" : `${value <= -0.005 ? "−" : value < 0.005 ? "" : "+"}${Math.abs(value).toFixed(2)}`);

  async function open() {
    if (store.page.tab !== "transfer" || !store.state.m || model === store.state.m) return;
    model = store.state.m;
    $("h2").textContent = MATRIX.every(store.moves());
    matrix = (await gradio.server.matrix({ m: model })) || {};
    element.querySelector(".tf-matrix").classList.toggle("empty", !matrix.cells);
    if (!matrix.cells) {
      at("about").textContent = matrix.error || matrix.note || (alone() ? MATRIX.one : MATRIX.none)(model);
      return at("table").replaceChildren();
    }
    at("about").replaceChildren(MATRIX.about,
      make("code", {}, matrix.command), ".", matrix.note ? ` ${matrix.note}` : "");
    draw();
    redraw();
    choose(strongest());
  }

  /* Whether the model has learned a single embodiment. */
  const alone = () => store.page.models.some(({ name, embodiments }) => name === model && embodiments.length === 1);

  const cellOf = (from, to) => matrix.cells.find((cell) => cell.from === from && cell.to === to);

  function strongest() {
    const others = matrix.cells.filter((cell) => cell.from !== cell.to);
    return (others.length ? others : matrix.cells).reduce((best, cell) => (cell.cosine > best.cosine ? cell : best));
  }

  function draw() {
    const names = matrix.embodiments;
    const head = make("tr", {}, make("th", { scope: "col" }, make("span", { class: "lx-heard" }, MATRIX.corner)),
      ...names.map((name) => make("th", { scope: "col" }, make("span", {}, name))));
    const rows = names.map((from) => make("tr", {}, make("th", { scope: "row" }, from),
      ...names.map((to) => make("td", {}, button(from, to)))));
    at("table").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  }

  function button(from, to) {
    const cell = cellOf(from, to);
    if (!cell) return make("span", { class: "lx-foot" }, "·");
    const share = Math.round(100 * Math.min(1, Math.abs(cell.cosine)));
    return make("button", { type: "button", class: cell.cosine < 0 ? "against" : "along", style: `--share: ${share}%`,
      "data-from": from, "data-to": to, tabindex: -1, "aria-pressed": "false",
      "aria-label": MATRIX.cell(from, to, signed(cell.cosine)),
      onclick: () => choose(cell), onkeydown: walk }, signed(cell.cosine));
  }

  function walk(event) {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!by) return;
    event.preventDefault();
    const names = matrix.embodiments, { from, to } = event.currentTarget.dataset;
    const next = [names.indexOf(from) + by[0], names.indexOf(to) + by[1]].map((n) => names[n]);
    const found = $(`[data-from="${next[0]}"][data-to="${next[1]}"]`);
    if (found) found.focus();
  }

  async function choose(cell) {
    const mine = ++asked;
    for (const each of $$("td button")) {
      const chosen = each.dataset.from === cell.from && each.dataset.to === cell.to;
      each.setAttribute("aria-pressed", chosen);
      each.tabIndex = chosen ? 0 : -1;
    }
    at("cell").setAttribute("aria-busy", "true");
    const found = await gradio.server.examples({ m: model, from: cell.from, to: cell.to });
    if (mine !== asked) return;
    at("cell").setAttribute("aria-busy", "false");
    if (!found || found.error) return at("cell").replaceChildren(make("p", { class: "lx-error" }, found ? found.error : MATRIX.lost));
    tell(found);
  }

  function tell(cell) {
    const [low, high] = cell.interval;
    at("cell").replaceChildren(
      make("h3", {}, MATRIX.title(cell.from, cell.to)),
      make("p", {}, MATRIX.mean(signed(cell.cosine), low === null ? "" : signed(low), signed(high), cell.pairs, cell.same)),
      examples(MATRIX.best, cell.best), examples(MATRIX.worst, cell.worst));
  }

  function examples(words, all) {
    const none = all.length ? null : make("p", { class: "lx-foot" }, MATRIX.missing);
    return make("div", { class: "tf-examples" }, make("h4", {}, words), none, make("ul", {}, ...all.map(example)));
  }

  function example(each) {
    const open = () => emit("transfer-choice", { c: each.c, f: each.f, d: null });
    return make("li", {}, make("button", { type: "button", class: "tf-known", title: MATRIX.carry, onclick: () => { open(); scrollUp(); } },
      make("span", { class: "tf-mini" },
        motion.picture(each.frame, { alt: MATRIX.pair, kind: "truth" }),
        motion.picture(each.target, { alt: MATRIX.target })),
      make("span", { class: "lx-foot" }, make("code", {}, each.text), ` ${signed(each.cosine)}`)));
  }

  function scrollUp() {
    document.getElementById("transfer").scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
  }

  on("tab", open);
  on("state", open);
  open();
}
