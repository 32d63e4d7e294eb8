// @ts-check
/* Sweep: all values of one position side by side on this frame; a click takes one. */
import { isNow } from "../../web/beat.js";
import { same } from "../../web/codes.js";
import { finders, make, pressNext } from "../../web/dom.js";
import * as images from "../../web/images.js";
import { ofCode, small } from "../../web/names.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { latest, onValue } from "../../web/wire.js";
import { PADS, SWEEP } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const REST_MS = 450;   // a sweep waits until the presses pause, so that it never slows one
  const PATIENCE_MS = 60000;
  const LOOK_MS = 180;   // a pointer on its way to another cell previews nothing
  const { $ } = finders(element);
  const strip = $(".lx-strip"), choice = $(".lx-segments");
  let shown = null, asked = "", waiting = 0, visible = false, cells = [];
  let pictures = [], base = null;
  const sweeps = latest({ patience: PATIENCE_MS });

  /* A sweep of position p does not depend on the code at p: pressing it needs no new one. */
  function key() {
    const { m, c, f, a, p } = store.state;
    return a && p !== null ? JSON.stringify([m, c, f, p, a.map((code, i) => (i === p ? "*" : code))]) : "";
  }

  function want() {
    clearTimeout(waiting);
    strip.classList.toggle("old", Boolean(shown) && key() !== asked);
    if (!visible || !key() || key() === asked || store.page.model.error) return;
    waiting = setTimeout(() => (store.idle() ? request() : want()), REST_MS);
  }

  function request() {
    const { m, c, f, a, p, o } = store.state;
    asked = key();
    sweeps.ask({ m, c, f, a, p, o });
  }

  function receive(answer, flight, last) {
    if (!flight || !last) return;
    $(".lx-error").textContent = answer.error || "";
    if (answer.error) return;
    shown = answer;
    strip.classList.remove("old");
    draw();
  }

  async function draw() {
    const answer = shown;
    const loaded = await Promise.all(answer.items.map((item) => images.load(item.image)));
    const frame = await images.load(store.page.shown.frame);
    if (answer !== shown) return;
    pictures = loaded;
    base = frame;
    if (cells.length !== pictures.length) cells = pictures.map(cell);
    if (strip.childElementCount !== cells.length) strip.replaceChildren(...cells.map((each) => each.button));
    paint();
    strip.dataset.position = answer.position;
    strip.dataset.drawn = Number(strip.dataset.drawn || 0) + 1;
    mark();
    measure();
  }

  function paint() {
    pictures.forEach((image, k) => {
      const { canvas } = cells[k];
      if (store.state.o === "diff") images.heat(canvas, base, image);
      else images.plain(canvas, store.state.o === "blink" && isNow() ? base : image);
    });
  }

  /* How far each picture is from the chosen one. */
  function measure() {
    const chosen = pictures[shown && store.state.a ? store.state.a[shown.position] : -1];
    if (!chosen) return;
    const apart = pictures.map((image) => images.apart(image, chosen));
    const most = Math.max(...apart, 0.01);
    cells.forEach(({ bar, amount }, k) => {
      bar.style.width = `${(100 * apart[k]) / most}%`;
      amount.textContent = apart[k].toFixed(1);
    });
  }

  function cell(_, k) {
    const canvas = make("canvas", {}), bar = make("i", {}), amount = make("span", {});
    const heard = make("span", { class: "lx-heard" });
    const button = make("button", { type: "button", class: "lx-cell", "data-k": k, onclick: () => take(k),
      onpointerenter: (event) => event.pointerType === "mouse" && look(k), onpointerleave: leave,
      onfocus: () => look(k), onblur: leave },
      make("span", { class: "lx-view" }, canvas),
      make("span", { class: "lx-cell-head" }, make("b", {}, String(k)), amount), make("span", { class: "lx-cell-name" }),
      make("span", { class: "lx-meter", "aria-hidden": "true" }, bar), heard);
    return { button, canvas, bar, amount, heard };
  }

  let looking = 0;
  function look(k) {
    clearTimeout(looking);
    // an old strip holds pictures of another latent action
    if (strip.classList.contains("old") || same(shown.items[k].codes, store.state.a)) return;
    looking = setTimeout(() => emit("preview", shown.items[k]), LOOK_MS);
  }

  function leave() {
    clearTimeout(looking);
    emit("preview", null);
  }

  function take(k) {
    if (!same(shown.items[k].codes, store.state.a)) store.go({ a: shown.items[k].codes });
  }

  function mark() {
    if (!shown || !cells.length) return;
    const real = store.page.shown && store.page.shown.inferred, names = store.page.shown && store.page.shown.names;
    cells.forEach(({ button, heard }, k) => {
      const own = ofCode(names, shown.position, k);
      button.title = own ? own.told : "";
      button.querySelector(".lx-cell-name").replaceChildren(...[small(own, { heard: true })].filter(Boolean));
      const chosen = Boolean(store.state.a) && store.state.a[shown.position] === k;
      button.classList.toggle("chosen", chosen);
      button.classList.toggle("real", Boolean(real && real[shown.position] === k));
      button.setAttribute("aria-pressed", chosen);
      heard.textContent = SWEEP.apart(k, shown.position);
    });
  }

  function positions() {
    const model = store.page.model;
    if (!model || !model.positions) return;
    if (choice.childElementCount !== model.positions) {
      choice.replaceChildren(...Array.from({ length: model.positions }, (_, p) => make("button",
        { type: "button", role: "radio", "data-sweep": p, "aria-label": SWEEP.position(p),
          onclick: () => choose(p), onkeydown: (event) => pressNext(event, choice.children) }, PADS.position(p))));
    }
    [...choice.children].forEach((button, p) => {
      button.setAttribute("aria-checked", p === store.state.p);
      button.tabIndex = p === store.state.p || (store.state.p === null && p === 0) ? 0 : -1;
    });
    element.style.setProperty("--aspect", String(store.page.shown ? store.page.shown.aspect : 1));
  }

  function choose(position) {
    store.look({ p: position });
    want();
  }

  new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    want();
  }, { rootMargin: "320px" }).observe(element);
  on("sweep", (position) => {
    choose(position);
    element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
  on("state", () => { mark(); want(); });
  on("look", () => { positions(); mark(); if (shown) draw(); });
  on("beat", paint);
  on("painted", () => { positions(); mark(); measure(); want(); });
  sweeps.connect((wish) => gradio.trigger("sweep", wish));
  onValue(gradio, (answer) => sweeps.hear(answer, receive));
}
