// @ts-check
/* Pictures on canvases: loading, the difference heat map and the before/after slider.
 *
 * Everything is computed at the model's resolution and enlarged by CSS, so switching an overlay
 * asks nothing of the server.
 */
const FLOOR = 5;       // grey levels below which a difference is JPEG noise
const FULL = 72;       // grey levels at which the colour scale ends
const RAMP = [[66, 20, 120], [150, 44, 128], [224, 74, 102], [253, 155, 106], [252, 243, 176]];

const KEPT = 48;
const kept = new Map();

/**
 * The decoded image at an address, a data URL as a rule; the latest ones are kept, as x_t stays while
 * codes change.
 * @param {string} url
 * @returns {Promise<any>}
 */
export function load(url) {
  if (!kept.has(url)) keep(url, decode(url));
  return kept.get(url);
}

/**
 * Keeps the image of an address for whoever loads it, among the latest ones.
 * @param {string} url
 * @param {Promise<any>} image
 */
export function keep(url, image) {
  kept.set(url, image);
  // what could not be fetched is fetched again when it is asked for again
  image.catch(() => kept.delete(url));
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
}

async function decode(url) {
  if (!url.startsWith("data:")) return createImageBitmap(await (await fetch(new URL(url, document.baseURI))).blob());
  const [kind, text] = url.split(",");
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: kind.slice(5, kind.indexOf(";")) }));
}

function fit(canvas, image) {
  if (canvas.width !== image.width) canvas.width = image.width;
  if (canvas.height !== image.height) canvas.height = image.height;
  return canvas.getContext("2d", { willReadFrequently: true });
}

function pixels(image) {
  if (!image.pixels) {
    const context = fit(document.createElement("canvas"), image);
    context.drawImage(image, 0, 0);
    image.pixels = context.getImageData(0, 0, image.width, image.height);
  }
  return image.pixels;
}

function ramp(share) {
  const place = Math.min(share, 0.9999) * (RAMP.length - 1);
  const left = Math.floor(place);
  return RAMP[left].map((value, i) => value + (RAMP[left + 1][i] - value) * (place - left));
}

/* By the sum of a pixel's three changes: the colour that is laid over it, and how much of it stays.
 * Two maps are drawn at every press, so no pixel looks for its colour itself. */
const HEATS = Array.from({ length: 3 * 255 + 1 }, (_, sum) => {
  const cover = Math.min(1, Math.max(0, (sum / 3 - FLOOR) / 14));
  return [...ramp(sum / 3 / FULL).map((value) => value * cover), 1 - cover];
});

/**
 * Where `image` differs from `base`: colour on a faded grey copy of `base`.
 * @param {HTMLCanvasElement} canvas
 * @param {any} base an image that was loaded
 * @param {any} image of the same size
 */
export function heat(canvas, base, image) {
  const context = fit(canvas, base);
  const a = pixels(base), b = pixels(image);
  const out = context.createImageData(a.width, a.height);
  const before = a.data, after = b.data, to = out.data;
  for (let i = 0; i < before.length; i += 4) {
    const heat = HEATS[Math.abs(before[i] - after[i]) + Math.abs(before[i + 1] - after[i + 1]) + Math.abs(before[i + 2] - after[i + 2])];
    const grey = heat[3] * (40 + 0.5 * (0.3 * before[i] + 0.6 * before[i + 1] + 0.1 * before[i + 2]));
    to[i] = grey + heat[0];
    to[i + 1] = grey + heat[1];
    to[i + 2] = grey + heat[2];
    to[i + 3] = 255;
  }
  context.putImageData(out, 0, 0);
}

/**
 * The mean absolute difference of two images of one size, in grey levels from 0 to 255.
 * @param {any} one an image that was loaded
 * @param {any} other
 */
export function apart(one, other) {
  const a = pixels(one).data, b = pixels(other).data;
  let total = 0;
  for (let i = 0; i < a.length; i += 4) {
    total += Math.abs(a[i] - b[i]) + Math.abs(a[i + 1] - b[i + 1]) + Math.abs(a[i + 2] - b[i + 2]);
  }
  return total / (a.length * 0.75);
}

/**
 * The image as it is.
 * @param {HTMLCanvasElement} canvas
 * @param {any} image
 */
export function plain(canvas, image) {
  fit(canvas, image).drawImage(image, 0, 0);
}

/**
 * `before` left of a line, `after` right of it.
 * @param {HTMLCanvasElement} canvas
 * @param {any} before
 * @param {any} after
 * @param {number} share where the line is, 0 to 1
 */
export function split(canvas, before, after, share) {
  const context = fit(canvas, after);
  const edge = Math.round(share * canvas.width);
  context.drawImage(after, 0, 0);
  if (edge > 0) context.drawImage(before, 0, 0, edge, canvas.height, 0, 0, edge, canvas.height);
}

/**
 * Shows a data URL once it is decoded, unless something later was asked for on this canvas.
 * @param {any} canvas
 * @param {string} url
 */
export async function paint(canvas, url) {
  canvas.wanted = url;
  const image = await load(url);
  if (canvas.wanted === url) plain(canvas, image);
}
