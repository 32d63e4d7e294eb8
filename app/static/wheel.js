/* Inside the player: pads of codes, the wheel of learned keys, and how they are edited. */
Lapa.wheel = (element) => {
  "use strict";
  const { dream } = Lapa, { state } = dream;
  const $ = (selector) => element.querySelector(selector);
  const board = $(".lx-board"), wheel = $(".lx-wheel"), edit = $(".lx-edit");
  const WAYS = [["up", "↑"], ["left", "←"], ["stay", "S"], ["right", "→"], ["down", "↓"], ["close", "G"], ["open", "O"]];
  const NAMES = { up: "Up", left: "Left", stay: "Stay", right: "Right", down: "Down", close: "Grip", open: "Open" };
  let drawnFor = "";

  /* ---- pads ---- */
  function build() {
    const shape = `${state.positions}x${state.values}`;
    if (shape === drawnFor || !state.positions) return;
    drawnFor = shape;
    board.replaceChildren(...Array.from({ length: state.positions }, (_, p) => row(p)));
  }

  function row(p) {
    const name = `Position ${p}`;
    return Lapa.make("div", { class: "lx-row", "data-row": p },
      Lapa.make("button", { type: "button", class: "lx-pick", "aria-pressed": false,
        title: "Number keys set this position", "aria-label": `Choose position ${p} for the number keys`,
        onclick: () => dream.look({ position: p }) }, String(p)),
      Lapa.make("div", { class: "lx-keys8", role: "radiogroup", "aria-label": `${name} of the dream` },
        ...Array.from({ length: state.values }, (_, k) => Lapa.make("button", { type: "button",
          role: "radio", class: "lx-code", "data-dp": p, "data-dk": k, "aria-label": `${name}, code ${k}`,
          onclick: () => pick(p, k) }, String(k)))));
  }

  function pick(p, k) {
    state.position = p;
    dream.choose(state.action.map((old, at) => (at === p ? k : old)));
  }

  function mark() {
    build();
    if (!state.action) return;
    $('[data-at="action"]').textContent = Lapa.written(state.action);
    for (const each of board.querySelectorAll(".lx-code")) {
      each.setAttribute("aria-checked", state.action[each.dataset.dp] === Number(each.dataset.dk));
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
      return fits(own[name]) ? { name, codes: own[name], note: "Chosen by you.", own: true } : found;
    }).filter(Boolean);
    draw();
  }

  function draw() {
    $('[data-at="robot"]').textContent = state.embodiment;
    wheel.replaceChildren(...WAYS.map(([name, sign]) => {
      const found = state.keys.find((key) => key.name === name);
      const button = Lapa.make("button", { type: "button", class: `lx-way${found && found.own ? " own" : ""}`, "data-key": name,
        "aria-label": `${NAMES[name]}${found ? `: ${Lapa.written(found.codes)}` : ": none was learned"}`,
        title: found ? `${NAMES[name]} ${Lapa.written(found.codes)}. ${found.note}` : "No latent action was learned for this; choose one with Edit." },
      Lapa.make("b", {}, sign), Lapa.make("span", {}, NAMES[name]), Lapa.make("code", {}, found ? found.codes.join("") : "–"));
      button.disabled = !found;
      const up = () => Lapa.emit("dream-press", { name, up: true });
      button.addEventListener("pointerdown", (event) => { event.preventDefault(); button.setPointerCapture(event.pointerId); Lapa.emit("dream-press", { name }); });
      button.addEventListener("pointerup", up);
      button.addEventListener("pointercancel", up);
      // Enter and Space on the button itself; a pointer has been told already
      button.addEventListener("click", (event) => { if (event.detail === 0) { Lapa.emit("dream-press", { name }); up(); } });
      return button;
    }));
    if (!edit.hidden) editor();
  }

  /* ---- the editor ---- */
  function editor() {
    const error = Lapa.make("p", { class: "lx-error", role: "alert" });
    edit.replaceChildren(...WAYS.map(([name]) => field(name, error)), error,
      Lapa.make("button", { type: "button", class: "lx-button", onclick: forget }, "Back to the learned keys"));
  }

  function field(name, error) {
    const found = state.keys.find((key) => key.name === name);
    const input = Lapa.make("input", { type: "text", spellcheck: "false", autocomplete: "off",
      "aria-label": `Latent action of ${NAMES[name]}`, value: found ? Lapa.written(found.codes) : "" });
    input.addEventListener("change", () => {
      try {
        error.textContent = "";
        if (input.value.trim()) keep(name, Lapa.parse(input.value, { positions: state.positions, values: state.values }));
      } catch (problem) {
        error.textContent = `${NAMES[name]}: ${problem.message}`;
      }
    });
    return Lapa.make("label", { title: found ? found.note : "" }, Lapa.make("span", {}, NAMES[name]), input);
  }

  function keep(name, codes) {
    let own = {};
    try {
      own = JSON.parse(localStorage.getItem(stored())) || {};
      localStorage.setItem(stored(), JSON.stringify({ ...own, [name]: codes }));
    } catch { /* private mode: kept for this visit only */ }
    state.keys = [...state.keys.filter((key) => key.name !== name), { name, codes, note: "Chosen by you.", own: true }];
    draw();
  }

  function forget() {
    try { localStorage.removeItem(stored()); } catch { /* private mode */ }
    learned(state.learned);
  }

  Lapa.on("dream-keys", learned);
  Lapa.on("dream-edit", () => {
    edit.hidden = !edit.hidden;
    $('[data-do="edit"]').setAttribute("aria-pressed", !edit.hidden);
    if (!edit.hidden) editor();
  });
  Lapa.on("dream", mark);
  Lapa.on("dream-look", mark);
};
