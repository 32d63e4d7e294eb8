// @ts-check
/* Inside the player: pads of codes, the wheel of learned keys, and how they are edited. */
import { parse, written } from "../../web/codes.js";
import { finders, make } from "../../web/dom.js";
import { ofAction, ofCode, small } from "../../web/names.js";
import { emit, on } from "../../web/topics.js";
import * as dream from "./store.js";
import { KEYS, keysHint } from "./words.js";

/**
 * Sets up both inside the player.
 * @param {HTMLElement} element
 */
export function wheel(element) {
  const { state } = dream;
  const { $ } = finders(element);
  const board = $(".lx-board"), circle = $(".lx-wheel"), edit = $(".lx-edit");
  const WAYS = [["up", "↑"], ["left", "←"], ["stay", "S"], ["right", "→"], ["down", "↓"], ["close", "G"], ["open", "O"]];
  const GRIPS = ["close", "open"], NAMES = KEYS.names;
  let drawnFor = "";

  /* ---- pads ---- */
  function build() {
    const shape = `${state.positions}x${state.values}:${state.start ? state.start.m : ""}:${state.embodiment}`;
    if (shape === drawnFor || !state.positions) return;
    drawnFor = shape;
    board.replaceChildren(...Array.from({ length: state.positions }, (_, p) => row(p)));
  }

  function row(p) {
    return make("div", { class: "lx-row", "data-row": p },
      make("button", { type: "button", class: "lx-pick", "aria-pressed": false,
        title: KEYS.digits, "aria-label": KEYS.choose(p),
        onclick: () => dream.look({ position: p }) }, String(p)),
      make("div", { class: "lx-keys8", role: "radiogroup", "aria-label": KEYS.ofDream(p) },
        ...Array.from({ length: state.values }, (_, k) => pad(p, k))));
  }

  function pad(p, k) {
    const own = ofCode(state.names, p, k);
    return make("button", { type: "button", role: "radio", class: "lx-code", "data-dp": p, "data-dk": k,
      "aria-label": KEYS.code(p, k, own ? own.word : ""), title: own && own.told,
      onclick: () => pick(p, k) }, make("span", {}, String(k)), small(own, { short: true }));
  }

  function pick(p, k) {
    state.position = p;
    dream.choose(state.action.map((old, at) => (at === p ? k : old)));
  }

  function mark() {
    build();
    const action = dream.shown();
    if (!action) return;
    $('[data-at="action"]').textContent = written(action);
    $('[data-at="action-name"]').replaceChildren(...[small(ofAction(state.names, action), { heard: true })].filter(Boolean));
    for (const each of board.querySelectorAll(".lx-code")) {
      each.setAttribute("aria-checked", action[each.dataset.dp] === Number(each.dataset.dk));
    }
    for (const each of board.querySelectorAll(".lx-row")) {
      const chosen = Number(each.dataset.row) === state.position;
      each.classList.toggle("chosen", chosen);
      each.querySelector(".lx-pick").setAttribute("aria-pressed", chosen);
    }
  }

  /* ---- the wheel ---- */
  const stored = () => `lapa-keys:${state.start.m}:${state.embodiment}`;

  function learned(keys) {
    let own = {};
    try { own = JSON.parse(localStorage.getItem(stored())) || {}; } catch { /* private mode */ }
    const fits = (codes) => Array.isArray(codes) && codes.length === state.positions &&
      codes.every((code) => Number.isInteger(code) && code >= 0 && code < state.values);
    state.learned = keys;
    state.keys = WAYS.map(([name]) => {
      const found = keys.find((key) => key.name === name);
      return fits(own[name]) ? { name, codes: own[name], note: KEYS.own, own: true } : found;
    }).filter(Boolean);
    draw();
  }

  function draw() {
    $('[data-at="robot"]').textContent = state.embodiment;
    // a robot that no latent action was learned of to grip with may have none: its keys are not missed
    const ways = WAYS.filter(([name]) => !GRIPS.includes(name) || state.keys.some((key) => key.name === name));
    circle.classList.toggle("gripless", !ways.some(([name]) => GRIPS.includes(name)));
    circle.replaceChildren(...ways.map(([name, sign]) => {
      const called = named(name);
      const found = state.keys.find((key) => key.name === name);
      const button = make("button", { type: "button", class: `lx-way${found && found.own ? " own" : ""}`, "data-key": name,
        "aria-label": KEYS.heard(called, found ? written(found.codes) : ""),
        title: found ? KEYS.title(called, written(found.codes), told(found)) : KEYS.none },
      make("b", {}, sign), make("span", {}, called), make("code", {}, found ? written(found.codes) : "–"));
      button.disabled = !found;
      const up = () => emit("dream-press", { name, up: true });
      button.addEventListener("pointerdown", (event) => { event.preventDefault(); button.setPointerCapture(event.pointerId); emit("dream-press", { name }); });
      button.addEventListener("pointerup", up);
      button.addEventListener("pointercancel", up);
      // Enter and Space on the button itself; a pointer has been told already
      button.addEventListener("click", (event) => { if (event.detail === 0) { emit("dream-press", { name }); up(); } });
      return button;
    }));
    // every other piece is a key
    const pieces = keysHint(state.keys.map((key) => key.name), state, named("stay").toLowerCase()).split("`");
    $("#lx-dream-help").replaceChildren(...pieces.map((piece, i) => (i % 2 ? make("kbd", {}, piece) : piece)));
    if (!edit.hidden) editor();
  }

  /* What a key is called: a car has words of its own. */
  function named(name) {
    const says = (state.names && state.names.says) || {};
    return says[name === "stay" ? "stays" : name] || NAMES[name];
  }

  /* What bears a key out: for a learned one its own pairs, for a visitor's the sum of its codes. */
  function told(key) {
    const own = key.own ? ofAction(state.names, key.codes) : null;
    return own ? `${key.note} ${own.told}` : key.note;
  }

  /* ---- the editor ---- */
  function editor() {
    const error = make("p", { class: "lx-error", role: "alert" });
    edit.replaceChildren(...WAYS.map(([name]) => field(name, error)), error,
      make("button", { type: "button", class: "lx-button", onclick: forget }, KEYS.back));
  }

  function field(name, error) {
    const found = state.keys.find((key) => key.name === name);
    const input = make("input", { type: "text", spellcheck: "false", autocomplete: "off",
      "aria-label": KEYS.field(NAMES[name]), value: found ? written(found.codes) : "" });
    input.addEventListener("change", () => {
      try {
        error.textContent = "";
        if (input.value.trim()) keep(name, parse(input.value, { positions: state.positions, values: state.values }));
      } catch (problem) {
        error.textContent = `${NAMES[name]}: ${problem.message}`;
      }
    });
    return make("label", { title: found ? found.note : "" }, make("span", {}, NAMES[name]), input);
  }

  function keep(name, codes) {
    let own = {};
    try {
      own = JSON.parse(localStorage.getItem(stored())) || {};
      localStorage.setItem(stored(), JSON.stringify({ ...own, [name]: codes }));
    } catch { /* private mode: kept for this visit only */ }
    state.keys = [...state.keys.filter((key) => key.name !== name), { name, codes, note: KEYS.own, own: true }];
    draw();
  }

  function forget() {
    try { localStorage.removeItem(stored()); } catch { /* private mode */ }
    learned(state.learned);
  }

  on("dream-keys", learned);
  on("dream-edit", () => {
    edit.hidden = !edit.hidden;
    $('[data-do="edit"]').setAttribute("aria-pressed", !edit.hidden);
    if (!edit.hidden) editor();
  });
  on("dream", mark);
  on("dream-look", mark);
}
