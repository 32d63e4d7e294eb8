// @ts-check
/* How embodiments use the codes: heat maps, frequent latent actions, divergence. */
import { chart } from "../../web/chart.js";
import { written } from "../../web/codes.js";
import { finders, make } from "../../web/dom.js";
import { on } from "../../web/topics.js";
import { atlas } from "./store.js";
import { USAGE } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const { at } = finders(element);

  const pattern = (place, code, length) => `[${Array.from({ length }, (_, p) => (p === place ? code : "*")).join(",")}]`;

  const what = at("what");
  // -1 stands for no position
  const redraw = chart(at("chart"), gradio, () => ({ m: atlas.look.m, p: what.value < 0 ? null : Number(what.value) }));
  what.addEventListener("change", redraw);

  function draw(points) {
    const { usage, positions, values } = points;
    if (!usage.embodiments) return;
    at("maps").replaceChildren(...Array.from({ length: positions }, (_, place) => heat(usage, place, values, positions)));
    at("frequent").replaceChildren(...usage.frequent.slice(0, 12).map((each) => frequent(each, usage)));
    at("bits").replaceChildren(bits(usage.information, positions));
    const shown = [...Array.from({ length: positions }, (_, p) => [p, USAGE.codes(p)]), [-1, USAGE.divergence]];
    what.replaceChildren(...shown.map(([value, words]) => make("option", { value }, String(words))));
    redraw();
    // of one embodiment there is none
    at("divergence").parentElement.hidden = usage.divergence.names.length < 2;
    at("divergence").replaceChildren(matrix(usage.divergence));
  }

  /* Embodiments down, codes across; the deeper the more often. */
  function heat(usage, place, values, length) {
    const rows = Object.entries(usage.embodiments).map(([name, own]) => {
      const total = Math.max(1, own.pairs);
      return make("tr", {}, make("th", { scope: "row" }, name), ...own.counts[place].map((count, code) => {
        const share = count / total;
        return make("td", { style: `--share: ${Math.round(100 * Math.min(1, share / 0.6))}%`, title: USAGE.share(name, code, share) }, share >= 0.005 ? String(Math.round(100 * share)) : "·");
      }));
    });
    const codes = Array.from({ length: values }, (_, code) => make("th", { scope: "col" }, make("button", { type: "button", "aria-label": USAGE.card(code, place), onclick: () => find(pattern(place, code, length)) }, String(code))));
    return make("table", {}, make("caption", {}, USAGE.position(place), make("span", { class: "lx-foot" }, USAGE.perplexity(usage.overall.perplexity[place], values))),
      make("thead", {}, make("tr", {}, make("th", {}, make("span", { class: "lx-heard" }, USAGE.embodiment)), ...codes)), make("tbody", {}, ...rows));
  }

  function frequent(each, usage) {
    const share = each.pairs / usage.overall.pairs;
    return make("li", {}, make("button", { type: "button", class: "lx-see", onclick: () => find(written(each.codes)) }, written(each.codes)),
      make("span", { class: "lx-foot" }, USAGE.frequent(share, Object.keys(each.embodiments).length)));
  }

  /* Mutual information beside what chance gives. */
  function bits(information, positions) {
    const told = Object.entries(information).map(([about, own]) => make("tr", {}, make("th", { scope: "row" }, USAGE.about[about] || about),
      ...[...Array.from({ length: positions }, (_, p) => `code_${p}`), "all"].map((what) => make("td", {}, make("b", {}, own[what].bits.toFixed(2)), make("small", {}, ` ${own[what].chance.toFixed(2)}`)))));
    return make("table", { class: "at-bits" }, make("caption", { class: "lx-foot" }, make("button", { type: "button", class: "lx-term", "data-term": "mutual information" }, USAGE.information), USAGE.bits),
      make("thead", {}, make("tr", {}, make("th", {}, make("span", { class: "lx-heard" }, USAGE.ofWhat)), ...Array.from({ length: positions }, (_, p) => make("th", { scope: "col" }, USAGE.at(p))), make("th", { scope: "col" }, USAGE.all))), make("tbody", {}, ...told));
  }

  function matrix({ names, bits: values }) {
    const most = Math.max(...values.flat(), 0.01);
    const head = make("tr", {}, make("th", {}, make("span", { class: "lx-heard" }, USAGE.embodiment)), ...names.map((name) => make("th", { scope: "col" }, make("span", {}, name))));
    return make("table", { class: "at-divergence" }, make("thead", {}, head), make("tbody", {}, ...values.map((row, n) => make("tr", {}, make("th", { scope: "row" }, names[n]),
      ...row.map((value, k) => make("td", { style: `--share: ${Math.round(80 * value / most)}%` }, n === k ? "" : value.toFixed(2).replace(/^0/, "")))))));
  }

  /* A card is drawn above, beside the map. */
  async function find(text) {
    await atlas.search(text);
    document.querySelector(".at-panel")?.scrollIntoView({ block: "start" });
  }

  on("atlas-opened", draw);
}
