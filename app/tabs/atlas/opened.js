// @ts-check
/* What is open in the atlas: a pair with its neighbours elsewhere, or a selection in figures, with
 * the card of the codes that it was found by. */
import * as motion from "../../web/arrows.js";
import { tabs } from "../../web/config.js";
import { finders, make } from "../../web/dom.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { count } from "../../web/words.js";
import { atlas } from "./store.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const { at } = finders(element);
  const SHEET = 16;
  let turn = 0;

  const figure = (src, words, alt, aspect) => make("figure", {}, make("span", { class: "lx-pic", style: `--aspect: ${aspect}` }, make("img", { src, alt })), make("figcaption", { class: "lx-foot" }, words));

  function fill(title, ...children) {
    at("title").replaceChildren(...[title].flat());
    at("body").replaceChildren(...children.filter(Boolean));
  }

  /* A picture that goes to and fro between both frames. */
  function moving(frame, future, alt, aspect, later = "A gap later") {
    return make("span", { class: "lx-pic at-moving", style: `--aspect: ${aspect}` }, make("img", { src: frame, alt }),
      make("img", { src: future, alt: later, class: "tf-later" }));
  }

  function leads(pair) {
    if (!pair.whole) return make("p", { class: "lx-foot" }, "This clip is not part of the page, so there is its thumbnail only; what is imagined is imagined from that.");
    const to = (words, change, then) => tabs.includes(then) && make("button", { type: "button", class: "lx-button", onclick: () => { change(); store.visit(then); } }, words);
    return make("div", { class: "lx-bar" }, ...[
      to("Explore", () => store.go({ c: pair.c, f: pair.f, a: null }), "explore"),
      to("Imagine", () => store.go({ c: pair.c, f: pair.f, a: null }), "imagine"),
      to("Transfer", () => { store.go({ c: pair.c, f: pair.f, a: null }); emit("transfer-choice", { c: pair.c, f: pair.f, d: null }); }, "transfer"),
    ].filter(Boolean));
  }

  /* Buttons with thumbnails that open points. */
  async function sheet(rows, label) {
    const list = make("ul", { class: "at-sheet" });
    const pictures = await atlas.pictures(rows);
    rows.forEach((i, n) => {
      const ends = pictures[n];
      const picture = ends ? moving(ends[0], ends[1], "", 1) : make("span", { class: "lx-pic" });
      list.append(make("li", {}, make("button", { type: "button", "data-row": i, "aria-label": `Open ${atlas.name(i)}`, onclick: () => atlas.open(i) }, picture, label ? make("span", { class: "lx-foot" }, label(i, n)) : null)));
    });
    return list;
  }

  async function pair(found) {
    const mine = ++turn;
    if (found.error) return fill("A pair", make("p", { class: "lx-error" }, found.error));
    const { points } = atlas;
    const side = make("div", { class: "at-near" }, make("p", { class: "lx-foot" }, "…"));
    fill([make("span", {}, found.embodiment), make("code", { class: "at-codes" }, found.text)],
      make("div", { class: "at-three" },
        make("figure", {}, moving(found.frame, found.future, "The pair's first frame", found.aspect), make("figcaption", { class: "lx-foot" }, "what happened")),
        figure(found.decoded, "imagined from its codes", "What the model imagines from the first frame and the codes", found.aspect)),
      make("p", {}, found.instruction || found.task),
      make("p", { class: "lx-foot" }, `${found.c}, frame ${found.f}, ${found.split === "holdout" ? "held out from training" : "seen in training"}`),
      leads(found),
      make("button", { type: "button", class: "lx-button", onclick: () => atlas.like(found.i) }, "Find pairs like this"),
      make("h3", {}, "Nearest in other embodiments"), side);
    element.dataset.row = found.i;
    // on a narrow page it is below the map
    if (found.shown) at("body").querySelector(".at-three").scrollIntoView({ block: "nearest" });
    const near = found.neighbours.slice(0, 10);
    const list = await sheet(near.map(([i]) => i), (i) => points.embodiments[points.embodiment[i]]);
    if (mine === turn) side.replaceChildren(list);
  }

  /* ---- a selection ---- */
  function histogram(rows) {
    const { points } = atlas, { positions, values } = points;
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
    const { points } = atlas, sums = new Map();
    for (const i of rows) {
      const name = points.embodiments[points.embodiment[i]], own = sums.get(name) || [0, 0, 0];
      sums.set(name, [own[0] + points.motion[2 * i], own[1] + points.motion[2 * i + 1], own[2] + 1]);
    }
    return [...sums].map(([embodiment, [right, down, pairs]]) => ({ embodiment, pairs, motion: [right / pairs, down / pairs] })).sort((a, b) => b.pairs - a.pairs);
  }

  const pairs = (/** @type {number} */ many) => `${count(many)} ${many === 1 ? "pair" : "pairs"}`;

  /* What a pattern of codes stands for: imagined, and in the mean of real pairs. */
  function card(told) {
    const agree = told.agreement === null ? "nothing moves in them" : `${Math.round(100 * told.agreement)} % agreement of their directions`;
    return make("div", { class: "at-card" },
      make("p", {}, `${count(told.pairs)} real pairs, ${agree}.`),
      make("h3", {}, "Imagined"), make("ul", { class: "at-shown" }, ...told.shown.map((each) => make("li", {},
        moving(each.frame, each.imagined, `A frame of ${each.embodiment}`, 1, `What ${told.text} makes of it`),
        make("span", { class: "lx-foot", title: each.embodiment }, each.embodiment)))));
  }

  /* Thumbnails of a selection, so many at a time. */
  function listed(rows, apart) {
    const held = make("div", { class: "at-listed" }), more = make("button", { type: "button", class: "lx-button", onclick: () => next() });
    let shown = 0;
    async function next() {
      const from = shown, some = rows.slice(from, from + SHEET);
      shown += some.length;
      more.hidden = shown >= rows.length;
      more.textContent = `Show ${Math.min(SHEET, rows.length - shown)} more of ${count(rows.length - shown)}`;
      held.insertBefore(await sheet(some, apart && ((_, n) => apart[from + n].toFixed(2))), more);
    }
    held.append(more);
    next();
    return held;
  }

  function files(rows, words) {
    const said = make("p", { class: "lx-foot", role: "status" });
    const button = (as, name, title) => make("button", { type: "button", class: "lx-button", "data-kind": as, title, onclick: async (event) => {
      event.currentTarget.disabled = true;
      const own = event.currentTarget;
      said.textContent = "Making the file…";
      said.textContent = await atlas.save(rows, words, as);
      own.disabled = false;
    } }, name);
    return make("div", {}, make("div", { class: "lx-bar at-files", role: "group", "aria-label": "Save these pairs" },
      button("csv", "CSV", "A line a pair: clip, frame, robot, task, instruction, codes, motion"),
      button("json", "JSON", "The same, with the model and what the pairs were chosen by"),
      button("webp", "Contact sheet", "A picture of both frames of each pair; of many, some evenly")), said);
  }

  /* Those first that show best what a code does; else evenly over the selection. */
  function ordered({ rows, card: told, apart }) {
    if (apart) return rows;
    if (told) return [...told.examples, ...rows.filter((i) => !told.examples.includes(i))];
    const step = Math.max(1, Math.floor(rows.length / SHEET));
    const some = rows.filter((_, n) => n % step === 0).slice(0, SHEET), held = new Set(some);
    return [...some, ...rows.filter((i) => !held.has(i))];
  }

  function selection(told) {
    turn++;
    delete element.dataset.row;
    if (!told) return fill("A pair", make("p", { class: "lx-foot" }, "Click a point to open its pair, or draw a lasso or a box around many. With the keyboard: focus the map, then Enter."));
    const { rows, words } = told, { points } = atlas, first = rows.find((i) => points.shipped[i]);
    fill([make("span", {}, told.card ? "Card " : pairs(rows.length)), told.card ? make("code", { class: "at-codes" }, words) : make("span", { class: "lx-side" }, words)],
      told.first ? make("p", { class: "lx-foot" }, "A code to begin with: of those in common use, the one whose pairs agree best on a direction.") : null,
      told.first ? make("button", { type: "button", class: "lx-button", onclick: () => atlas.search(words) }, `Show its ${pairs(rows.length)} on the map`) : null,
      told.told ? make("p", {}, told.told) : null,
      files(rows, words),
      told.card ? card(told.card) : null,
      make("h3", {}, told.apart ? "Nearest first, with the distance" : told.card ? "Real examples" : "Pairs"), listed(ordered(told), told.apart),
      make("h3", {}, "Mean effect"), motion.effects(told.card ? told.card.effects : effects(rows)),
      told.card ? null : make("h3", {}, "Codes"), told.card ? null : histogram(rows),
      first === undefined ? null : leads({ whole: true, c: points.clips[points.clip[first]], f: points.index[first] }),
      first === undefined ? null : make("p", { class: "lx-foot" }, "These buttons open its first pair whose clip is part of the page."));
  }

  on("atlas-opening", () => element.querySelector(".at-opened").setAttribute("aria-busy", "true"));
  on("atlas-pair", (found) => { element.querySelector(".at-opened").setAttribute("aria-busy", "false"); pair(found); });
  on("atlas-chosen", selection);
}
