// @ts-check
/* Figures of the paper, made anew: pictures that alternate with the frame they grew from. */
import * as beat from "../../web/beat.js";
import { tabs } from "../../web/config.js";
import { finders, make } from "../../web/dom.js";
import * as store from "../../web/store.js";
import { on } from "../../web/topics.js";
import { FIGURES } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const { $, $$, at } = finders(element);
  let asked = false, visible = false;

  async function open() {
    if (asked) return;
    asked = true;
    const found = await gradio.server.figures({});
    $(".fg-figures").setAttribute("aria-busy", "false");
    if (!found || found.error) {
      asked = false;
      at("about").textContent = found ? found.error : FIGURES.lost;
      return;
    }
    at("all").replaceChildren(...found.figures.map(figure));
    alternate(beat.isNow());
    if (visible) beat.start();
  }

  function figure({ number, title, words, query, cells, problem }) {
    return make("article", { class: "fg-figure", "data-figure": number },
      make("h3", {}, make("span", { class: "fg-number" }, FIGURES.figure(number)), " ", title),
      make("p", {}, problem || words),
      make("ul", { class: "fg-cells" }, ...cells.map((cell) => make("li", {},
        make("span", { class: "fg-view" }, make("img", { class: "fg-before", src: cell.before, alt: "" }), make("img", { class: "fg-image", src: cell.image, alt: cell.words })),
        make("small", {}, cell.words)))),
      further(query));
  }

  /* A link to the tab where one goes on, where this page has it. */
  function further(query) {
    const tab = new URLSearchParams(query || "").get("tab") || "";
    return tabs.includes(tab) ? make("a", { class: "lx-see", href: `?${query}` }, FIGURES.go(tab[0].toUpperCase() + tab.slice(1))) : null;
  }

  function alternate(now) {
    for (const image of $$(".fg-image")) image.classList.toggle("away", now);
  }

  new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    if (!visible) return;
    open();
    if (asked) beat.start();
  }).observe($(".fg-figures"));
  on("beat", alternate);
  on("tab", (name) => name !== "learn" && store.state.o !== "blink" && beat.stop());
}
