/* Sweep: all values of one position side by side on this frame; a click takes one. */
Lapa.part("sweep", (element, gradio) => {
  "use strict";
  const REST_MS = 450;   // a sweep waits until the presses pause, so that it never slows one
  const $ = (selector) => element.querySelector(selector);
  const strip = $(".lx-strip"), choice = $(".lx-segments");
  let shown = null, asked = "", waiting = 0, seq = 0, visible = false, cells = [];

  /* A sweep of position p does not depend on the code at p: pressing it needs no new one. */
  function key() {
    const { m, c, f, a, p } = Lapa.state;
    return a && p !== null ? JSON.stringify([m, c, f, p, a.map((code, i) => (i === p ? "*" : code))]) : "";
  }

  function want() {
    clearTimeout(waiting);
    strip.classList.toggle("old", Boolean(shown) && key() !== asked);
    if (!visible || !key() || key() === asked || Lapa.page.model.error) return;
    waiting = setTimeout(() => (Lapa.idle() ? request() : want()), REST_MS);
  }

  function request() {
    const { m, c, f, a, p, o } = Lapa.state;
    asked = key();
    gradio.trigger("sweep", { seq: ++seq, m, c, f, a, p, o });
  }

  function receive(answer) {
    if (answer.seq !== seq) return;
    $(".lx-error").textContent = answer.error || "";
    if (answer.error) return;
    shown = answer;
    strip.classList.remove("old");
    draw();
  }

  async function draw() {
    const answer = shown;
    const images = await Promise.all(answer.items.map((item) => Lapa.images.load(item.image)));
    const base = await Lapa.images.load(Lapa.page.shown.frame);
    if (answer !== shown) return;
    const most = Math.max(...answer.items.map((item) => item.change), 0.01);
    if (cells.length !== images.length) cells = images.map(cell);
    if (strip.childElementCount !== cells.length) strip.replaceChildren(...cells.map((each) => each.button));
    images.forEach((image, k) => {
      const { canvas, bar, amount } = cells[k];
      if (Lapa.state.o === "diff") Lapa.images.heat(canvas, base, image);
      else Lapa.images.plain(canvas, image);
      bar.style.width = `${(100 * answer.items[k].change) / most}%`;
      amount.textContent = answer.items[k].change.toFixed(1);
    });
    strip.dataset.position = answer.position;
    strip.dataset.drawn = Number(strip.dataset.drawn || 0) + 1;
    mark();
  }

  function cell(_, k) {
    const canvas = Lapa.make("canvas", {}), bar = Lapa.make("i", {}), amount = Lapa.make("span", {});
    const heard = Lapa.make("span", { class: "lx-heard" });
    const button = Lapa.make("button", { type: "button", class: "lx-cell", "data-k": k, onclick: () => take(k) },
      Lapa.make("span", { class: "lx-view" }, canvas),
      Lapa.make("span", { class: "lx-cell-head" }, Lapa.make("b", {}, String(k)), amount),
      Lapa.make("span", { class: "lx-meter", "aria-hidden": "true" }, bar), heard);
    return { button, canvas, bar, amount, heard };
  }

  function take(k) {
    if (!Lapa.same(shown.items[k].codes, Lapa.state.a)) Lapa.go({ a: shown.items[k].codes });
  }

  function mark() {
    if (!shown) return;
    const real = Lapa.page.shown && Lapa.page.shown.inferred;
    cells.forEach(({ button, heard }, k) => {
      const chosen = Boolean(Lapa.state.a) && Lapa.state.a[shown.position] === k;
      button.classList.toggle("chosen", chosen);
      button.classList.toggle("real", Boolean(real && real[shown.position] === k));
      button.setAttribute("aria-pressed", chosen);
      heard.textContent = `grey levels of change; take code ${k} at position ${shown.position}`;
    });
  }

  function positions() {
    const model = Lapa.page.model;
    if (!model || !model.positions) return;
    if (choice.childElementCount !== model.positions) {
      choice.replaceChildren(...Array.from({ length: model.positions }, (_, p) => Lapa.make("button",
        { type: "button", role: "radio", "data-sweep": p, "aria-label": `Sweep position ${p}`,
          onclick: () => choose(p), onkeydown: (event) => arrows(event, p, model.positions) }, `Position ${p}`)));
    }
    [...choice.children].forEach((button, p) => {
      button.setAttribute("aria-checked", p === Lapa.state.p);
      button.tabIndex = p === Lapa.state.p || (Lapa.state.p === null && p === 0) ? 0 : -1;
    });
    element.style.setProperty("--aspect", Lapa.page.shown ? Lapa.page.shown.aspect : 1);
  }

  function arrows(event, position, count) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const to = (position + by + count) % count;
    choose(to);
    choice.children[to].focus();
  }

  function choose(position) {
    Lapa.look({ p: position });
    want();
  }

  new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    want();
  }, { rootMargin: "80px" }).observe(element);
  Lapa.on("sweep", (position) => {
    choose(position);
    element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
  Lapa.on("state", () => { mark(); want(); });
  Lapa.on("look", () => { positions(); mark(); if (shown) draw(); });
  Lapa.on("painted", () => { positions(); mark(); want(); });
  Lapa.values(gradio, receive);
});
