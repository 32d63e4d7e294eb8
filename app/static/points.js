/* The atlas in the browser: columns of all points, how they are coloured, and their drawing.
 *
 * A canvas and typed arrays: all points are drawn in some ten milliseconds without a graphics card
 * and found under the pointer in one, without a plotting library of three megabytes.
 */
(() => {
  "use strict";
  // Okabe and Ito's palette for all eyes and a few more; the symbol tells apart what is near in colour
  const PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999933", "#6b5ca5", "#a3254f", "#8c6d46", "#44aa99"];
  // a circle of colours, so that neighbouring directions look alike
  const CIRCLE = ["#d1495b", "#c77600", "#8f8f00", "#2f9e44", "#0a9396", "#3b7dd8", "#7a5cd6", "#c04fb0"];
  const SIZES = ["#46327e", "#365c8d", "#277f8e", "#1fa187", "#9bbf1c"];
  const STILL = "#8b9099", SHAPES = 5;
  const WAYS = ["right", "upper right", "up", "upper left", "left", "lower left", "down", "lower right", "still"];

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  function unpack(record) {
    const column = (name, kind) => new kind(bytes(record.columns[name]).buffer);
    const maps = {};
    for (const [name, { dims, at, about }] of Object.entries(record.maps)) {
      maps[name] = { dims, about, at: Float32Array.from(new Int16Array(bytes(at).buffer), (n) => n / record.steps) };
    }
    return {
      ...record, maps, order: shuffled(record.count),
      codes: column("codes", Uint8Array), embodiment: column("embodiment", Uint8Array),
      direction: column("direction", Uint8Array), shipped: column("shipped", Uint8Array),
      task: column("task", Uint16Array), clip: column("clip", Uint16Array), index: column("index", Uint16Array),
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

  /* How the points are coloured: a kind and a label for each, with colour and symbol. */
  function colouring(points, by) {
    const { count, positions } = points;
    if (by.startsWith("code")) {
      const place = Number(by.slice(4));
      const kind = Uint8Array.from({ length: count }, (_, i) => points.codes[i * positions + place]);
      return { kind, labels: Array.from({ length: points.values }, (_, k) => ({ name: `code ${k}`, ...symbol(k) })) };
    }
    if (by === "direction") {
      const labels = WAYS.map((name, n) => ({ name, colour: n === 8 ? STILL : CIRCLE[n], shape: n === 8 ? 0 : 10 + n }));
      return { kind: points.direction, labels };
    }
    if (by === "size") {
      const far = Float32Array.from({ length: count }, (_, i) => Math.hypot(points.motion[2 * i], points.motion[2 * i + 1]));
      const edges = [0.004, 0.02, 0.05, 0.1], words = ["still", "up to 2 %", "2 to 5 %", "5 to 10 %", "over 10 % of the frame"];
      const kind = Uint8Array.from(far, (length) => edges.filter((edge) => length >= edge).length);
      return { kind, labels: words.map((name, n) => ({ name, colour: SIZES[n], shape: 0, grow: 0.7 + 0.15 * n })) };
    }
    const names = by === "task" ? points.tasks : points.embodiments;
    return { kind: by === "task" ? points.task : points.embodiment, labels: names.map((name, n) => ({ name, ...symbol(n) })) };
  }

  const symbol = (n) => ({ colour: PALETTE[n % PALETTE.length], shape: n % SHAPES });

  /* One symbol as a small picture: circle, square, triangle, diamond, cross; from 10 on a wedge
   * that points where the motion goes. */
  function stamp({ colour, shape, grow = 1 }, radius) {
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

  /* The pixels of a stamp as numbers, in full and dimmed: what `blit` writes. */
  function pixels(mark) {
    const { width: side } = mark, { data } = mark.getContext("2d").getImageData(0, 0, side, side);
    const whole = new Uint32Array(data.buffer), dx = [], dy = [], full = [], faint = [];
    whole.forEach((pixel, at) => {
      const alpha = pixel >>> 24;
      if (alpha < 70) return;
      dx.push(at % side);
      dy.push(Math.floor(at / side));
      full.push(pixel);
      faint.push((pixel & 0xffffff) | (Math.round(0.13 * alpha) << 24));
    });
    return { side, dx, dy, full, faint };
  }

  /* Writes the points of one kind of standing (dimmed or not) into an image, pixel by pixel: some
   * forty times as fast as drawing pictures where no graphics card helps. */
  function blit(image, points, x, y, scale, colours, marks, chosen, dimmed) {
    const { width, height } = image, out = new Uint32Array(image.data.buffer);
    for (const i of points.order) {
      if (chosen && Boolean(chosen[i]) === dimmed) continue;
      const { side, dx, dy, full, faint } = marks[colours.kind[i]];
      const left = Math.round(x[i] * scale - side / 2), top = Math.round(y[i] * scale - side / 2);
      if (left < 0 || top < 0 || left + side > width || top + side > height) continue;
      const from = top * width + left, colour = dimmed ? faint : full;
      for (let n = 0; n < dx.length; n++) out[from + dy[n] * width + dx[n]] = colour[n];
    }
  }

  /* Where every point lies on the screen, into x and y. turn: [around, up] of a map in 3-D. */
  function project({ dims, at }, { zoom, pan, turn }, width, height, x, y) {
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

  /* The point nearest to a place among those that are not dimmed, within `reach` pixels; or -1. */
  function under(x, y, left, top, reach, chosen) {
    let found = -1, best = reach * reach;
    for (let i = 0; i < x.length; i++) {
      if (chosen && !chosen[i]) continue;
      const apart = (x[i] - left) ** 2 + (y[i] - top) ** 2;
      if (apart < best) { best = apart; found = i; }
    }
    return found;
  }

  /* Points inside a closed line of [x, y] (crossing rule). */
  function within(x, y, line) {
    const found = [];
    for (let i = 0; i < x.length; i++) {
      let inside = false;
      for (let a = 0, b = line.length - 1; a < line.length; b = a++) {
        const [ax, ay] = line[a], [bx, by] = line[b];
        if ((ay > y[i]) !== (by > y[i]) && x[i] < (bx - ax) * (y[i] - ay) / (by - ay) + ax) inside = !inside;
      }
      if (inside) found.push(i);
    }
    return found;
  }

  Lapa.points = { unpack, colouring, stamp, pixels, blit, project, under, within, WAYS };
})();
