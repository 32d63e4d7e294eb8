// @ts-check
/* Pixels in and out of the network: resized as `lapa.models.frames.resize` does, and x_t's own moved
 * as `lapa.nn.heads.WarpHead.compose` does, at any size of picture. Nothing here knows the network.
 *
 * A picture is RGB in a Float32Array, row by row, three numbers a pixel, in [0, 1]. */

// a gate's sigmoid reaches this far beyond 0 and 1 (STRETCH in lapa/nn/heads.py) ...
const STRETCH = 0.1;
// ... so that below this number a mask is exactly 0, and above its negative exactly 1
const CLOSED = Math.log(STRETCH / (1 + STRETCH));

/**
 * What the decoder says is to be done to x_t, as `lapa.nn.heads.Fields` has it; or, for a head that
 * moves nothing, the pixels themselves.
 * @typedef {{ flow?: Float32Array, paint?: Float32Array, masks?: Float32Array, pixels?: Float32Array }} Fields
 * @typedef {"layers" | "warp" | "change" | "pixels"} Head
 * @typedef {{ size: number, rgb: Float32Array }} Picture
 */

/**
 * @param {Uint8ClampedArray | Uint8Array} rgba
 * @returns {Float32Array}
 */
export function toRgb(rgba) {
  const count = rgba.length / 4, rgb = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    rgb[3 * i] = rgba[4 * i] / 255;
    rgb[3 * i + 1] = rgba[4 * i + 1] / 255;
    rgb[3 * i + 2] = rgba[4 * i + 2] / 255;
  }
  return rgb;
}

/**
 * What the network reads: (3, h, w), one colour after the other.
 * @param {Float32Array} rgb
 */
export function toPlanes(rgb) {
  const count = rgb.length / 3, planes = new Float32Array(rgb.length);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) planes[c * count + i] = rgb[3 * i + c];
  }
  return planes;
}

/**
 * Bilinear, antialiased, to a square: what is wider is squashed, nothing is cropped away.
 * @param {Float32Array} rgb
 * @param {number} width
 * @param {number} height
 * @param {number} size
 * @returns {Float32Array}
 */
export function resize(rgb, width, height, size) {
  if (width === size && height === size) return rgb;
  const across = along(width, size), down = along(height, size);
  const narrow = new Float32Array(3 * size * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < size; x++) {
      sum(rgb, 3 * y * width, 3, across[x], narrow, 3 * (y * size + x));
    }
  }
  const out = new Float32Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) sum(narrow, 3 * x, 3 * size, down[y], out, 3 * (y * size + x));
  }
  return out;
}

/** @typedef {{ first: number, weights: Float64Array }} Taps */

/* Which of `from` numbers make each of `to`, and how much: a triangle as wide as the scale. */
function along(/** @type {number} */ from, /** @type {number} */ to) {
  const scale = from / to, reach = Math.max(scale, 1);
  /** @type {Taps[]} */
  const taps = [];
  for (let i = 0; i < to; i++) {
    const centre = scale * (i + 0.5);
    const first = Math.max(Math.floor(centre - reach + 0.5), 0);
    const end = Math.min(Math.floor(centre + reach + 0.5), from);
    const weights = Float64Array.from({ length: end - first },
      (_, j) => Math.max(0, 1 - Math.abs((first + j - centre + 0.5) / reach)));
    const total = weights.reduce((a, b) => a + b, 0);
    taps.push({ first, weights: weights.map((each) => each / total) });
  }
  return taps;
}

function sum(from, start, step, /** @type {Taps} */ { first, weights }, to, at) {
  let red = 0, green = 0, blue = 0, i = start + first * step;
  for (let j = 0; j < weights.length; j++, i += step) {
    const weight = weights[j];
    red += weight * from[i];
    green += weight * from[i + 1];
    blue += weight * from[i + 2];
  }
  to[at] = red;
  to[at + 1] = green;
  to[at + 2] = blue;
}

/**
 * The imagined next frame.
 * @param {Head} head
 * @param {Picture} picture x_t
 * @param {Fields} fields
 * @returns {Uint8ClampedArray<ArrayBuffer>} RGBA, as large as the picture
 */
export function compose(head, picture, fields) {
  return fields.pixels ? placed(head, picture, fields.pixels) : moved(head === "layers", picture, fields);
}

/* LAPA's head, and the one that says how much every pixel changes. */
function placed(/** @type {Head} */ head, /** @type {Picture} */ { size, rgb }, /** @type {Float32Array} */ pixels) {
  const out = opaque(size), count = pixels.length / 3, side = Math.sqrt(count);
  const at = between(side, size);
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++, i++) {
      for (let c = 0; c < 3; c++) {
        const value = smooth(pixels, c * count, side, at, x, y);
        out[4 * i + c] = 255 * (head === "change" ? value + rgb[3 * i + c] : value);
      }
    }
  }
  return out;
}

/* x_t's own pixels carried along the flow, laid over x_t where the first mask says so, and painted
 * over where the last one does. */
function moved(/** @type {boolean} */ layered, /** @type {Picture} */ { size, rgb }, /** @type {Fields} */ { flow, paint, masks }) {
  const out = opaque(size), half = (size - 1) / 2;
  const coarse = Math.sqrt(flow.length / 2), fine = Math.sqrt(paint.length / 3);
  const ways = between(coarse, size), at = between(fine, size);
  const last = (layered ? 1 : 0) * fine * fine;
  const mix = new Float64Array(3);
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++, i++) {
      const over = layered ? gate(smooth(masks, 0, fine, at, x, y)) : 1;
      const number = smooth(masks, last, fine, at, x, y);
      const painted = layered ? gate(number) : 1 / (1 + Math.exp(-number));
      for (let c = 0; c < 3; c++) mix[c] = rgb[3 * i + c];
      if (over > 0 && painted < 1) {
        const right = x + half * smooth(flow, 0, coarse, ways, x, y);
        const below = y + half * smooth(flow, coarse * coarse, coarse, ways, x, y);
        carry(rgb, size, right, below, over, mix);
      }
      for (let c = 0; c < 3; c++) {
        const value = painted > 0 ? mix[c] + painted * (smooth(paint, c * fine * fine, fine, at, x, y) - mix[c]) : mix[c];
        out[4 * i + c] = 255 * value;
      }
    }
  }
  return out;
}

/* Mixes in what lies at (x, y), between pixels; beyond the edge is what lies at the edge. */
function carry(rgb, size, x, y, over, mix) {
  const right = Math.min(Math.max(x, 0), size - 1), below = Math.min(Math.max(y, 0), size - 1);
  const column = Math.floor(right), row = Math.floor(below), dx = right - column, dy = below - row;
  const i = 3 * (row * size + column);
  const next = column + 1 < size ? 3 : 0, under = row + 1 < size ? 3 * size : 0;
  for (let c = 0; c < 3; c++) {
    const top = rgb[i + c] + dx * (rgb[i + next + c] - rgb[i + c]);
    const bottom = rgb[i + under + c] + dx * (rgb[i + under + next + c] - rgb[i + under + c]);
    mix[c] += over * (top + dy * (bottom - top) - mix[c]);
  }
}

/** @param {number} x */
function gate(x) {
  if (x <= CLOSED) return 0;
  if (x >= -CLOSED) return 1;
  return (1 + 2 * STRETCH) / (1 + Math.exp(-x)) - STRETCH;
}

/* Where each of `to` pixels lies between `from` cells: bilinear, corners not aligned. */
function between(/** @type {number} */ from, /** @type {number} */ to) {
  if (from === to) return null;
  const low = new Int32Array(to), high = new Int32Array(to), part = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.max((i + 0.5) * from / to - 0.5, 0);
    low[i] = Math.floor(at);
    high[i] = Math.min(low[i] + 1, from - 1);
    part[i] = at - low[i];
  }
  return { low, high, part };
}

/* A field, `side` cells a side from `offset` on, at a pixel of the picture. */
function smooth(field, offset, side, at, x, y) {
  if (!at) return field[offset + y * side + x];
  const { low, high, part } = at;
  const top = offset + low[y] * side, bottom = offset + high[y] * side;
  const a = field[top + low[x]], b = field[bottom + low[x]];
  const upper = a + part[x] * (field[top + high[x]] - a), lower = b + part[x] * (field[bottom + high[x]] - b);
  return upper + part[y] * (lower - upper);
}

function opaque(/** @type {number} */ size) {
  return new Uint8ClampedArray(4 * size * size).fill(255);
}

/**
 * The greatest difference between two pictures, in grey levels.
 * @param {ArrayLike<number>} one
 * @param {ArrayLike<number>} other
 */
export function apart(one, other) {
  let most = 0;
  for (let i = 0; i < one.length; i++) most = Math.max(most, Math.abs(one[i] - other[i]));
  return most;
}
