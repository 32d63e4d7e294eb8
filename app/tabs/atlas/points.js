// @ts-check
/* The atlas in the browser: columns of all points, how they are coloured, and their drawing.
 *
 * A canvas and typed arrays: all points are drawn in some ten milliseconds without a graphics card
 * and found under the pointer in one, without a plotting library of three megabytes.
 */
import { MAP } from "./words.js";

// Okabe and Ito's palette for all eyes and a few more; the symbol tells apart what is near in colour
const PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999933", "#6b5ca5", "#a3254f", "#8c6d46", "#44aa99"];
// a circle of colours, so that neighbouring directions look alike
const CIRCLE = ["#d1495b", "#c77600", "#8f8f00", "#2f9e44", "#0a9396", "#3b7dd8", "#7a5cd6", "#c04fb0"];
const SIZES = ["#46327e", "#365c8d", "#277f8e", "#1fa187", "#9bbf1c"];
const STILL = "#8b9099", SHAPES = 5;
export const WAYS = ["right", "up-right", "up", "up-left", "left", "down-left", "down", "down-right", "still"];

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** @typedef {import("../../web/records").Points} Points */

/**
 * @param {any} record of tabs/atlas/records.py, its columns in base64
 * @returns {Points}
 */
export function unpack(record) {
  const column = (name, kind) => new kind(bytes(record.columns[name]).buffer);
  const maps = {};
  for (const [name, { dims, at, about }] of Object.entries(record.maps)) {
    maps[name] = { dims, about, at: Float32Array.from(new Int16Array(bytes(at).buffer), (n) => n / record.steps) };
  }
  return {
    ...record, maps, order: shuffled(record.count), regions: record.regions || {},
    codes: column("codes", Uint8Array), embodiment: column("embodiment", Uint16Array),
    direction: column("direction", Uint8Array), shipped: column("shipped", Uint8Array),
    task: column("task", Uint16Array), clip: column("clip", Uint32Array), index: column("index", Uint32Array),
    motion: Float32Array.from(column("motion", Int16Array), (n) => n / record.steps),
  };
}

/* An order to draw in, the same every time, in which nobody lies on top of everybody else. */
function shuffled(count) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let seed = 1;
  for (let i = count - 1; i > 0; i--) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    const other = seed % (i + 1);
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}

/**
 * How the points are coloured: the kind of each, and what stands for a kind.
 * @param {Points} points
 * @param {string} by embodiment, direction, size, task, or code and a position
 * @returns {{ kind: Uint8Array | Uint16Array, labels: import("../../web/records").Symbol[] }}
 */
export function colouring(points, by) {
  const { count, positions } = points;
  if (by.startsWith("code")) {
    const place = Number(by.slice(4));
    const kind = Uint8Array.from({ length: count }, (_, i) => points.codes[i * positions + place]);
    return { kind, labels: Array.from({ length: points.values }, (_, k) => ({ name: MAP.code(k), ...symbol(k) })) };
  }
  if (by === "direction") {
    const labels = WAYS.map((name, n) => ({ name, colour: n === 8 ? STILL : CIRCLE[n], shape: n === 8 ? 0 : 10 + n }));
    return { kind: points.direction, labels };
  }
  if (by === "size") {
    const far = Float32Array.from({ length: count }, (_, i) => Math.hypot(points.motion[2 * i], points.motion[2 * i + 1]));
    const edges = [0.004, 0.02, 0.05, 0.1];
    const kind = Uint8Array.from(far, (length) => edges.filter((edge) => length >= edge).length);
    return { kind, labels: MAP.sizes.map((name, n) => ({ name, colour: SIZES[n], shape: 0, grow: 0.7 + 0.15 * n })) };
  }
  const names = by === "task" ? points.tasks : points.embodiments;
  return { kind: by === "task" ? points.task : points.embodiment, labels: names.map((name, n) => ({ name, ...symbol(n) })) };
}

const symbol = (/** @type {number} */ n) => ({ colour: PALETTE[n % PALETTE.length], shape: n % SHAPES });

/**
 * One symbol as a small picture: circle, square, triangle, diamond, cross; from 10 on a wedge that
 * points where the motion goes.
 * @param {import("../../web/records").Symbol} label
 * @param {number} radius pixels
 */
export function stamp({ colour, shape, grow = 1 }, radius) {
  const side = Math.ceil(2 * radius * grow + 3), canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d"), r = radius * grow;
  pen.translate(side / 2, side / 2);
  pen.fillStyle = pen.strokeStyle = colour;
  pen.beginPath();
  if (shape >= 10) {
    pen.rotate(-(shape - 10) * Math.PI / 4);
    pen.moveTo(1.35 * r, 0); pen.lineTo(-r, 0.8 * r); pen.lineTo(-0.5 * r, 0); pen.lineTo(-r, -0.8 * r);
    pen.fill();
  } else if (shape === 4) {
    pen.lineWidth = Math.max(1.2, 0.6 * r);
    pen.moveTo(-r, -r); pen.lineTo(r, r); pen.moveTo(-r, r); pen.lineTo(r, -r);
    pen.stroke();
  } else {
    if (shape === 0) pen.arc(0, 0, r, 0, 7);
    if (shape === 1) pen.rect(-0.85 * r, -0.85 * r, 1.7 * r, 1.7 * r);
    if (shape === 2) { pen.moveTo(0, -1.15 * r); pen.lineTo(r, 0.8 * r); pen.lineTo(-r, 0.8 * r); }
    if (shape === 3) { pen.moveTo(0, -1.2 * r); pen.lineTo(1.2 * r, 0); pen.lineTo(0, 1.2 * r); pen.lineTo(-1.2 * r, 0); }
    pen.fill();
  }
  return canvas;
}

/** A colour of the page's style as a pixel. */
export function pixel(/** @type {string} */ colour) {
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
  canvas.width = canvas.height = 1;
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0];
}

/**
 * Rows of numbers in another order, kept: what is drawn lies in memory as it is drawn.
 * @template {Float32Array | Uint8Array | Uint16Array} Column
 * @param {Column} column
 * @param {number} width numbers a row
 * @param {Uint32Array} order
 * @returns {Column}
 */
export function ordered(column, width, order) {
  const known = orders.get(column);
  if (known && known.order === order) return known.column;
  const moved = /** @type {Column} */ (new /** @type {any} */ (column.constructor)(column.length));
  for (let n = 0; n < order.length; n++) {
    for (let d = 0; d < width; d++) moved[width * n + d] = column[width * order[n] + d];
  }
  orders.set(column, { order, column: moved });
  return moved;
}

/** @type {WeakMap<object, { order: Uint32Array, column: any }>} */
const orders = new WeakMap();

/** @typedef {{ side: number, dx: number[], dy: number[], colour: number[], cover: number[] }} Pixels */

/**
 * The pixels of a stamp as numbers, which `blit` mixes in: colour, and how far it covers, to 255.
 * @param {HTMLCanvasElement} mark
 * @returns {Pixels}
 */
export function pixels(mark) {
  const { width: side } = mark, { data } = mark.getContext("2d").getImageData(0, 0, side, side);
  const whole = new Uint32Array(data.buffer), dx = [], dy = [], colour = [], cover = [];
  whole.forEach((pixel, at) => {
    const alpha = pixel >>> 24;
    if (alpha < 30) return;
    dx.push(at % side);
    dy.push(Math.floor(at / side));
    colour.push(pixel & 0xffffff);
    cover.push(alpha);
  });
  return { side, dx, dy, colour, cover };
}

// dots that may cover one another in one place: more, and each becomes as faint as that many need
const DEEP = 1.5, FAINTEST = 0.07, BIN = 24;

/**
 * How opaque a dot is drawn: in full where there is room, fainter the more of them lie on one
 * another, so that a crowd looks like one. It follows the zoom, as points come apart.
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {number} width
 * @param {number} height
 * @param {number} radius pixels
 * @param {Uint8Array | null} [chosen] only these count
 * @param {number} [times] how many each stands for
 */
export function opacity(x, y, width, height, radius, chosen, times = 1) {
  const columns = Math.ceil(width / BIN), counts = new Uint32Array(columns * Math.ceil(height / BIN));
  let seen = 0, together = 0;
  for (let i = 0; i < x.length; i++) {
    if ((chosen && !chosen[i]) || x[i] < 0 || y[i] < 0 || x[i] >= width || y[i] >= height) continue;
    counts[Math.floor(y[i] / BIN) * columns + Math.floor(x[i] / BIN)]++;
    seen++;
  }
  for (const count of counts) together += count * count;
  // dots that cover a place where there are any, in the mean over dots
  const deep = seen ? times * together / seen * Math.PI * radius * radius / (BIN * BIN) : 0;
  return Math.min(1, Math.max(FAINTEST, DEEP / Math.max(deep, DEEP)));
}

/**
 * Mixes the points of one kind of standing (dimmed or not) into an opaque image, pixel by pixel:
 * many times as fast as drawing pictures where no graphics card helps.
 * @param {ImageData} image
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {number} scale pixels of the image to one of the page
 * @param {{ kind: Uint8Array | Uint16Array }} colours
 * @param {Pixels[]} marks by kind
 * @param {Uint8Array | null} chosen 1 where a point stands out; null where all do
 * @param {boolean} dimmed whether to write those that do not
 * @param {number} strength how opaque, from 0 to 1
 */
export function blit(image, x, y, scale, colours, marks, chosen, dimmed, strength) {
  const { width, height } = image, out = new Uint32Array(image.data.buffer);
  const stamps = marks.map((mark) => ready(mark, width, strength));
  for (let i = 0; i < x.length; i++) {
    if (chosen && Boolean(chosen[i]) === dimmed) continue;
    const { side, to, redBlue, green, share } = stamps[colours.kind[i]];
    const left = Math.round(x[i] * scale - side / 2), top = Math.round(y[i] * scale - side / 2);
    if (left < 0 || top < 0 || left + side > width || top + side > height) continue;
    const from = top * width + left;
    for (let k = 0; k < to.length; k++) {
      // red and blue are mixed in one product: between them lie eight bits for what each leaves over
      const at = from + to[k], below = out[at], rb = below & 0xff00ff, g = below & 0xff00;
      out[at] = 0xff000000 | ((rb + (Math.imul(redBlue[k] - rb, share[k]) >> 8)) & 0xff00ff)
        | ((g + (Math.imul(green[k] - g, share[k]) >> 8)) & 0xff00);
    }
  }
}

/* A stamp for an image of this width: where its pixels lie, and their shares of the mix, to 256. */
function ready({ side, dx, dy, colour, cover }, width, strength) {
  return {
    side, to: Int32Array.from(dx, (across, n) => dy[n] * width + across),
    redBlue: Int32Array.from(colour, (own) => own & 0xff00ff), green: Int32Array.from(colour, (own) => own & 0xff00),
    share: Int32Array.from(cover, (own) => Math.round(256 / 255 * strength * own)),
  };
}

/**
 * Where every point lies on the screen, into x and y.
 * @param {{ dims: number, at: Float32Array }} map -1 to 1
 * @param {{ zoom: number, pan: number[], turn: number[] }} view turn: around and up, of a map in 3-D
 * @param {number} width
 * @param {number} height
 * @param {Float32Array} x
 * @param {Float32Array} y
 */
export function project({ dims, at }, { zoom, pan, turn }, width, height, x, y) {
  const half = Math.min(width, height) / 2 * 0.94 * zoom, mx = width / 2 + pan[0], my = height / 2 + pan[1];
  if (dims === 2) {
    for (let i = 0; i < x.length; i++) { x[i] = mx + half * at[2 * i]; y[i] = my - half * at[2 * i + 1]; }
    return;
  }
  const [ca, sa, cb, sb] = [Math.cos(turn[0]), Math.sin(turn[0]), Math.cos(turn[1]), Math.sin(turn[1])];
  for (let i = 0; i < x.length; i++) {
    const a = at[3 * i], b = at[3 * i + 1], c = at[3 * i + 2];
    x[i] = mx + half * (ca * a + sa * c);
    y[i] = my - half * (cb * b - sb * (ca * c - sa * a));
  }
}

/**
 * The point nearest to a place among those that are not dimmed; -1 where none is within reach.
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {number} left
 * @param {number} top
 * @param {number} reach pixels
 * @param {Uint8Array | null} [chosen]
 */
export function under(x, y, left, top, reach, chosen) {
  let found = -1, best = reach * reach;
  for (let i = 0; i < x.length; i++) {
    if (chosen && !chosen[i]) continue;
    const apart = (x[i] - left) ** 2 + (y[i] - top) ** 2;
    if (apart < best) { best = apart; found = i; }
  }
  return found;
}

/**
 * The points inside a closed line (crossing rule).
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {number[][]} line of [x, y]
 */
export function within(x, y, line) {
  const found = [], across = line.map(([left]) => left), down = line.map(([, top]) => top);
  const [low, high] = [Math.min(...across), Math.max(...across)], [top, bottom] = [Math.min(...down), Math.max(...down)];
  for (let i = 0; i < x.length; i++) {
    // most points lie outside the box about it
    if (x[i] < low || x[i] > high || y[i] < top || y[i] > bottom) continue;
    let inside = false;
    for (let a = 0, b = line.length - 1; a < line.length; b = a++) {
      const ax = across[a], ay = down[a], bx = across[b], by = down[b];
      if ((ay > y[i]) !== (by > y[i]) && x[i] < (bx - ax) * (y[i] - ay) / (by - ay) + ax) inside = !inside;
    }
    if (inside) found.push(i);
  }
  return found;
}
