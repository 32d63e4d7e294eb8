// @ts-check
/* How many codes: what the first 1, 2, … codes of the latent action say alone. Only a model that was
 * trained so (nested) has a word of every length; for any other this panel is not there. */
import { written } from "../../web/codes.js";
import { finders } from "../../web/dom.js";
import * as images from "../../web/images.js";
import * as store from "../../web/store.js";
import { on } from "../../web/topics.js";
import { latest, onValue } from "../../web/wire.js";
import { LENGTHS } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const REST_MS = 450;   // asked for once the presses pause, as a sweep is
  const { $, at } = finders(element);
  const panel = $(".lx-lengths"), slider = $("input"), canvas = $("canvas");
  /** @type {{ codes: number[], pictures: HTMLImageElement[] } | null} */
  let shown = null;
  let asked = "", waiting = 0;
  const wishes = latest({ patience: 60000 });

  const key = () => {
    const { m, c, f, a } = store.state;
    return a ? JSON.stringify([m, c, f, a]) : "";
  };

  function want() {
    const model = store.page.model;
    panel.hidden = !model || !model.nested || Boolean(model.error);
    clearTimeout(waiting);
    if (panel.hidden || !key() || key() === asked) return;
    if (Number(slider.max) !== model.positions) slider.max = slider.value = String(model.positions);
    waiting = setTimeout(() => (store.idle() ? ask() : want()), REST_MS);
  }

  function ask() {
    const { m, c, f, a, p, o } = store.state;
    asked = key();
    wishes.ask({ m, c, f, a, p, o });
  }

  async function receive(answer, flight, last) {
    if (!flight || !last) return;
    $(".lx-error").textContent = answer.error || "";
    if (answer.error) return;
    shown = { codes: answer.codes, pictures: await Promise.all(answer.images.map(images.load)) };
    draw();
  }

  function draw() {
    if (!shown) return;
    const many = Number(slider.value);
    images.plain(canvas, shown.pictures[many - 1]);
    at("many").textContent = LENGTHS.of(many, shown.codes.length);
    $(".lx-foot").textContent = LENGTHS.told(written(shown.codes.slice(0, many)), many, shown.codes.length);
    panel.dataset.many = String(many);
    element.style.setProperty("--aspect", String(store.page.shown ? store.page.shown.aspect : 1));
  }

  slider.addEventListener("input", draw);
  on("state", want);
  on("painted", want);
  wishes.connect((wish) => gradio.trigger("lengths", wish));
  onValue(gradio, (answer) => wishes.hear(answer, receive));
}
