/* What was measured on all held-out clips: robots against robots; a cell opens its examples. */
Lapa.part("matrix", (element, gradio) => {
  "use strict";
  const at = (name) => element.querySelector(`[data-at="${name}"]`);
  let model = "", matrix = null, asked = 0;

  const signed = (value) => (value === null ? "?" : `${value <= -0.005 ? "−" : value < 0.005 ? "" : "+"}${Math.abs(value).toFixed(2)}`);

  async function open() {
    if (Lapa.page.tab !== "transfer" || !Lapa.state.m || model === Lapa.state.m) return;
    model = Lapa.state.m;
    matrix = (await gradio.server.matrix({ m: model })) || {};
    element.querySelector(".tf-matrix").classList.toggle("empty", !matrix.cells);
    if (!matrix.cells) {
      at("about").textContent = matrix.error || `Nothing was measured for ${model}; python -m lapa transfer does.`;
      return at("table").replaceChildren();
    }
    at("about").replaceChildren("Rows give the latent action, columns the frame that it is done on; the diagonal is the same robot in another clip. Made by ",
      Lapa.make("code", {}, matrix.command), ".");
    draw();
    choose(strongest());
  }

  const cellOf = (from, to) => matrix.cells.find((cell) => cell.from === from && cell.to === to);

  function strongest() {
    return matrix.cells.filter((cell) => cell.from !== cell.to).reduce((best, cell) => (cell.cosine > best.cosine ? cell : best));
  }

  function draw() {
    const names = matrix.embodiments;
    const head = Lapa.make("tr", {}, Lapa.make("th", { scope: "col" }, Lapa.make("span", { class: "lx-heard" }, "from \\ to")),
      ...names.map((name) => Lapa.make("th", { scope: "col" }, Lapa.make("span", {}, name))));
    const rows = names.map((from) => Lapa.make("tr", {}, Lapa.make("th", { scope: "row" }, from),
      ...names.map((to) => Lapa.make("td", {}, button(from, to)))));
    at("table").replaceChildren(Lapa.make("thead", {}, head), Lapa.make("tbody", {}, ...rows));
  }

  function button(from, to) {
    const cell = cellOf(from, to);
    if (!cell) return Lapa.make("span", { class: "lx-foot" }, "·");
    const share = Math.round(100 * Math.min(1, Math.abs(cell.cosine)));
    return Lapa.make("button", { type: "button", class: cell.cosine < 0 ? "against" : "along", style: `--share: ${share}%`,
      "data-from": from, "data-to": to, tabindex: -1, "aria-pressed": "false",
      "aria-label": `from ${from} to ${to}: mean cosine ${signed(cell.cosine)}`,
      onclick: () => choose(cell), onkeydown: walk }, signed(cell.cosine));
  }

  function walk(event) {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!by) return;
    event.preventDefault();
    const names = matrix.embodiments, { from, to } = event.currentTarget.dataset;
    const next = [names.indexOf(from) + by[0], names.indexOf(to) + by[1]].map((n) => names[n]);
    const found = element.querySelector(`[data-from="${next[0]}"][data-to="${next[1]}"]`);
    if (found) found.focus();
  }

  async function choose(cell) {
    const mine = ++asked;
    for (const each of element.querySelectorAll("td button")) {
      const chosen = each.dataset.from === cell.from && each.dataset.to === cell.to;
      each.setAttribute("aria-pressed", chosen);
      each.tabIndex = chosen ? 0 : -1;
    }
    at("cell").setAttribute("aria-busy", "true");
    const found = await gradio.server.examples({ m: model, from: cell.from, to: cell.to });
    if (mine !== asked) return;
    at("cell").setAttribute("aria-busy", "false");
    if (!found || found.error) return at("cell").replaceChildren(Lapa.make("p", { class: "lx-error" }, found ? found.error : "The server did not answer; try again."));
    tell(found);
  }

  function tell(cell) {
    const [low, high] = cell.interval;
    const spread = low === null ? "" : ` (${signed(low)} to ${signed(high)})`;
    at("cell").replaceChildren(
      Lapa.make("h3", {}, cell.from === cell.to ? `${cell.from}, from clip to clip` : `${cell.from} → ${cell.to}`),
      Lapa.make("p", {}, `Mean cosine ${signed(cell.cosine)}${spread} over ${cell.pairs} pairs; ${Math.round(100 * cell.same)} % of the codes are read back from the imagined frames.`),
      examples("Best", cell.best), examples("Worst", cell.worst));
  }

  function examples(words, all) {
    return Lapa.make("div", { class: "tf-examples" }, Lapa.make("h4", {}, words), Lapa.make("ul", {}, ...all.map(example)));
  }

  function example(each) {
    const open = () => Lapa.emit("transfer-choice", { c: each.c, f: each.f, d: null });
    return Lapa.make("li", {}, Lapa.make("button", { type: "button", class: "tf-known", title: "Carry this pair over, above", onclick: () => { open(); scrollUp(); } },
      Lapa.make("span", { class: "tf-mini" },
        Lapa.arrows.picture(each.frame, { alt: "The pair", kind: "truth" }),
        Lapa.arrows.picture(each.target, { alt: "The frame it is done on, with what it does" })),
      Lapa.make("span", { class: "lx-foot" }, Lapa.make("code", {}, each.text), ` ${signed(each.cosine)}`)));
  }

  function scrollUp() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.getElementById("transfer").scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  }

  Lapa.on("tab", open);
  Lapa.on("state", open);
  open();
});
