// What bench_million.py does in the page: draws synthetic points with the page's own scripts.
import { painter } from "/tabs/atlas/painter.js";
import { under, within } from "/tabs/atlas/points.js";

const frame = () => new Promise(requestAnimationFrame);
let view = null, facts = null, drawing = null;

/* Points in clusters, drawn once. */
export async function begin({ count, dims, zoom }) {
  document.body.innerHTML = '<canvas style="width: 1000px; height: 700px"></canvas>';
  const canvas = document.querySelector("canvas"), at = new Float32Array(dims * count);
  let seed = 1;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const middles = Array.from({ length: 60 }, () => Array.from({ length: dims }, () => 1.6 * random() - 0.8));
  for (let i = 0; i < count; i++) {
    const middle = middles[Math.floor(random() * 60)];
    for (let d = 0; d < dims; d++) at[dims * i + d] = middle[d] + 0.1 * (random() + random() - 1);
  }
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [order[i], order[other]] = [order[other], order[i]];
  }
  const points = { count, order }, map = { dims, at };
  view = { zoom, pan: [0, 0], turn: [0.6, 0.3] };
  const labels = Array.from({ length: 9 }, (_, n) => ({ name: `${n}`, colour: `hsl(${40 * n} 60% 50%)`, shape: 10 + n % 8 }));
  const colours = { kind: Uint8Array.from({ length: count }, (_, i) => i % 9), labels };
  drawing = painter(canvas, {
    scene: () => ({ points, map, view, by: "direction", colours, chosen: null }),
    paper: () => "rgb(255, 255, 255)",
    over: (_pen, _scale, _width, _height, own) => { facts = own; },
  });
  drawing.paint();
  await frame();
  await frame();
}

/* Moves the map a little in each of so many frames; milliseconds. */
export async function move(frames) {
  const start = performance.now();
  for (let n = 0; n < frames; n++) {
    view.pan = [view.pan[0] + (n % 2 ? 3 : -2), view.pan[1]];
    view.turn = [view.turn[0] + 0.01, view.turn[1]];
    drawing.paint();
    await frame();
  }
  return performance.now() - start;
}

/* Waits until all points are drawn; in how many frames. */
export async function rest() {
  let frames = 0;
  for (; !facts.whole; frames++) await frame();
  return frames;
}

/* One move of the pointer over the points. */
export const point = () => under(drawing.place().x, drawing.place().y, 500, 350, 9, null);

/* A circle drawn about some of them; how many they are. */
export const circle = () => within(drawing.place().x, drawing.place().y,
  Array.from({ length: 60 }, (_, n) => [500 + 150 * Math.cos(n / 9.55), 350 + 150 * Math.sin(n / 9.55)])).length;
