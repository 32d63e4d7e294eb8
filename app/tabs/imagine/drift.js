// @ts-check
/* The drift of the dream: distance from real frames and sharpness, step by step, and in words. */
import { chart } from "../../web/chart.js";
import { finders } from "../../web/dom.js";
import { on } from "../../web/topics.js";
import * as dream from "./store.js";
import { DRIFT } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const { state } = dream;
  const { $, at } = finders(element);
  const LEFT = 26, RIGHT = 296, TOP = 6, BOTTOM = 114, HIGHEST = 2;
  const plot = $(".lx-plot");
  const redraw = chart(at("chart"), gradio, () => ({}));

  function draw() {
    const line = dream.line(), node = dream.node();
    if (!node) return;
    const last = Math.max(8, line.length - 1);
    const x = (step) => LEFT + (RIGHT - LEFT) * step / last;
    const y = (value) => BOTTOM - (BOTTOM - TOP) * Math.min(value, HIGHEST) / HIGHEST;
    const path = (value) => line.filter((each) => value(each) !== null)
      .map((each, i) => `${i ? "L" : "M"}${x(each.step).toFixed(1)},${y(value(each)).toFixed(1)}`).join("");
    const since = line[line.length - 1].since;
    const shapes = [
      since === null ? "" : `<rect class="doubt" x="${x(since)}" y="${TOP}" width="${Math.max(2, RIGHT - x(since))}" height="${BOTTOM - TOP}"/>`,
      ...[0, 1, 2].map((v) => `<path class="${v === 1 ? "one" : "grid"}" d="M${LEFT},${y(v)}H${RIGHT}"/><text x="${LEFT - 6}" y="${y(v) + 4}" text-anchor="end">${v}</text>`),
      ...ticks(last).map((v) => `<text x="${x(v)}" y="128" text-anchor="middle">${v}</text>`),
      `<path class="sharp" d="${path((each) => each.sharp)}"/>`,
      `<path class="far" d="${path((each) => each.far)}"/>`,
      `<path class="at" d="M${x(node.step)},${TOP}V${BOTTOM}"/>`,
    ];
    plot.innerHTML = shapes.join("");
    if (!state.flow) redraw();
    words(node, line);
  }

  function ticks(last) {
    const every = [1, 2, 4, 8, 16, 32, 64, 128].find((n) => last / n <= 6) || 128;
    return Array.from({ length: Math.floor(last / every) + 1 }, (_, i) => i * every);
  }

  function words(node, line) {
    const tip = line[line.length - 1];
    $('[data-at="now"]').textContent = DRIFT.now(node.far, node.sharp);
    const verdict = $(".lx-verdict");
    const bad = tip.since !== null;
    verdict.classList.toggle("bad", bad);
    verdict.textContent = tip.trust;
    $(".lx-drift").dataset.since = bad ? tip.since : "";
  }

  /* While it plays a few times a second: a curve need not be drawn with every frame. */
  const EVERY_MS = 250;
  let later = 0;
  function soon() {
    if (!state.flow) { clearTimeout(later); later = 0; return draw(); }
    if (!later) later = setTimeout(() => { later = 0; draw(); }, EVERY_MS);
  }

  on("dream", soon);
}
