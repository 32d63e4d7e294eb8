// @ts-check
/* The latent actions that this embodiment's frame pairs have most often, with their share. */
import { same, written } from "../../web/codes.js";
import { finders, make } from "../../web/dom.js";
import { ofAction, small } from "../../web/names.js";
import * as store from "../../web/store.js";
import { on } from "../../web/topics.js";
import { FREQUENT } from "./words.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const SHOWN = 5;
  const { $ } = finders(element);
  let presets = [], drawnFor = "";

  /* "7.25 % of fetch pairs" -> 7.25 and "fetch" */
  const share = (preset) => Number((preset.note.match(/^[\d.]+/) || ["0"])[0]);
  const whose = (preset) => preset.note.replace(/^.* of /, "").replace(/ pairs$/, "");

  function shown(answer) {
    const key = JSON.stringify([answer.presets, answer.names]);
    if (key === drawnFor) return mark();
    drawnFor = key;
    presets = answer.presets.filter((preset) => preset.name.startsWith("frequent")).slice(0, SHOWN);
    $("section").hidden = !presets.length;
    if (!presets.length) return;
    const most = Math.max(...presets.map(share));
    $('[data-at="whose"]').textContent = whose(presets[0]) === "all" ? FREQUENT.everybody : whose(presets[0]);
    $(".lx-ranks").replaceChildren(...presets.map((preset) => rank(preset, most, ofAction(answer.names, preset.codes))));
    mark();
  }

  function rank(preset, most, name) {
    const bar = make("i", {});
    bar.style.width = `${(100 * share(preset)) / most}%`;
    return make("button", { type: "button", class: "lx-rank", "data-preset": preset.name,
      title: FREQUENT.take(written(preset.codes), preset.note, name ? name.told : ""),
      onclick: () => store.go({ a: preset.codes }) },
    make("code", {}, written(preset.codes)),
    make("span", { class: "lx-rank-name" }, small(name, { heard: true, short: true })),
    make("span", { class: "lx-meter", "aria-hidden": "true" }, bar),
    make("small", {}, `${share(preset).toFixed(1)} %`));
  }

  function mark() {
    [...$(".lx-ranks").children].forEach((button, i) =>
      button.setAttribute("aria-pressed", same(presets[i].codes, store.state.a)));
  }

  on("painted", shown);
  on("state", mark);
}
