// @ts-check
/* Lesson 2: a codebook in the plane, and a point among its codes. */
import { make } from "../../web/dom.js";
import { choices } from "./choices.js";
import { svg } from "./svg.js";
import { PLANE } from "./words.js";

const WIDE = 460, LABEL = 24, ROUNDS = 60;

/**
 * Places for labels near their spots that keep LABEL apart, so that none hides another.
 * @param {number[][]} spots
 * @returns {number[][]}
 */
export function apartFrom(spots) {
  const places = spots.map(([x, y], n) => [x + 0.01 * n, y - 0.01 * n]);
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false;
    for (let one = 0; one < places.length; one++) {
      for (let other = 0; other < one; other++) {
        const dx = places[one][0] - places[other][0], dy = places[one][1] - places[other][1], far = Math.hypot(dx, dy);
        if (far >= LABEL) continue;
        moved = true;
        const by = (LABEL - far + 0.5) / 2 / far;
        places[one] = [places[one][0] + dx * by, places[one][1] + dy * by];
        places[other] = [places[other][0] - dx * by, places[other][1] - dy * by];
      }
    }
    if (!moved) break;
  }
  return places.map((place) => place.map((value) => Math.min(Math.max(value, LABEL / 2), WIDE - LABEL / 2)));
}

/* noisy: the noise of NSVQ is drawn. fixed: the point of the question, which stays where it is. */
function plane(place, record, { again, imagine, diagram }, { noisy = false, fixed = false }) {
  const side = make("div", { class: "ln-side" }), chart = svg("svg", { viewBox: `0 0 ${WIDE} ${WIDE}`, class: `ln-plane${fixed ? " fixed" : ""}`,
    ...(fixed ? { role: "img", "aria-label": PLANE.label } : { role: "application", tabindex: 0, "aria-label": PLANE.drag }) });
  let codes, apart, point, scale, position = 0, noise = null, nearest = -1;

  const on = ([x, y]) => [WIDE / 2 + x * scale, WIDE / 2 - y * scale];
  const far = (n) => Math.sqrt((point[0] - codes[n][0]) ** 2 + (point[1] - codes[n][1]) ** 2 + apart[n] ** 2);

  function set(told) {
    ({ codes, apart } = told);
    // the codes fill the view; a latent that lies far outside is not drawn
    scale = 0.42 * WIDE / Math.max(...codes.map(([x, y]) => Math.max(Math.abs(x), Math.abs(y))));
    const pair = diagram.pairShown();
    point = [...(fixed || !pair ? told.asked : codes[pair.codes[position]])];
    noise = null;
    nearest = -1;
    const spots = codes.map(on), labels = apartFrom(spots);
    chart.replaceChildren(svg("g", { class: "ln-real" }, ...told.latents.map((each) => svg("circle", { cx: on(each)[0], cy: on(each)[1], r: 2.2 }))),
      svg("line", { class: "ln-to" }), svg("circle", { class: "ln-ring", r: 0 }),
      svg("g", {}, ...spots.map(([x, y], n) => svg("line", { class: "ln-tie", x1: x, y1: y, x2: labels[n][0], y2: labels[n][1] }))),
      svg("g", {}, ...spots.map(([x, y]) => svg("circle", { class: "ln-spot", cx: x, cy: y, r: 3 }))),
      svg("g", { class: "ln-codes" }, ...labels.map((each, n) => svg("g", { transform: `translate(${each})` }, svg("circle", { r: 11 }), svg("text", { dy: 4 }, String(n))))),
      svg("circle", { class: "ln-noise", r: 5 }), svg("circle", { class: "ln-point", r: 8 }));
    draw();
  }

  function draw() {
    const all = codes.map((_, n) => far(n)), best = all.indexOf(Math.min(...all)), [x, y] = on(point), [cx, cy] = on(codes[best]);
    const found = (name) => chart.querySelector(`.${name}`), put = (name, values) => Object.entries(values).forEach(([key, value]) => found(name).setAttribute(key, value));
    put("ln-point", { cx: x, cy: y });
    put("ln-to", { x1: x, y1: y, x2: cx, y2: cy });
    [...found("ln-codes").children].forEach((each, n) => each.setAttribute("class", n === best && !fixed ? "best" : ""));
    put("ln-ring", { cx: x, cy: y, r: noisy ? all[best] * scale : 0 });
    const shown = noise ? on([point[0] + noise[0] * all[best], point[1] + noise[1] * all[best]]) : [-50, -50];
    put("ln-noise", { cx: shown[0], cy: shown[1] });
    if (fixed) put("ln-to", { x1: -9, y1: -9, x2: -9, y2: -9 });
    const longest = Math.max(...all);
    side.replaceChildren(...[make("p", { role: "status" }, ...(fixed ? [PLANE.far] : [PLANE.nearest[0], make("b", {}, String(best)), PLANE.nearest[1]])),
      make("ul", { class: "ln-bars" }, ...all.map((each, n) => make("li", { class: n === best && !fixed ? "best" : null }, make("span", {}, String(n)), make("i", { style: `width: ${Math.round(100 * each / longest)}%` }), make("small", {}, each.toFixed(2))))),
      noisy ? make("button", { type: "button", class: "lx-button", onclick: () => { const turn = Math.random() * 2 * Math.PI, tilt = Math.sqrt(Math.random()); noise = [tilt * Math.cos(turn), tilt * Math.sin(turn)]; draw(); } }, PLANE.draw) : null,
      noisy ? make("p", { class: "lx-foot" }, PLANE.flat) : null].filter(Boolean));
    if (best !== nearest && !fixed) flow(best);
    nearest = best;
  }

  /* The code that is nearest now goes on through the diagram. */
  async function flow(best) {
    const pair = diagram.pairShown();
    if (!pair) return;
    const wanted = pair.codes.map((code, p) => (p === position ? best : code));
    diagram.change({ codes: wanted });
    const image = await imagine(wanted);
    if (image) diagram.change({ codes: wanted, image });
  }

  if (!fixed) {
    const within = (value) => Math.min(Math.max(value, -WIDE / 2 / scale), WIDE / 2 / scale);
    const to = (event) => { const box = chart.getBoundingClientRect(); point = [((event.clientX - box.left) / box.width * WIDE - WIDE / 2) / scale, -((event.clientY - box.top) / box.height * WIDE - WIDE / 2) / scale].map(within); draw(); };
    chart.addEventListener("pointerdown", (event) => { chart.setPointerCapture(event.pointerId); to(event); });
    chart.addEventListener("pointermove", (event) => event.buttons && to(event));
    chart.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!by) return;
      event.preventDefault();
      point = [point[0] + 8 * by[0] / scale, point[1] + 8 * by[1] / scale].map(within);
      draw();
    });
  }
  const body = make("div", { class: "ln-wide" }, chart, side);
  const positions = Array.from({ length: record.positions }, (_, p) => PLANE.position(p));
  place.replaceChildren(...(fixed ? [body] : [choices(PLANE.choose, positions, 0, async (n) => { const other = await again(n); if (other) { position = n; set(other); } }), body]));
  set(record);
}

export const quantize = (place, record, tools) => plane(place, record, tools, {});
export const noise = (place, record, tools) => plane(place, record, tools, { noisy: true });
export const measured = (place, record, tools) => plane(place, record, tools, { fixed: true });
