// @ts-check
/* The points of the atlas on a canvas, as many as there are: while the view moves, a sample that fits
 * into a frame; at rest all of them, a slice a frame. What is only drawn over them costs nothing more. */
import * as drawing from "./points.js";

// points that are placed and mixed in within some milliseconds without a graphics card, and the rest
// after which all are drawn
const SLICE = 30_000, REST_MS = 120;
// of a larger crowd as many are drawn while it moves as take so long: half a frame of 60 a second
const FEWEST = 4_000, WANTED_MS = 8;
const RADIUS = 2.4;
// what is left of a dot that is not chosen
const DIM = 0.2;

/** @typedef {{ points: import("../../web/records").Points, map: { dims: number, at: Float32Array },
 *   view: { zoom: number, pan: number[], turn: number[] }, by: string, colours: ReturnType<typeof drawing.colouring>,
 *   chosen: Uint8Array | null }} Scene */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {object} of
 * @param {() => Scene | null} of.scene what is to be drawn now; null for nothing
 * @param {() => string} of.paper its colour
 * @param {(pen: CanvasRenderingContext2D, scale: number, width: number, height: number, facts: { strength: number, whole: boolean, milliseconds: number }) => void} of.over
 *   draws over the points, in pixels of the canvas
 */
export function painter(canvas, { scene, paper, over }) {
  // in the order of the points, for what is looked for, and in that in which they are drawn
  let x = new Float32Array(0), y = new Float32Array(0), across = x, down = y, image = null, ground = 0;
  // what the image shows, and what waits to be drawn in full
  let shown = { points: null, key: "", chosen: null, colours: null, map: null }, placed = false, whole = true, strength = 1, milliseconds = 0;
  let budget = SLICE, painting = 0, resting = 0, refining = 0, stamps = [], stampsFor = "";

  const scaleOf = () => Math.min(devicePixelRatio || 1, 2);

  /* Draw soon; fresh: even what is as it was, as after the colours of the page changed. */
  function paint(fresh = false) {
    if (fresh === true) { ground = 0; shown = { ...shown, key: "" }; }
    if (!painting) painting = requestAnimationFrame(draw);
  }

  function draw() {
    painting = 0;
    const now = scene();
    if (!now || !canvas.clientWidth) return;
    const scale = scaleOf(), width = canvas.clientWidth, height = canvas.clientHeight, start = performance.now();
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const { points, chosen, colours } = now, key = JSON.stringify([now.view, width, height, scale, now.by, now.map.dims]);
    const same = shown.points === points && shown.key === key && shown.chosen === chosen && shown.colours === colours && shown.map === now.map;
    if (!same) {
      shown = { points, key, chosen, colours, map: now.map };
      sample(now, width, height, scale);
      milliseconds = performance.now() - start;
      if (!whole) budget = Math.round(Math.min(SLICE, Math.max(FEWEST, budget * Math.min(1.25, Math.max(0.5, WANTED_MS / milliseconds)))));
    }
    put(scale, width, height);
  }

  function put(scale, width, height) {
    const pen = canvas.getContext("2d");
    pen.putImageData(image, 0, 0);
    over(pen, scale, width, height, { strength, whole, milliseconds });
  }

  /* As many as fit into a frame. */
  function sample(/** @type {Scene} */ now, width, height, scale) {
    clearTimeout(resting);
    cancelAnimationFrame(refining);
    const { count } = now.points, some = count <= SLICE ? count : budget;
    if (x.length !== count) [x, y, across, down] = Array.from({ length: 4 }, () => new Float32Array(count));
    whole = some === count;
    placed = false;
    lay(now, width, height, 0, some);
    image = blank(image);
    const steps = passes(now, width, height, scale, 1, some);
    strength = steps[steps.length - 1].strength;
    for (const step of steps) mix(image, now, scale, step, 0, some);
    if (!whole) resting = setTimeout(() => refine(now, width, height, scale, some), REST_MS);
  }

  /* All of them, beside what is seen meanwhile. */
  function refine(/** @type {Scene} */ now, width, height, scale, some) {
    const { count } = now.points, full = blank(null), view = { ...now.view };
    const steps = passes(now, width, height, scale, count / some, some), [first] = steps;
    let from = 0;
    function slice() {
      const [step] = steps, to = Math.min(from + some, count);
      if (step === first) lay({ ...now, view }, width, height, from, to);
      mix(full, now, scale, step, from, to);
      from = to;
      if (from >= count) { steps.shift(); from = 0; }
      if (steps.length) { refining = requestAnimationFrame(slice); return; }
      image = full;
      whole = true;
      strength = step.strength;
      put(scale, width, height);
    }
    refining = requestAnimationFrame(slice);
  }

  /* What is mixed in, one after the other: those that are dimmed, then those that stand out. */
  function passes(/** @type {Scene} */ { points, view, by, colours, chosen }, width, height, scale, times, some) {
    const radius = RADIUS * Math.min(2.4, Math.max(1, Math.sqrt(view.zoom))) * scale, kindOf = `${by} ${radius.toFixed(2)}`;
    if (stampsFor !== kindOf || stamps.length !== colours.labels.length) {
      stampsFor = kindOf;
      stamps = colours.labels.map((label) => drawing.pixels(drawing.stamp(label, radius)));
    }
    const [left, top] = [across, down].map((own) => own.subarray(0, some));
    const opaque = (own) => drawing.opacity(left, top, width, height, radius / scale, own, times);
    const all = opaque(null);
    if (!chosen) return [{ dimmed: false, strength: all }];
    return [{ dimmed: true, strength: DIM * all }, { dimmed: false, strength: opaque(drawing.ordered(chosen, 1, points.order).subarray(0, some)) }];
  }

  /* Where the points lie that are drawn from a number on to another. */
  function lay(/** @type {Scene} */ { points, map: { dims, at }, view }, width, height, from, to) {
    const own = drawing.ordered(at, dims, points.order).subarray(dims * from, dims * to);
    drawing.project({ dims, at: own }, view, width, height, across.subarray(from, to), down.subarray(from, to));
  }

  function mix(on, /** @type {Scene} */ { points, colours, chosen }, scale, step, from, to) {
    const part = (column) => drawing.ordered(column, 1, points.order).subarray(from, to);
    drawing.blit(on, across.subarray(from, to), down.subarray(from, to), scale, { kind: part(colours.kind) }, stamps,
      chosen && part(chosen), step.dimmed, step.strength);
  }

  function blank(own) {
    const fits = own && own.width === canvas.width && own.height === canvas.height;
    const made = fits ? own : canvas.getContext("2d").createImageData(canvas.width, canvas.height);
    new Uint32Array(made.data.buffer).fill(ground || (ground = drawing.pixel(paper())));
    return made;
  }

  /* Where all points lie, into the arrays that are returned, also of those that are not drawn yet. */
  function place() {
    const now = scene();
    if (now && !placed && x.length === now.points.count) {
      drawing.project(now.map, now.view, canvas.clientWidth, canvas.clientHeight, x, y);
      placed = true;
    }
    return { x, y };
  }

  return { paint, place };
}
