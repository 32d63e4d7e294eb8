// @ts-check
/* Four pads of code buttons, the latent action as text, presets, undo and redo. */
import { parse, random, same, written } from "../../web/codes.js";
import { finders, make } from "../../web/dom.js";
import { ofAction, ofCode, small } from "../../web/names.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { latest, onValue } from "../../web/wire.js";
import { PADS } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const COLUMNS = 4;
  const LOOK_MS = 180;   // a pointer on its way to another code asks for nothing
  const PATIENCE_MS = 10000;
  const { $ } = finders(element);
  const board = $(".lx-pads"), text = $(".lx-action input"), error = $(".lx-error");
  let buttons = [], drawnFor = "";

  /* ---- pads ---- */
  function build(model) {
    const key = `${model.positions}x${model.values}`;
    if (key === drawnFor) return;
    drawnFor = key;
    buttons = [];
    board.replaceChildren(...Array.from({ length: model.positions }, (_, p) => pad(p, model.values)));
  }

  function pad(position, values) {
    const name = PADS.position(position);
    const row = Array.from({ length: values }, (_, code) => make("button", {
      type: "button", role: "radio", class: "lx-code", "aria-label": PADS.code(position, code, "", false),
      "data-p": position, "data-k": code, tabindex: -1,
      onclick: () => press(position, code),
      onkeydown: (event) => key(event, position, values),
      onpointerenter: (event) => event.pointerType === "mouse" && look(position, code),
      onpointerleave: leave,
      onfocus: () => look(position, code),
      onblur: leave,
    }, make("span", {}, String(code))));
    buttons.push(row);
    return make("div", { class: "lx-pad", "data-position": position },
      make("div", { class: "lx-pad-head" },
        position ? make("span", {}, name) : make("button",
          { type: "button", class: "lx-term", "data-term": "position" }, name),
        make("button", { type: "button", class: "lx-see",
          "aria-label": PADS.see(position),
          onclick: () => emit("sweep", position) }, PADS.sweep)),
      make("div", { class: "lx-codes", role: "radiogroup", "aria-label": name }, ...row));
  }

  function press(position, code) {
    if (!store.state.a || store.state.a[position] === code) return;
    clearTimeout(waiting);
    store.go({ a: store.state.a.map((old, p) => (p === position ? code : old)) });
  }

  function key(event, position, values) {
    if (event.ctrlKey || event.metaKey || event.altKey || !store.state.a) return;
    const here = Number(event.currentTarget.dataset.k);
    const moves = { ArrowRight: here + 1, ArrowLeft: here - 1, ArrowDown: here + COLUMNS,
      ArrowUp: here - COLUMNS, Home: 0, End: values - 1 };
    let to = moves[event.key];
    if (/^\d$/.test(event.key) && Number(event.key) < values) to = Number(event.key);
    if (to === undefined) return;
    event.preventDefault();
    to = (to + values) % values;
    buttons[position][to].focus();
    press(position, to);
  }

  /* ---- a code under the pointer or the focus is shown without being pressed ---- */
  const looks = latest({ patience: PATIENCE_MS });
  let waiting = 0, wanted = null;

  function look(position, code) {
    clearTimeout(waiting);
    const { a, m, c, f, p, o } = store.state;
    if (!a || a[position] === code || store.page.model.error) return;
    wanted = a.map((old, at) => (at === position ? code : old));
    waiting = setTimeout(() => looks.ask({ m, c, f, p, o, a: wanted }), LOOK_MS);
  }

  function leave() {
    clearTimeout(waiting);
    wanted = null;
    emit("preview", null);
  }

  function seen(answer, flight, last) {
    // what cannot be imagined is said when it is pressed
    if (flight && last && !answer.error && same(answer.codes, wanted)) emit("preview", answer);
  }

  function name() {
    const names = store.page.shown.names;
    buttons.forEach((row, p) => row.forEach((button, k) => {
      const own = ofCode(names, p, k);
      button.title = own ? own.told : "";
      button.replaceChildren(button.firstChild, ...[small(own, { short: true })].filter(Boolean));
      button.dataset.name = own ? own.word : "";
    }));
  }

  function mark() {
    const { page, state } = store;
    const inferred = page.shown && page.shown.inferred;
    const dead = !state.a || !page.model || Boolean(page.model.error);
    buttons.forEach((row, p) => row.forEach((button, k) => {
      const chosen = !dead && state.a[p] === k;
      const real = Boolean(inferred && inferred[p] === k);
      button.setAttribute("aria-checked", chosen);
      button.tabIndex = chosen || (dead && k === 0) ? 0 : -1;
      button.disabled = dead;
      button.classList.toggle("real", real);
      button.setAttribute("aria-label", PADS.code(p, k, button.dataset.name || "", real));
    }));
    if (document.activeElement !== text) write();
    text.disabled = dead;
    $(".lx-hint").classList.toggle("no-truth", !inferred);
    board.dataset.swept = state.p === null ? "" : state.p;
    board.querySelectorAll(".lx-pad").forEach((each, p) => each.classList.toggle("swept", p === state.p));
  }

  /* ---- the latent action as text ---- */
  function write() {
    text.value = store.state.a ? written(store.state.a) : "";
    fail("");
  }

  function fail(sentence) {
    error.textContent = sentence;
    text.setAttribute("aria-invalid", Boolean(sentence));
  }

  function take() {
    if (!store.page.model || !store.state.a) return;
    try {
      const codes = parse(text.value, store.page.model);
      fail("");
      if (!same(codes, store.state.a)) store.go({ a: codes });
      text.value = written(codes);
    } catch (problem) {
      fail(problem.message);
    }
  }

  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter") take();
    if (event.key === "Escape") write();
  });
  text.addEventListener("change", take);

  /* ---- presets; the frequent ones have a panel of their own ---- */
  function presets() {
    const { model, shown } = store.page;
    const offered = ((shown && shown.presets) || []).filter((each) => !each.name.startsWith("frequent"));
    const chips = offered.map((preset) => {
      const own = ofAction(shown.names, preset.codes);
      return make("button", { type: "button", class: "lx-button",
        "data-preset": preset.name, title: PADS.preset(written(preset.codes), preset.note, own ? own.told : ""),
        onclick: () => store.go({ a: preset.codes }) }, preset.name[0].toUpperCase() + preset.name.slice(1),
      small(own, { heard: true, short: true }));
    });
    chips.push(make("button", { type: "button", class: "lx-button", "data-preset": "random",
      title: PADS.atRandom, onclick: () => store.go({ a: random(model) }) }, PADS.random));
    $(".lx-presets").replaceChildren(...(model && !model.error ? chips : []));
  }

  /* ---- history ---- */
  function steps({ undo, redo }) {
    $('[data-do="undo"]').disabled = !undo;
    $('[data-do="redo"]').disabled = !redo;
  }

  const typing = (target) => target.matches &&
    target.matches('textarea, select, [contenteditable="true"], input:not([type="range"])');

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || typing(event.target)) return;
    const letter = event.key.toLowerCase();
    if (letter !== "z" && letter !== "y") return;
    event.preventDefault();
    store.step(letter === "y" || event.shiftKey ? 1 : -1);
  });
  $('[data-do="undo"]').addEventListener("click", () => store.step(-1));
  $('[data-do="redo"]').addEventListener("click", () => store.step(1));

  let offered = "";
  on("shown", ({ answer }) => {
    if (answer.model.positions) build(answer.model);
    const now = JSON.stringify([answer.presets, answer.names]);
    if (now !== offered) {
      presets();
      name();
    }
    offered = now;
    mark();
  });
  on("state", mark);
  on("look", mark);
  on("history", steps);
  steps({ undo: false, redo: false });
  looks.connect((wish) => gradio.trigger("preview", wish));
  onValue(gradio, (answer) => looks.hear(answer, seen));
}
