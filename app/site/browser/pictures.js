// @ts-check
/* Pictures as pixels and as addresses: what a model draws gets the address of a bitmap file in
 * memory, which any part of the page can show, without loss and without the time of a compression. */

import * as images from "../../web/images.js";

/** @typedef {import("./compare.js").Picture} Picture */

// addresses that are kept: a page shows some thirty at once
const KEPT = 240;
const HEADER = 54;
/** @type {string[]} */
const given = [];

/**
 * The address of a picture.
 * @param {Picture} picture
 * @param {boolean} [lasting] whether it is kept until `forget`, and not only while it is among the latest
 */
export function address({ data, side }, lasting = false) {
  const row = (3 * side + 3) & ~3, file = new ArrayBuffer(HEADER + row * side), head = new DataView(file), out = new Uint8Array(file);
  head.setUint16(0, 0x424d);
  [[2, file.byteLength], [10, HEADER], [14, 40], [18, side], [22, side]].forEach(([at, value]) => head.setUint32(at, value, true));
  head.setUint16(26, 1, true);
  head.setUint16(28, 24, true);
  for (let y = 0; y < side; y++) {
    // rows from the bottom up, blue first
    for (let x = 0, from = 4 * y * side, to = HEADER + (side - 1 - y) * row; x < side; x++, from += 4, to += 3) {
      out[to] = data[from + 2];
      out[to + 1] = data[from + 1];
      out[to + 2] = data[from];
    }
  }
  const url = URL.createObjectURL(new Blob([file], { type: "image/bmp" }));
  // the page's own canvases need not read the file again
  images.keep(url, createImageBitmap(new ImageData(/** @type {ImageDataArray} */ (data), side, side)));
  if (!lasting) {
    given.push(url);
    if (given.length > KEPT) URL.revokeObjectURL(given.shift());
  }
  return url;
}

export const forget = (/** @type {string} */ url) => URL.revokeObjectURL(url);

/**
 * The pixels of a picture file, or of a square part of it.
 * @param {string} url
 * @returns {Promise<Picture>}
 */
export async function pixels(url) {
  const image = await bitmap(url);
  return cut(image, 0, 0, image.width);
}

/** @param {string} url */
export async function bitmap(url) {
  const address = new URL(url, document.baseURI);
  const answer = await fetch(address).catch(() => null);
  if (!answer || !answer.ok) {
    throw new Error(`The picture ${url} is missing in this copy of the site; load the page again, or export it anew.`);
  }
  return createImageBitmap(await answer.blob());
}

/**
 * @param {ImageBitmap} image
 * @param {number} left
 * @param {number} top
 * @param {number} side
 * @returns {Picture}
 */
export function cut(image, left, top, side) {
  const pen = /** @type {any} */ (new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true }));
  pen.drawImage(image, -left, -top);
  return { data: pen.getImageData(0, 0, side, side).data, side };
}
