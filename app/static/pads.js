/* Four pads of code buttons, the latent action as text, presets, undo and redo. */
Lapa.part("pads", (element) => {
  "use strict";
  const COLUMNS = 4;
  const $ = (selector) => element.querySelector(selector);
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
    const name = `Position ${position}`;
    const row = Array.from({ length: values }, (_, code) => Lapa.make("button", {
      type: "button", role: "radio", class: "lx-code", "aria-label": `${name}, code ${code}`,
      "data-p": position, "data-k": code, tabindex: -1,
      onclick: () => press(position, code),
      onkeydown: (event) => key(event, position, values),
    }, String(code)));
    buttons.push(row);
    return Lapa.make("div", { class: "lx-pad", "data-position": position },
      Lapa.make("div", { class: "lx-pad-head" },
        position ? Lapa.make("span", {}, name) : Lapa.make("button",
          { type: "button", class: "lx-term", "data-term": "position" }, name),
        Lapa.make("button", { type: "button", class: "lx-see",
          "aria-label": `Sweep position ${position}: see every code`,
          onclick: () => Lapa.emit("sweep", position) }, "sweep")),
      Lapa.make("div", { class: "lx-codes", role: "radiogroup", "aria-label": name }, ...row));
  }

  function press(position, code) {
    if (!Lapa.state.a || Lapa.state.a[position] === code) return;
    Lapa.go({ a: Lapa.state.a.map((old, p) => (p === position ? code : old)) });
  }

  function key(event, position, values) {
    if (event.ctrlKey || event.metaKey || event.altKey || !Lapa.state.a) return;
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

  function mark() {
    const { page, state } = Lapa;
    const inferred = page.shown && page.shown.inferred;
    const dead = !state.a || !page.model || Boolean(page.model.error);
    buttons.forEach((row, p) => row.forEach((button, k) => {
      const chosen = !dead && state.a[p] === k;
      const real = Boolean(inferred && inferred[p] === k);
      button.setAttribute("aria-checked", chosen);
      button.tabIndex = chosen || (dead && k === 0) ? 0 : -1;
      button.disabled = dead;
      button.classList.toggle("real", real);
      button.setAttribute("aria-label", `Position ${p}, code ${k}${real ? ", inferred" : ""}`);
    }));
    if (document.activeElement !== text) write();
    text.disabled = dead;
    $(".lx-hint").classList.toggle("no-truth", !inferred);
    board.dataset.swept = state.p === null ? "" : state.p;
    board.querySelectorAll(".lx-pad").forEach((each, p) => each.classList.toggle("swept", p === state.p));
  }

  /* ---- the latent action as text ---- */
  function write() {
    text.value = Lapa.state.a ? Lapa.written(Lapa.state.a) : "";
    fail("");
  }

  function fail(sentence) {
    error.textContent = sentence;
    text.setAttribute("aria-invalid", Boolean(sentence));
  }

  function take() {
    if (!Lapa.page.model || !Lapa.state.a) return;
    try {
      const codes = Lapa.parse(text.value, Lapa.page.model);
      fail("");
      if (!Lapa.same(codes, Lapa.state.a)) Lapa.go({ a: codes });
      text.value = Lapa.written(codes);
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
    const { model, shown } = Lapa.page;
    const offered = ((shown && shown.presets) || []).filter((each) => !each.name.startsWith("frequent"));
    const chips = offered.map((preset) => Lapa.make("button", { type: "button", class: "lx-button",
      "data-preset": preset.name, title: `${Lapa.written(preset.codes)}: ${preset.note}`,
      onclick: () => Lapa.go({ a: preset.codes }) }, preset.name[0].toUpperCase() + preset.name.slice(1)));
    chips.push(Lapa.make("button", { type: "button", class: "lx-button", "data-preset": "random",
      title: "A latent action at random", onclick: random }, "Random"));
    $(".lx-presets").replaceChildren(...(model && !model.error ? chips : []));
  }

  function random() {
    const { positions, values } = Lapa.page.model;
    Lapa.go({ a: Array.from({ length: positions }, () => Math.floor(Math.random() * values)) });
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
    Lapa.step(letter === "y" || event.shiftKey ? 1 : -1);
  });
  $('[data-do="undo"]').addEventListener("click", () => Lapa.step(-1));
  $('[data-do="redo"]').addEventListener("click", () => Lapa.step(1));

  let offered = "";
  Lapa.on("shown", ({ answer }) => {
    if (answer.model.positions) build(answer.model);
    if (JSON.stringify(answer.presets) !== offered) presets();
    offered = JSON.stringify(answer.presets);
    mark();
  });
  Lapa.on("state", mark);
  Lapa.on("look", mark);
  Lapa.on("history", steps);
  steps({ undo: false, redo: false });
});
