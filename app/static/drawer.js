/* The drawer of models: what each takes, choosing one, opening another, and the way back. */
Lapa.part("drawer", (element, gradio) => {
  "use strict";
  const OPENING_MS = 900000;
  const $ = (selector) => element.querySelector(selector);
  const drawer = $("dialog"), list = $(".md-list"), form = $(".md-open"), back = $('[data-do="back"]');
  const stage = $('[data-at="stage"]'), wrong = $('[data-at="wrong"]'), hint = stage.innerHTML;
  const { ask, answer } = Lapa.wire(gradio);
  const another = Lapa.stream(gradio, "another", { heard, ended });
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
    Lapa.page.models = offered.map((each) => each.model);
    Lapa.emit("models");
    list.setAttribute("aria-busy", "false");
    draw();
  }

  function draw() {
    list.replaceChildren(...offered.map(({ model, source, memory, time }) => Lapa.make("button", {
      type: "button", role: "radio", class: "md-model", "data-model": model.name,
      "aria-checked": String(model.name === Lapa.state.m), disabled: Boolean(model.error), onclick: () => choose(model.name),
    }, Lapa.make("b", {}, model.name),
    model.title && model.title !== model.name ? Lapa.make("span", {}, model.title.replace(`${model.name}: `, "")) : null,
    Lapa.make("small", {}, model.error || `${model.positions} × ${model.values} codes, ${model.size} px, gap ${model.gap} s`),
    model.error ? null : Lapa.make("small", {}, `${model.parameters} parameters · ${memory} of memory · a press in ${time}`),
    source ? Lapa.make("small", { class: "md-source" }, `opened from ${source}`) : null)));
    back.hidden = !before;
    back.textContent = before ? `Back to ${before}` : "";
  }

  /* ---- choosing ---- */
  function choose(name) {
    if (name === Lapa.state.m) return;
    before = Lapa.state.m;
    Lapa.go({ m: name, a: null, ...elsewhere(offered.find(({ model }) => model.name === name).model) });
    draw();
  }

  /* A model opens on a clip that it knows, where there is one. */
  function elsewhere(model) {
    const known = (clip) => !model.embodiments.length || model.embodiments.includes(clip.embodiment);
    const here = Lapa.clip();
    if (!here || here.uploaded || known(here)) return {};
    const clip = Lapa.page.clips.find((each) => !each.uploaded && known(each));
    return clip ? { c: clip.id, f: clip.opening } : {};
  }

  /* ---- opening another ---- */
  function begin(event) {
    event.preventDefault();
    wrong.textContent = "";
    busy(true);
    another.ask({ source: form.elements.source.value });
    clearTimeout(form.timer);
    form.timer = setTimeout(() => {
      another.forget();
      ended({ error: "The server has not answered in time. Try again." });
    }, OPENING_MS);
  }

  function busy(now) {
    form.setAttribute("aria-busy", now);
    for (const field of form.elements) field.disabled = now;
    if (!now) stage.innerHTML = hint;
  }

  function heard(record) {
    if (record.kind === "stage") return (stage.textContent = `${record.words}…`);
    accept(record);
    choose(record.name);
    form.elements.source.value = "";
  }

  function ended(record) {
    clearTimeout(form.timer);
    busy(false);
    if (record.error) wrong.textContent = record.error;
  }

  form.addEventListener("submit", begin);
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
  Lapa.on("drawer", open);
  Lapa.on("state", () => drawer.open && draw());
  Lapa.values(gradio, (value) => (["stage", "opened", "ended"].includes(value.kind) ? another.answer(value) : answer(value)));
});
