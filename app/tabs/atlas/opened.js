// @ts-check
/* What is open in the atlas: a pair with its neighbours elsewhere, or a selection in figures, with
 * the card of the codes that it was found by. */
import * as motion from "../../web/arrows.js";
import { tabs } from "../../web/config.js";
import { finders, make } from "../../web/dom.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { atlas } from "./store.js";
import { OPENED, pairs } from "./words.js";

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
  function moving(frame, future, alt, aspect, later = OPENED.later) {
    return make("span", { class: "lx-pic at-moving", style: `--aspect: ${aspect}` }, make("img", { src: frame, alt }),
      make("img", { src: future, alt: later, class: "tf-later" }));
  }

  function leads(pair) {
    if (!pair.whole) return make("p", { class: "lx-foot" }, OPENED.thumbnail);
    const to = (words, change, then) => tabs.includes(then) && make("button", { type: "button", class: "lx-button", onclick: () => { change(); store.visit(then); } }, words);
    return make("div", { class: "lx-bar" }, ...[
      to(OPENED.tabs.explore, () => store.go({ c: pair.c, f: pair.f, a: null }), "explore"),
      to(OPENED.tabs.imagine, () => store.go({ c: pair.c, f: pair.f, a: null }), "imagine"),
      to(OPENED.tabs.transfer, () => { store.go({ c: pair.c, f: pair.f, a: null }); emit("transfer-choice", { c: pair.c, f: pair.f, d: null }); }, "transfer"),
    ].filter(Boolean));
  }

  /* Buttons with thumbnails that open points. */
  async function sheet(rows, label) {
    const list = make("ul", { class: "at-sheet" });
    const pictures = await atlas.pictures(rows);
    rows.forEach((i, n) => {
      const ends = pictures[n];
      const picture = ends ? moving(ends[0], ends[1], "", 1) : make("span", { class: "lx-pic" });
      list.append(make("li", {}, make("button", { type: "button", "data-row": i, "aria-label": OPENED.open(atlas.name(i)), onclick: () => atlas.open(i) }, picture, label ? make("span", { class: "lx-foot" }, label(i, n)) : null)));
    });
    return list;
  }

  async function pair(found) {
    const mine = ++turn;
    if (found.error) return fill(OPENED.pair, make("p", { class: "lx-error" }, found.error));
    const { points } = atlas;
    const side = make("div", { class: "at-near" }, make("p", { class: "lx-foot" }, "…"));
    fill([make("span", {}, found.embodiment), make("code", { class: "at-codes" }, found.text)],
      make("div", { class: "at-three" },
        make("figure", {}, moving(found.frame, found.future, OPENED.first, found.aspect), make("figcaption", { class: "lx-foot" }, OPENED.happened)),
        figure(found.decoded, OPENED.imagined, OPENED.decoded, found.aspect)),
      make("p", {}, found.instruction || found.task),
      make("p", { class: "lx-foot" }, OPENED.where(found.c, found.f, found.split === "holdout")),
      leads(found),
      make("button", { type: "button", class: "lx-button", onclick: () => atlas.like(found.i) }, OPENED.like),
      make("h3", {}, OPENED.nearest), side);
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
      return make("div", { role: "img", "aria-label": OPENED.counts(p, [...own]) },
        make("b", {}, OPENED.position(p)), make("div", {}, ...[...own].map((n, k) => make("span", { title: OPENED.counted(k, n) }, make("i", { style: `height: ${Math.round(34 * n / most)}px` }), String(k)))));
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

  /* What a pattern of codes stands for: imagined, and in the mean of real pairs. */
  function card(told) {
    return make("div", { class: "at-card" },
      make("p", {}, OPENED.agree(told.pairs, told.agreement)),
      make("h3", {}, OPENED.cardImagined), make("ul", { class: "at-shown" }, ...told.shown.map((each) => make("li", {},
        moving(each.frame, each.imagined, OPENED.frame(each.embodiment), 1, OPENED.made(told.text)),
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
      more.textContent = OPENED.more(Math.min(SHEET, rows.length - shown), rows.length - shown);
      held.insertBefore(await sheet(some, apart && ((_, n) => apart[from + n].toFixed(2))), more);
    }
    held.append(more);
    next();
    return held;
  }

  function files(rows, words) {
    const said = make("p", { class: "lx-foot", role: "status" });
    const button = (as, /** @type {string[]} */ [name, title]) => make("button", { type: "button", class: "lx-button", "data-kind": as, title, onclick: async (event) => {
      event.currentTarget.disabled = true;
      const own = event.currentTarget;
      said.textContent = OPENED.making;
      said.textContent = await atlas.save(rows, words, as);
      own.disabled = false;
    } }, name);
    return make("div", {}, make("div", { class: "lx-bar at-files", role: "group", "aria-label": OPENED.save },
      button("csv", OPENED.csv),
      button("json", OPENED.json),
      button("webp", OPENED.sheet)), said);
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
    if (!told) return fill(OPENED.pair, make("p", { class: "lx-foot" }, OPENED.nothing));
    const { rows, words } = told, { points } = atlas, first = rows.find((i) => points.shipped[i]);
    fill([make("span", {}, told.card ? OPENED.card : pairs(rows.length)), told.card ? make("code", { class: "at-codes" }, words) : make("span", { class: "lx-side" }, words)],
      told.first ? make("p", { class: "lx-foot" }, OPENED.begin) : null,
      told.first ? make("button", { type: "button", class: "lx-button", onclick: () => atlas.search(words) }, OPENED.show(rows.length)) : null,
      told.told ? make("p", {}, told.told) : null,
      files(rows, words),
      told.card ? card(told.card) : null,
      make("h3", {}, OPENED.titles[told.apart ? "apart" : told.card ? "card" : "pairs"]), listed(ordered(told), told.apart),
      make("h3", {}, OPENED.effect), motion.effects(told.card ? told.card.effects : effects(rows)),
      told.card ? null : make("h3", {}, OPENED.codes), told.card ? null : histogram(rows),
      first === undefined ? null : leads({ whole: true, c: points.clips[points.clip[first]], f: points.index[first] }),
      first === undefined ? null : make("p", { class: "lx-foot" }, OPENED.leads));
  }

  on("atlas-opening", () => element.querySelector(".at-opened").setAttribute("aria-busy", "true"));
  on("atlas-pair", (found) => { element.querySelector(".at-opened").setAttribute("aria-busy", "false"); pair(found); });
  on("atlas-chosen", selection);
}
