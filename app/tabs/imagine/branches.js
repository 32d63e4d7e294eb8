// @ts-check
/* The tree of moments as thumbnails to walk: forks, ends and pins; what lies between is a number. */
import { written } from "../../web/codes.js";
import { around, finders, make } from "../../web/dom.js";
import * as images from "../../web/images.js";
import { inText, ofAction, small } from "../../web/names.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import * as dream from "./store.js";
import { TREE } from "./words.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const { state } = dream;
  const { $ } = finders(element);
  const canopy = $(".lx-canopy"), compare = $(".lx-compare");
  const WIDTH = 84, HEIGHT = 132, THUMB = 72, TALL = 102;
  let drawnFor = "", places = new Map();

  /* ---- which moments are shown, and where: depth downwards, a column for every end ---- */
  function layout() {
    const kids = new Map();
    for (const each of state.nodes) {
      if (each && each.parent !== null) kids.set(each.parent, [...(kids.get(each.parent) || []), each.n]);
    }
    const shown = (n) => n === 0 || n === state.here || state.pins.includes(n) || (kids.get(n) || []).length !== 1;
    places = new Map();
    const edges = [], stack = [{ n: 0, row: 0, from: null, skipped: 0, fresh: true }];
    let column = -1;
    // depth first without recursion: a dream may be hundreds of steps deep
    while (stack.length) {
      const { n, row, from, skipped, fresh } = stack.pop();
      if (!shown(n)) {
        stack.push({ n: kids.get(n)[0], row, from, skipped: skipped + 1, fresh });
        continue;
      }
      if (fresh) column += 1;
      places.set(n, { column, row });
      if (from !== null) edges.push({ from, to: n, skipped });
      const own = kids.get(n) || [];
      [...own].reverse().forEach((child, i) => stack.push({ n: child, row: row + 1, from: n, skipped: 0, fresh: i !== own.length - 1 }));
    }
    return edges;
  }

  function draw() {
    if (!state.nodes.length || state.mode !== "drive") return;
    const shape = `${state.start.c}:${state.nodes.length}:${state.here}:${state.pins}`;
    buttons();
    if (shape === drawnFor) return;
    drawnFor = shape;
    const edges = layout();
    const columns = Math.max(...[...places.values()].map((place) => place.column)) + 1;
    const rows = Math.max(...[...places.values()].map((place) => place.row)) + 1;
    canopy.style.width = `${columns * WIDTH}px`;
    canopy.style.height = `${rows * HEIGHT}px`;
    const lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    lines.setAttribute("width", String(columns * WIDTH));
    lines.setAttribute("height", String(rows * HEIGHT));
    lines.innerHTML = edges.map(edge).join("");
    canopy.replaceChildren(lines, ...[...places].map(([n, place]) => leaf(n, place)));
    const here = canopy.querySelector('[aria-selected="true"]');
    if (here) reveal(here);
    $(".lx-branches").dataset.moments = state.nodes.length;
    compared();
  }

  function reveal(leaf) {
    const tree = $(".lx-tree");
    const beyond = (start, size, from, room) => (start < from ? start : start + size > from + room ? start + size - room : from);
    tree.scrollLeft = beyond(leaf.offsetLeft, WIDTH, tree.scrollLeft, tree.clientWidth);
    tree.scrollTop = beyond(leaf.offsetTop, HEIGHT, tree.scrollTop, tree.clientHeight);
  }

  function edge({ from, to, skipped }) {
    const a = places.get(from), b = places.get(to);
    const x1 = a.column * WIDTH + THUMB / 2, y1 = a.row * HEIGHT + TALL;
    const x2 = b.column * WIDTH + THUMB / 2, y2 = b.row * HEIGHT, middle = (y1 + y2) / 2;
    const line = dream.line().some((each) => each.n === to) ? "on" : "";
    const label = skipped ? `<text x="${x2 + 5}" y="${y2 - 8}">+${skipped}</text>` : "";
    return `<path class="${line}" d="M${x1},${y1}C${x1},${middle} ${x2},${middle} ${x2},${y2}"/>${label}`;
  }

  function leaf(n, { column, row }) {
    const node = state.nodes[n], pin = state.pins.indexOf(n);
    const name = ofAction(state.names, node.codes);
    const words = node.codes ? [written(node.codes), inText(name)].filter(Boolean).join(" ") : TREE.start;
    const button = make("button", { type: "button", role: "treeitem", class: `lx-leaf${node.since === null ? "" : " doubt"}`,
      "data-n": n, "aria-selected": n === state.here, tabindex: n === state.here ? 0 : -1,
      "aria-label": TREE.leaf(node.step, words, pin), title: TREE.title(node.step, words, name ? name.told : ""),
      style: `left:${column * WIDTH}px;top:${row * HEIGHT}px`,
      onclick: () => dream.go(n), onkeydown: (event) => arrows(event, n) },
    make("img", { src: node.src, alt: "" }), make("span", {}, node.codes ? written(node.codes) : TREE.start), small(name, { short: true }));
    if (pin >= 0) button.append(make("i", {}, "AB"[pin]));
    return button;
  }

  /* Arrows walk the tree: down to a child, up to the parent, left and right along a row. */
  function arrows(event, n) {
    const here = places.get(n), all = [...places];
    const wanted = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (!wanted) return;
    event.preventDefault();
    const [dx, dy] = wanted;
    const fits = all.filter(([, p]) => (dx ? Math.sign(p.column - here.column) === dx && p.row === here.row : p.row - here.row === dy));
    const near = fits.sort(([, a], [, b]) => Math.hypot(a.column - here.column, a.row - here.row) - Math.hypot(b.column - here.column, b.row - here.row))[0];
    if (!near) return;
    dream.go(near[0]);
    requestAnimationFrame(() => { const to = canopy.querySelector(`[data-n="${near[0]}"]`); if (to) to.focus(); });
  }

  /* ---- pins ---- */
  function pin() {
    const kept = state.pins.filter((each) => each !== state.here);
    state.pins = kept.length < state.pins.length ? kept : [...kept, state.here].slice(-2);
    emit("dream", state);
    store.link();
  }

  async function compared() {
    compare.hidden = state.pins.length < 2;
    if (compare.hidden) return;
    const two = state.pins.map((n) => state.nodes[n]);
    const [a, b] = await Promise.all(two.map((node) => images.load(node.src)));
    $(".lx-branches").style.setProperty("--aspect", state.aspect);
    const canvas = (i) => compare.querySelector(`[data-pin="${i}"]`);
    images.plain(canvas(0), a);
    images.plain(canvas(1), b);
    images.heat(canvas(2), a, b);
    const words = two.map((node, i) => TREE.pinned("AB"[i], node.step, node.codes ? written(node.codes) : ""));
    words.push(TREE.apart(images.apart(a, b)));
    compare.querySelectorAll("figcaption").forEach((each, i) => (each.textContent = words[i]));
  }

  function buttons() {
    $('[data-do="every"]').textContent = TREE.every(state.values, state.position);
    $('[data-do="pin"]').textContent = state.pins.includes(state.here) ? TREE.unpin : TREE.pin;
    $('[data-do="unpin"]').hidden = !state.pins.length;
    const forks = state.nodes.length;
    $('[data-at="count"]').textContent = forks < 2 ? TREE.empty : TREE.count(forks);
  }

  element.addEventListener("click", (event) => {
    const button = around(event, "[data-do]");
    if (!button) return;
    if (button.dataset.do === "every") dream.ask("every", { n: state.here, a: state.action, p: state.position });
    if (button.dataset.do === "pin") pin();
    if (button.dataset.do === "unpin") { state.pins = []; emit("dream", state); store.link(); }
  });
  /* While it plays the tree is drawn now and then only: it is not what one looks at. */
  let later = 0;
  function soon() {
    if (!state.flow) { clearTimeout(later); later = 0; return draw(); }
    if (!later) later = setTimeout(() => { later = 0; draw(); }, 1000);
  }
  on("dream", soon);
  on("dream-flow", soon);
  on("dream-look", () => state.nodes.length && buttons());
}
