// @ts-check
/* The drawer of models: what each takes, choosing one, opening another, and the way back. */
import { limits } from "../../web/config.js";
import { finders, make } from "../../web/dom.js";
import { offerReadings } from "../../web/readings.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { stream, wire } from "../../web/wire.js";
import { DRAWER } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const OPENING_MS = 900000;
  const { $ } = finders(element);
  const drawer = $("dialog"), list = $(".md-list"), form = $(".md-open"), back = $('[data-do="back"]');
  const readings = $(".md-readings"), stage = $('[data-at="stage"]'), wrong = $('[data-at="wrong"]'), hint = stage.innerHTML;
  const { ask } = wire(gradio);
  const another = stream(gradio, { heard, ended });
  let offered = [], before = null;

  /* ---- what there is ---- */
  async function open() {
    drawer.showModal();
    list.setAttribute("aria-busy", "true");
    accept(await ask("offered", {}));
  }

  function accept(found) {
    wrong.textContent = found.error || "";
    if (found.error) return;
    offered = found.models;
    form.hidden = !found.open;
    store.page.models = offered.map((each) => each.model);
    emit("models");
    list.setAttribute("aria-busy", "false");
    draw();
  }

  function draw() {
    list.replaceChildren(...offered.map(({ model, source, memory, time }) => make("button", {
      type: "button", role: "radio", class: "md-model", "data-model": model.name,
      "aria-checked": String(model.name === store.state.m), disabled: Boolean(model.error), onclick: () => choose(model.name),
    }, make("b", {}, model.name),
    model.title && model.title !== model.name ? make("span", {}, model.title.replace(`${model.name}: `, "")) : null,
    make("small", {}, model.error || DRAWER.codes(model)),
    model.error ? null : make("small", {}, DRAWER.takes(model.parameters, memory, time)),
    model.note ? make("small", { class: "md-note" }, model.note) : null,
    source ? make("small", { class: "md-source" }, DRAWER.source(source)) : null)));
    back.hidden = !before;
    back.textContent = before ? DRAWER.back(before) : "";
  }

  /* ---- choosing ---- */
  function choose(name) {
    if (name === store.state.m) return;
    before = store.state.m;
    store.go({ m: name, a: null, ...store.opensOn(offered.find(({ model }) => model.name === name).model) });
    draw();
  }

  /* ---- opening another ---- */
  function begin(reading) {
    wrong.textContent = "";
    offerReadings(readings, undefined, begin);
    busy(true);
    another.ask("another", { source: form.elements.source.value, reading });
    clearTimeout(form.timer);
    form.timer = setTimeout(() => {
      another.forget();
      ended({ error: DRAWER.late });
    }, OPENING_MS);
  }

  function busy(now) {
    form.setAttribute("aria-busy", now);
    for (const field of form.elements) field.disabled = now;
    if (!now) stage.innerHTML = hint;
  }

  function heard(record) {
    if (record.kind === "stage") return (stage.textContent = DRAWER.stage(record.words));
    accept(record);
    choose(record.name);
    form.elements.source.value = "";
  }

  function ended(record) {
    clearTimeout(form.timer);
    busy(false);
    if (record.error) wrong.textContent = record.error;
    offerReadings(readings, record.readings, begin);
  }

  form.elements.source.maxLength = limits.source;
  form.addEventListener("submit", (event) => { event.preventDefault(); begin(null); });
  back.addEventListener("click", () => choose(before));
  $('[data-do="close"]').addEventListener("click", () => drawer.close());
  drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
  list.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = [...list.querySelectorAll("button:not(:disabled)")];
    all[(all.indexOf(document.activeElement) + by + all.length) % all.length].focus();
  });
  on("drawer", open);
  on("state", () => drawer.open && draw());
}
