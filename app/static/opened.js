/* What is open in the atlas: a pair with its neighbours elsewhere, or a selection in figures. */
Lapa.part("opened", (element) => {
  "use strict";
  const at = (name) => element.querySelector(`[data-at="${name}"]`);
  const SHEET = 18;
  let turn = 0;

  const make = Lapa.make;
  const figure = (src, words, alt, aspect) => make("figure", {}, make("span", { class: "lx-pic", style: `--aspect: ${aspect}` }, make("img", { src, alt })), make("figcaption", { class: "lx-foot" }, words));

  function fill(title, ...children) {
    at("title").replaceChildren(...[title].flat());
    at("body").replaceChildren(...children.filter(Boolean));
  }

  /* A picture that goes to and fro between both frames. */
  function moving(frame, future, alt, aspect) {
    return make("span", { class: "lx-pic at-moving", style: `--aspect: ${aspect}` }, make("img", { src: frame, alt }),
      make("img", { src: future, alt: "A gap later", class: "tf-later" }));
  }

  function leads(pair) {
    if (!pair.whole) return make("p", { class: "lx-foot" }, "This clip is not part of the page, so there is its thumbnail only; what is imagined is imagined from that.");
    const to = (words, change, then) => make("button", { type: "button", class: "lx-button", onclick: () => { change(); Lapa.visit(then); } }, words);
    return make("div", { class: "lx-bar" },
      to("Explore", () => Lapa.go({ c: pair.c, f: pair.f, a: null }), "explore"),
      to("Imagine", () => Lapa.go({ c: pair.c, f: pair.f, a: null }), "imagine"),
      to("Transfer", () => { Lapa.go({ c: pair.c, f: pair.f, a: null }); Lapa.emit("transfer-choice", { c: pair.c, f: pair.f, d: null }); }, "transfer"));
  }

  /* Buttons with thumbnails that open points. */
  async function sheet(rows, label) {
    const list = make("ul", { class: "at-sheet" });
    const pictures = await Lapa.atlas.pictures(rows);
    rows.forEach((i, n) => {
      const ends = pictures[n];
      const picture = ends ? moving(ends[0], ends[1], "", 1) : make("span", { class: "lx-pic" });
      list.append(make("li", {}, make("button", { type: "button", "data-row": i, "aria-label": `Open ${Lapa.atlas.name(i)}`, onclick: () => Lapa.atlas.open(i) }, picture, label ? make("span", { class: "lx-foot" }, label(i, n)) : null)));
    });
    return list;
  }

  async function pair(found) {
    const mine = ++turn;
    if (found.error) return fill("A pair", make("p", { class: "lx-error" }, found.error));
    const { points } = Lapa.atlas;
    const side = make("div", { class: "at-near" }, make("p", { class: "lx-foot" }, "…"));
    fill([make("span", {}, found.embodiment), make("code", { class: "at-codes" }, found.text)],
      make("div", { class: "at-three" },
        make("figure", {}, moving(found.frame, found.future, "The pair's first frame", found.aspect), make("figcaption", { class: "lx-foot" }, "what happened")),
        figure(found.decoded, "imagined from its codes", "What the model imagines from the first frame and the codes", found.aspect)),
      make("p", {}, found.instruction || found.task),
      make("p", { class: "lx-foot" }, `${found.c}, frame ${found.f}, ${found.split === "holdout" ? "held out from training" : "seen in training"}`),
      leads(found),
      make("h3", {}, "Nearest in other embodiments"), side);
    element.dataset.row = found.i;
    const near = found.neighbours.slice(0, 10);
    const list = await sheet(near.map(([i]) => i), (i) => points.embodiments[points.embodiment[i]]);
    if (mine === turn) side.replaceChildren(list);
  }

  /* ---- a selection ---- */
  function histogram(rows) {
    const { points } = Lapa.atlas, { positions, values } = points;
    const counts = Array.from({ length: positions }, () => new Uint32Array(values));
    for (const i of rows) for (let p = 0; p < positions; p++) counts[p][points.codes[i * positions + p]]++;
    return make("div", { class: "at-bars" }, ...counts.map((own, p) => {
      const most = Math.max(...own, 1);
      return make("div", { role: "img", "aria-label": `Position ${p}: ${[...own].map((n, k) => `code ${k} ${n}`).join(", ")}` },
        make("b", {}, `Position ${p}`), make("div", {}, ...[...own].map((n, k) => make("span", { title: `code ${k}: ${n} pairs` }, make("i", { style: `height: ${Math.round(34 * n / most)}px` }), String(k)))));
    }));
  }

  /* Mean motion of each embodiment's rows. */
  function effects(rows) {
    const { points } = Lapa.atlas, sums = new Map();
    for (const i of rows) {
      const name = points.embodiments[points.embodiment[i]], own = sums.get(name) || [0, 0, 0];
      sums.set(name, [own[0] + points.motion[2 * i], own[1] + points.motion[2 * i + 1], own[2] + 1]);
    }
    return [...sums].map(([embodiment, [right, down, pairs]]) => ({ embodiment, pairs, motion: [right / pairs, down / pairs] })).sort((a, b) => b.pairs - a.pairs);
  }

  async function selection(told) {
    const mine = ++turn;
    if (!told) return fill("A pair", make("p", { class: "lx-foot" }, "Click a point to open its pair, or draw a lasso around many."));
    const { rows, words } = told, step = Math.max(1, Math.floor(rows.length / SHEET));
    const some = rows.filter((_, n) => n % step === 0).slice(0, SHEET);
    const side = make("div", {});
    const { points } = Lapa.atlas, first = rows.find((i) => points.shipped[i]);
    fill([make("span", {}, `${rows.length} pairs`), make("span", { class: "lx-side" }, words)],
      make("h3", {}, "Codes"), histogram(rows),
      make("h3", {}, "Mean effect"), Lapa.arrows.effects(effects(rows)),
      make("h3", {}, "Contact sheet"), side,
      first === undefined ? null : leads({ whole: true, c: points.clips[points.clip[first]], f: points.index[first] }),
      first === undefined ? null : make("p", { class: "lx-foot" }, "The buttons open its first pair whose clip is part of the page."));
    const list = await sheet(some);
    if (mine === turn) side.replaceChildren(list);
  }

  async function own(found) {
    const mine = ++turn, { points } = Lapa.atlas;
    const side = make("div", {});
    fill([make("span", {}, "Your pair"), make("code", { class: "at-codes" }, found.text)],
      make("p", {}, "It is placed on the map by its nearest neighbours among the latents, and marked by a cross."),
      make("h3", {}, "Nearest pairs"), side);
    const list = await sheet(found.nearest.map(([i]) => i), (i) => points.embodiments[points.embodiment[i]]);
    if (mine === turn) side.replaceChildren(list);
  }

  Lapa.on("atlas-opening", () => element.querySelector(".at-opened").setAttribute("aria-busy", "true"));
  Lapa.on("atlas-pair", (found) => { element.querySelector(".at-opened").setAttribute("aria-busy", "false"); pair(found); });
  Lapa.on("atlas-chosen", selection);
  Lapa.on("atlas-mine", own);
});
