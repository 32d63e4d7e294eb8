/* Pictures on canvases: loading, the difference heat map and the before/after slider.
 *
 * Everything is computed at the model's resolution and enlarged by CSS, so switching an overlay
 * asks nothing of the server.
 */
(() => {
  "use strict";
  const FLOOR = 5;       // grey levels below which a difference is JPEG noise
  const FULL = 72;       // grey levels at which the colour scale ends
  const RAMP = [[66, 20, 120], [150, 44, 128], [224, 74, 102], [253, 155, 106], [252, 243, 176]];

  const KEPT = 48;
  const kept = new Map();

  /* The decoded image of a data URL; the latest ones are kept, as x_t stays while codes change. */
  function load(url) {
    if (!kept.has(url)) {
      kept.set(url, decode(url));
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    }
    return kept.get(url);
  }

  async function decode(url) {
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

  /* Where `image` differs from `base`: colour on a faded grey copy of `base`. */
  function heat(canvas, base, image) {
    const context = fit(canvas, base);
    const a = pixels(base), b = pixels(image);
    const out = context.createImageData(a.width, a.height);
    for (let i = 0; i < a.data.length; i += 4) {
      const change = (Math.abs(a.data[i] - b.data[i]) + Math.abs(a.data[i + 1] - b.data[i + 1]) +
        Math.abs(a.data[i + 2] - b.data[i + 2])) / 3;
      const grey = 40 + 0.5 * (0.3 * a.data[i] + 0.6 * a.data[i + 1] + 0.1 * a.data[i + 2]);
      const colour = ramp(change / FULL);
      const cover = Math.min(1, Math.max(0, (change - FLOOR) / 14));
      for (let c = 0; c < 3; c++) out.data[i + c] = grey + (colour[c] - grey) * cover;
      out.data[i + 3] = 255;
    }
    context.putImageData(out, 0, 0);
  }

  function plain(canvas, image) {
    fit(canvas, image).drawImage(image, 0, 0);
  }

  /* `before` left of the split (0 to 1), `after` right of it. */
  function split(canvas, before, after, share) {
    const context = fit(canvas, after);
    const edge = Math.round(share * canvas.width);
    context.drawImage(after, 0, 0);
    if (edge > 0) context.drawImage(before, 0, 0, edge, canvas.height, 0, 0, edge, canvas.height);
  }

  /* Shows a data URL once it is decoded, unless something later was asked for on this canvas. */
  async function paint(canvas, url) {
    canvas.wanted = url;
    const image = await load(url);
    if (canvas.wanted === url) plain(canvas, image);
  }

  Lapa.images = { load, heat, plain, split, paint };
})();
