// @ts-check
/* Lesson 4: words of codes are spelled, a row of squares a position. */
import { written } from "../../web/codes.js";
import { make, markChosen, pressNext } from "../../web/dom.js";
import { SPELLING } from "./words.js";

/**
 * A row of squares a position; one of each is pressed.
 * @param {{ positions: number, values: number, codes: number[], press: (codes: number[]) => void, under?: (codes: number[], position: number) => (number | null)[] }} options
 *   under: numbers for the squares of a position.
 */
function speller({ positions, values, codes, press, under }) {
  let chosen = [...codes];
  const rows = Array.from({ length: positions }, (_, position) => {
    const row = make("div", { class: "ln-letters", role: "radiogroup", "aria-label": SPELLING.row(position) });
    row.append(...Array.from({ length: values }, (_, code) => make("button", { type: "button", role: "radio", class: "ln-letter",
      onclick: () => set(chosen.map((each, p) => (p === position ? code : each))), onkeydown: (event) => pressNext(event, row.children) },
      make("b", {}, String(code)), make("small", {}))));
    return row;
  });

  function set(wanted) {
    chosen = [...wanted];
    rows.forEach((row, position) => {
      markChosen(row.children, (button) => button === row.children[chosen[position]]);
      const numbers = under ? under(chosen, position) : [], most = Math.log1p(Math.max(1, ...numbers));
      [...row.children].forEach((button, code) => {
        button.querySelector("small").textContent = under ? short(numbers[code]) : "";
        button.style.setProperty("--much", under ? (Math.log1p(numbers[code]) / most).toFixed(2) : "0");
        button.setAttribute("aria-label", under ? SPELLING.square(code, numbers[code]) : String(code));
      });
    });
    press(chosen);
  }

  const element = make("div", { class: "ln-spell" }, ...rows.map((row, position) => make("div", { class: "ln-line" }, make("span", { class: "lx-foot", "aria-hidden": "true" }, String(position)), row)));
  return { element, set };
}

/* 10289 -> "10k": a square is as wide as a finger. */
const short = (number) => (number < 1000 ? String(number) : number < 9950 ? `${(number / 1000).toFixed(1)}k` : `${Math.round(number / 1000)}k`);

export function words(place, { words: all, values, positions, still }, { imagine, diagram }) {
  const counts = new Map(all), total = all.reduce((sum, [, times]) => sum + times, 0), possible = values ** positions;
  const said = make("p", { role: "status" }), map = overview(all, values, positions);
  const prefixes = new Map();
  for (const [word, times] of all) for (let length = 1; length <= positions; length++) prefixes.set(word.slice(0, length), (prefixes.get(word.slice(0, length)) || 0) + times);

  const spell = speller({ positions, values, codes: still,
    under: (codes, position) => Array.from({ length: values }, (_, code) => prefixes.get([...codes.slice(0, position), code].join("")) || 0),
    press: async (codes) => {
      const word = codes.join(""), times = counts.get(word) || 0;
      said.replaceChildren(make("code", {}, written(codes)), ` ${SPELLING.occurs(times, total)}. `,
        word === still.join("") ? SPELLING.still : "", SPELLING.all(all.length, possible));
      map.mark(codes);
      diagram.change({ codes });
      const image = await imagine(codes);
      if (image) diagram.change({ codes, image });
    } });
  const word = (name, codes) => make("button", { type: "button", class: "lx-button", onclick: () => spell.set(codes) }, name);
  place.replaceChildren(spell.element, said, make("div", { class: "lx-bar" }, word(SPELLING.nothing, still), word(SPELLING.frequent, [...all[0][0]].map(Number)), word(SPELLING.rare, [...all[all.length - 1][0]].map(Number))), map.element);
  spell.set(still);
}

/* All words as one small picture: rows are the first half of a word, columns the second. It is only
 * looked at: its squares are too small for a finger. */
function overview(all, values, positions) {
  const half = Math.ceil(positions / 2), rows = values ** half, columns = values ** (positions - half), CELL = 4;
  const number = (digits) => digits.reduce((sum, digit) => sum * values + digit, 0);
  const spot = (codes) => [number(codes.slice(half)) * CELL, number(codes.slice(0, half)) * CELL];
  const canvas = make("canvas", { width: columns * CELL, height: rows * CELL, class: "ln-grid", role: "img", "aria-label": SPELLING.dots(all.length, rows * columns) });
  const most = Math.log1p(all[0][1]);
  function mark(codes) {
    const pen = canvas.getContext("2d"), style = getComputedStyle(document.querySelector(".gradio-container"));
    pen.globalAlpha = 1;
    pen.fillStyle = style.getPropertyValue("--sunk");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = style.getPropertyValue("--dream");
    for (const [word, times] of all) {
      pen.globalAlpha = 0.2 + 0.8 * Math.log1p(times) / most;
      pen.fillRect(...spot([...word].map(Number)), CELL - 1, CELL - 1);
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = style.getPropertyValue("--ink");
    const [x, y] = spot(codes);
    pen.strokeRect(x - 2.5, y - 2.5, CELL + 4, CELL + 4);
  }
  const element = make("figure", { class: "ln-map-of-words" }, canvas, make("figcaption", { class: "lx-foot" }, SPELLING.map(half)));
  return { element, mark };
}

/* The question: a picture and the word behind it, whose codes one may change. */
export function swap(place, record, { imagine, diagram, model }) {
  diagram.pair(record, model);
  const image = make("img"), caption = make("figcaption", { class: "lx-foot" });
  const show = (src, codes) => {
    image.src = src;
    image.alt = SPELLING.imagined(written(codes));
    caption.textContent = SPELLING.with(written(codes));
  };
  const spell = speller({ positions: record.codes.length, values: record.values, codes: record.codes, press: async (codes) => {
    diagram.change({ codes });
    const src = await imagine(codes, record);
    if (src) { diagram.change({ codes, image: src }); show(src, codes); }
  } });
  place.replaceChildren(make("div", { class: "ln-two" }, make("figure", {}, make("span", { class: "lx-pic", style: `--aspect: ${record.aspect}` }, make("img", { src: record.image, alt: SPELLING.own })), make("figcaption", { class: "lx-foot" }, SPELLING.read(written(record.codes)))),
    make("figure", {}, make("span", { class: "lx-pic ln-dreamt", style: `--aspect: ${record.aspect}` }, image), caption)), spell.element,
  make("button", { type: "button", class: "lx-button", onclick: () => spell.set(record.codes) }, SPELLING.back(written(record.codes))));
  show(record.image, record.codes);
  spell.set(record.codes);
}
