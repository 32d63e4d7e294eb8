/* How embodiments use the codes: heat maps, frequent latent actions, divergence, and cards. */
Lapa.part("usage", (element) => {
  "use strict";
  const at = (name) => element.querySelector(`[data-at="${name}"]`), make = Lapa.make;

  const pattern = (place, code, length) => `[${Array.from({ length }, (_, p) => (p === place ? code : "*")).join(",")}]`;

  function draw(points) {
    const { usage, positions, values } = points;
    if (!usage.embodiments) return;
    at("maps").replaceChildren(...Array.from({ length: positions }, (_, place) => heat(usage, place, values, positions)));
    at("frequent").replaceChildren(...usage.frequent.slice(0, 12).map((each) => frequent(each, usage)));
    at("bits").replaceChildren(bits(usage.information, positions));
    at("divergence").replaceChildren(matrix(usage.divergence));
  }

  /* Embodiments down, codes across; the deeper the more often. */
  function heat(usage, place, values, length) {
    const rows = Object.entries(usage.embodiments).map(([name, own]) => {
      const total = Math.max(1, own.pairs);
      return make("tr", {}, make("th", { scope: "row" }, name), ...own.counts[place].map((count, code) => {
        const share = count / total;
        return make("td", { style: `--share: ${Math.round(100 * Math.min(1, share / 0.6))}%`, title: `${name}, code ${code}: ${(100 * share).toFixed(1)} %` }, share >= 0.005 ? String(Math.round(100 * share)) : "·");
      }));
    });
    const spread = usage.overall.perplexity[place].toFixed(1);
    const codes = Array.from({ length: values }, (_, code) => make("th", { scope: "col" }, make("button", { type: "button", "aria-label": `Card of code ${code} at position ${place}`, onclick: () => Lapa.atlas.search(pattern(place, code, length)) }, String(code))));
    return make("table", {}, make("caption", {}, `Position ${place}`, make("span", { class: "lx-foot" }, ` perplexity ${spread} of ${values}, in %`)),
      make("thead", {}, make("tr", {}, make("th", {}, make("span", { class: "lx-heard" }, "embodiment")), ...codes)), make("tbody", {}, ...rows));
  }

  function frequent(each, usage) {
    const share = 100 * each.pairs / usage.overall.pairs;
    return make("li", {}, make("button", { type: "button", class: "lx-see", onclick: () => Lapa.atlas.search(Lapa.written(each.codes)) }, Lapa.written(each.codes)),
      make("span", { class: "lx-foot" }, ` ${share.toFixed(1)} % of all pairs, ${Object.keys(each.embodiments).length} embodiments`));
  }

  /* Mutual information beside what chance gives. */
  function bits(information, positions) {
    const told = Object.entries(information).map(([about, own]) => make("tr", {}, make("th", { scope: "row" }, about === "direction" ? "direction of motion" : about),
      ...[...Array.from({ length: positions }, (_, p) => `code_${p}`), "all"].map((what) => make("td", {}, make("b", {}, own[what].bits.toFixed(2)), make("small", {}, ` ${own[what].chance.toFixed(2)}`)))));
    return make("table", { class: "at-bits" }, make("caption", { class: "lx-foot" }, make("button", { type: "button", class: "lx-term", "data-term": "mutual information" }, "Mutual information"), " in bits; small: by chance, whole clips shuffled"),
      make("thead", {}, make("tr", {}, make("th", {}, make("span", { class: "lx-heard" }, "about")), ...Array.from({ length: positions }, (_, p) => make("th", { scope: "col" }, `position ${p}`)), make("th", { scope: "col" }, "all"))), make("tbody", {}, ...told));
  }

  function matrix({ names, bits: values }) {
    const most = Math.max(...values.flat(), 0.01);
    const head = make("tr", {}, make("th", {}, make("span", { class: "lx-heard" }, "embodiment")), ...names.map((name) => make("th", { scope: "col" }, make("span", {}, name))));
    return make("table", { class: "at-divergence" }, make("thead", {}, head), make("tbody", {}, ...values.map((row, n) => make("tr", {}, make("th", { scope: "row" }, names[n]),
      ...row.map((value, k) => make("td", { style: `--share: ${Math.round(80 * value / most)}%` }, n === k ? "" : value.toFixed(2).replace(/^0/, "")))))));
  }

  async function card(told) {
    if (!told) return;
    const side = make("ul", { class: "at-sheet" });
    const agree = told.agreement === null ? "nothing moves in them" : `${Math.round(100 * told.agreement)} % agreement of their directions`;
    at("card").replaceChildren(make("h3", {}, "Card ", make("code", { class: "at-codes" }, told.text)),
      make("p", {}, `${told.pairs} real pairs, ${agree}.`),
      make("h4", {}, "Imagined"), make("ul", { class: "at-shown" }, ...told.shown.map((each) => make("li", {},
        make("span", { class: "lx-pic at-moving" }, make("img", { src: each.frame, alt: `A frame of ${each.embodiment}` }), make("img", { src: each.imagined, alt: `What ${told.text} makes of it`, class: "tf-later" })),
        make("span", { class: "lx-foot" }, each.embodiment)))),
      make("h4", {}, "Real examples"), side,
      make("h4", {}, "Mean effect"), Lapa.arrows.effects(told.effects));
    const pictures = await Lapa.atlas.pictures(told.examples);
    side.replaceChildren(...told.examples.map((i, n) => make("li", {}, make("button", { type: "button", "aria-label": `Open ${Lapa.atlas.name(i)}`, onclick: () => Lapa.atlas.open(i) },
      pictures[n] ? make("span", { class: "lx-pic at-moving" }, make("img", { src: pictures[n][0], alt: "" }), make("img", { src: pictures[n][1], alt: "", class: "tf-later" })) : null))));
  }

  Lapa.on("atlas-opened", draw);
  Lapa.on("atlas-card", card);
});
