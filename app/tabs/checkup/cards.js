// @ts-check
/* A report as cards: pure functions from records of the server to elements. Pictures and gauges
 * are SVG that the server drew and escaped; everything else goes in as text. */
import { glossary } from "../../web/config.js";
import { calm, make } from "../../web/dom.js";
import { CARDS } from "./words.js";

const SIGNS = { good: "✓", fair: "~", poor: "✗", unknown: "?" };
const SIDES = ["A", "B"];

const badge = (verdict) => make("span", { class: `ck-badge ${verdict}` },
  make("i", { "aria-hidden": "true" }, SIGNS[verdict]), verdict);
const letter = (side, columns) => (columns.length > 1 ? make("b", { class: "ck-side" }, SIDES[side]) : null);

/* A word with its gloss; a figure's gloss is its two sentences. */
const term = (word, gloss = word) => make("button", { type: "button", class: "lx-term", "data-term": gloss }, word);

function named(finding) {
  glossary[finding.name] = finding.explanation;
  return make("h4", {}, term(finding.name));
}

function drawn(markup, name = "div", attributes = {}) {
  const holder = make(name, attributes);
  holder.innerHTML = markup;
  return holder;
}

/* The questions: of whichever column knows its figures. */
const questions = (columns) => (columns.find(({ cards }) => cards.length) || { cards: [] }).cards;
const cardOf = (column, key) => column.cards.find((card) => card.key === key);

function tile(asked, columns) {
  const answers = columns.map((column, side) => {
    const card = cardOf(column, asked.key);
    return make("span", { class: "ck-answer" }, letter(side, columns),
      card ? badge(card.verdict) : null, make("span", {}, card ? card.telling : CARDS.unmeasured));
  });
  const link = make("a", { href: `#ck-${asked.key}`, onclick: (event) => {
    event.preventDefault();
    const card = document.getElementById(`ck-${asked.key}`);
    card.scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
    card.focus({ preventScroll: true });
  } }, make("b", {}, asked.question), ...answers);
  return make("li", {}, link);
}

function answer(finding, side, columns) {
  const interval = finding.interval
    ? make("small", {}, term(finding.interval, "interval")) : null;
  return [
    make("p", { class: `ck-figure ${finding.verdict}` }, letter(side, columns), finding.figure, interval),
    finding.gauge ? drawn(finding.gauge, "div", { class: "ck-gauge" }) : null,
    finding.sentence ? make("p", { class: "ck-sentence" }, finding.sentence) : null,
  ].filter(Boolean);
}

const reference = (finding) => make("p", { class: "ck-reference" },
  make("b", {}, CARDS.reach), finding.reference);
const why = (finding) => make("p", { class: "ck-why" }, finding.explanation);

function one(card, columns) {
  const rows = card.findings.map((finding) => make("section", { class: "ck-row" },
    named(finding), ...answer(finding, 0, columns), reference(finding), why(finding)));
  const pictures = card.findings.filter(({ picture }) => picture);
  const beside = pictures.filter(({ picture }) => picture.startsWith("<svg"));
  const below = pictures.filter(({ picture }) => !picture.startsWith("<svg"));
  const parts = [make("div", { class: "ck-rows" }, ...rows)];
  if (beside.length) {
    parts.push(make("div", { class: "ck-pictures" }, ...beside.map(({ picture }) => drawn(picture))));
  }
  return [make("div", { class: beside.length ? "ck-beside" : "ck-alone" }, ...parts),
    ...below.map(({ picture }) => drawn(picture, "div", { class: "ck-below" }))];
}

function two(asked, columns, differences) {
  return asked.findings.map((first, row) => {
    const told = differences[first.key];
    const sides = columns.map((column, side) => {
      const card = cardOf(column, asked.key), finding = card && card.findings.find(({ key }) => key === first.key);
      if (!finding) return make("div", { class: "ck-none" }, letter(side, columns), ` ${CARDS.unmeasured}`);
      return make("div", {}, ...answer(finding, side, columns),
        ...(finding.picture ? [drawn(finding.picture, "div", { class: "ck-picture" })] : []));
    });
    return make("section", { class: "ck-row" },
      make("div", { class: "ck-named" }, named(first),
        told ? make("span", { class: `ck-difference ${told.kind}`, "data-difference": first.key },
          `${told.words}${told.change && told.kind !== "alike" ? ` (${told.change})` : ""}`) : null),
      make("div", { class: "ck-two" }, ...sides), reference(first), why(first));
  });
}

function card(asked, place, columns, differences) {
  const badges = columns.map((column, side) => {
    const mine = cardOf(column, asked.key);
    return mine ? make("span", {}, letter(side, columns), badge(mine.verdict)) : "";
  });
  return make("article", { class: "lx-panel ck-card", id: `ck-${asked.key}`, tabindex: -1, "data-question": asked.key },
    make("div", { class: "ck-asked" },
      make("h3", {}, make("span", { class: "ck-count" }, String(place + 1)), asked.question),
      make("div", { class: "ck-badges" }, ...badges)),
    ...(columns.length > 1 ? two(asked, columns, differences) : one(asked, columns)));
}

/* Where the figures of a column come from, in a sentence. */
function side(column, place, columns) {
  const words = [];
  if (column.known === "published") {
    const { on, pairs, of, episodes, run } = CARDS.published;
    words.push(on, CARDS.pairs(column.pairs), term(pairs, "frame pair"), of(column.episodes), term(episodes, "held-out episode"), ": ", make("code", {}, column.command), run);
  } else if (column.known === "measured") {
    words.push(CARDS.measured.on(column.data, column.pairs), term(CARDS.published.pairs, "frame pair"), CARDS.measured.of(column.episodes, column.seconds));
  } else {
    words.push(CARDS.nothing);
  }
  return make("div", { class: "ck-about", "data-known": column.known },
    make("p", {}, letter(place, columns), make("b", {}, column.checkpoint), ...words),
    ...column.notes.map((note) => make("p", { class: "ck-note" }, note)));
}


/** Where the figures of each column come from, and whether two of them can be ranked. */
export const sides = (columns, differences = {}) => [
  ...columns.map((column, place) => side(column, place, columns)),
  ...(Object.values(differences).some(({ kind }) => kind === "apart")
    ? [make("p", { class: "ck-note ck-apart" }, CARDS.apart)] : []),
];

/** The verdicts, a tile a question. */
export const tiles = (columns) => questions(columns).map((asked) => tile(asked, columns));

/** A card a question; differences: of two columns, by finding. */
export const cards = (columns, differences) => questions(columns).map((asked, place) => card(asked, place, columns, differences));
