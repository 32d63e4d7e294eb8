/* The map of the atlas: pan, zoom, turn, hover, click, lasso, legend, search and one's own frame. */
Lapa.part("atlas", (element, gradio) => {
  "use strict";
  const $ = (selector) => element.querySelector(selector), at = (name) => $(`[data-at="${name}"]`);
  const { ask, answer } = Lapa.wire(gradio);
  const canvas = $("canvas"), stage = $(".at-stage"), tip = $(".at-tip"), cross = $(".at-cross");
  const RADIUS = 2.4, REACH = 9, NEAR = 5, WAIT_MS = 60;
  const look = { m: "", map: "umap2", by: "embodiment", i: null, q: "" };
  let points = null, colours = null, stamps = [], x = null, y = null, chosen = null, opening = false;
  let view = fresh(), drag = "move", mine = null, hovered = -1, painting = 0, stampsFor = "", image = null;
  const thumbs = new Map();

  function fresh() { return { zoom: 1, pan: [0, 0], turn: [0.6, 0.35] }; }

  /* ---- opening ---- */
  async function open() {
    if (opening || Lapa.page.tab !== "atlas" || !Lapa.state.m) return;
    opening = true;
    const found = await ask("open", { query: Lapa.asked("atlas") });
    if (found.error) return fail(found.error);
    Object.assign(look, found.look);
    if (found.notes.length) at("wrong").textContent = found.notes.join(" ");
    const table = await gradio.server.table({ m: look.m });
    if (!table || table.error) return fail(table ? table.error : "The atlas could not be read; reload the page.");
    points = Lapa.points.unpack(table);
    x = new Float32Array(points.count);
    y = new Float32Array(points.count);
    at("count").textContent = `${points.count.toLocaleString("en").replace(",", "\u202f")} frame pairs`;
    const names = { embodiment: "embodiment", direction: "direction of motion", size: "size of motion", task: "task" };
    const codes = Array.from({ length: points.positions }, (_, p) => [`code${p}`, `code at position ${p}`]);
    at("by").replaceChildren(...[...Object.entries(names), ...codes].map(([value, words]) => Lapa.make("option", { value }, words)));
    $(".at-panel").setAttribute("aria-busy", "false");
    Lapa.atlas = { points, look, open: openPair, search, pictures, choose, name };
    Lapa.emit("atlas-opened", points);
    recolour();
    if (look.q) await search(look.q);
    if (look.i !== null && look.i < points.count) openPair(look.i);
    if (wanted) locate();
    element.dataset.ready = "1";
  }

  function fail(sentence) {
    at("wrong").textContent = sentence;
    $(".at-panel").setAttribute("aria-busy", "false");
    opening = false;
  }

  /* ---- drawing ---- */
  function paint() {
    if (!painting) painting = requestAnimationFrame(draw);
  }

  function draw() {
    painting = 0;
    if (!points || !canvas.clientWidth) return;
    const scale = Math.min(devicePixelRatio || 1, 2), width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const radius = RADIUS * Math.min(2.4, Math.max(1, Math.sqrt(view.zoom))) * scale;
    const kindOf = `${look.by} ${radius.toFixed(2)}`;
    if (stampsFor !== kindOf) {
      stampsFor = kindOf;
      stamps = colours.labels.map((label) => Lapa.points.pixels(Lapa.points.stamp(label, radius)));
    }
    Lapa.points.project(points.maps[look.map], view, width, height, x, y);
    const pen = canvas.getContext("2d");
    if (!image || image.width !== canvas.width || image.height !== canvas.height) image = pen.createImageData(canvas.width, canvas.height);
    image.data.fill(0);
    for (const dimmed of chosen ? [true, false] : [false]) Lapa.points.blit(image, points, x, y, scale, colours, stamps, chosen, dimmed);
    pen.putImageData(image, 0, 0);
    if (look.i !== null) ring(pen, x[look.i], y[look.i], scale);
    if (lasso.length > 1) outline(pen, scale);
    ownPlace(width, height);
  }

  const ink = () => getComputedStyle(element).getPropertyValue("--ink") || "#000";

  function ring(pen, left, top, scale) {
    for (const [width, colour] of [[5, getComputedStyle(element).getPropertyValue("--panel")], [2, ink()]]) {
      pen.beginPath();
      pen.arc(left * scale, top * scale, 8 * scale, 0, 7);
      pen.lineWidth = width * scale;
      pen.strokeStyle = colour;
      pen.stroke();
    }
  }

  function outline(pen, scale) {
    pen.beginPath();
    lasso.forEach(([left, top], n) => (n ? pen.lineTo(left * scale, top * scale) : pen.moveTo(left * scale, top * scale)));
    pen.closePath();
    pen.lineWidth = 1.5 * scale;
    pen.strokeStyle = ink();
    pen.setLineDash([5 * scale, 4 * scale]);
    pen.stroke();
    pen.setLineDash([]);
  }

  /* A cross where one's own frame lies, which is no point of the atlas. */
  function ownPlace(width, height) {
    cross.hidden = !mine;
    if (!mine) return;
    const [middle, half] = points.scales[look.map], own = mine.places[look.map];
    const place = { dims: own.length, at: Float32Array.from(own, (value, n) => (value - middle[n]) / half) };
    const left = new Float32Array(1), top = new Float32Array(1);
    Lapa.points.project(place, view, width, height, left, top);
    cross.style.transform = `translate(${left[0]}px, ${top[0]}px)`;
  }

  /* ---- colours and what is chosen ---- */
  function recolour() {
    colours = Lapa.points.colouring(points, look.by);
    stampsFor = "";
    at("by").value = look.by;
    at("map").value = look.map;
    const counts = new Uint32Array(colours.labels.length);
    for (const kind of colours.kind) counts[kind]++;
    $(".at-legend").replaceChildren(...colours.labels.map((label, kind) => (counts[kind] ? legend(label, kind, counts[kind]) : "")).filter(Boolean));
    about();
    paint();
    share();
  }

  function legend(label, kind, count) {
    const mark = Lapa.points.stamp(label, 5);
    mark.setAttribute("aria-hidden", "true");
    return Lapa.make("button", { type: "button", "aria-pressed": "false", "data-kind": kind, title: `${count} pairs`,
      onclick: (event) => {
        const pressed = event.currentTarget.getAttribute("aria-pressed") === "true";
        if (pressed) return choose(null);
        choose(Array.from(colours.kind.keys()).filter((i) => colours.kind[i] === kind), label.name);
        $(`[data-kind="${kind}"]`).setAttribute("aria-pressed", "true");
      } }, mark, label.name);
  }

  /* Rows that stand out while the rest is dimmed; null shows all. */
  function choose(rows, words = "") {
    for (const button of element.querySelectorAll("[data-kind]")) button.setAttribute("aria-pressed", "false");
    chosen = rows && rows.length ? new Uint8Array(points.count) : null;
    if (chosen) for (const i of rows) chosen[i] = 1;
    $('[data-do="clear"]').hidden = !chosen;
    at("found").textContent = chosen ? `${words}: ${rows.length} pairs` : "";
    if (!chosen) look.q = at("query").value = "";
    Lapa.emit("atlas-chosen", chosen ? { rows, words } : null);
    paint();
    share();
  }

  function about() {
    const told = points.quality[look.map], base = points.quality.latents, chance = points.quality.chance;
    const made = points.maps[look.map].about;
    const how = made.method === "PCA" ? `PCA, ${Math.round(100 * made.variance.reduce((sum, each) => sum + each, 0))} % of the variance`
      : `UMAP of the latents before quantization, ${made.neighbours} neighbours, ${made.metric}`;
    const label = look.by.startsWith("code") ? look.by.replace("code", "code_") : look.by === "direction" ? "direction" : "embodiment";
    const percent = (value) => `${Math.round(100 * value)} %`;
    const what = { embodiment: "embodiment", direction: "direction" }[label] || "code";
    at("about").textContent = told ? `${how}. Of the nearest pairs of other clips, ${percent(told[label])} have the same ${what} here, ` +
      `${percent(base[label])} in the latents themselves and ${percent(chance[label])} by chance; trustworthiness ${told.trustworthiness.toFixed(2)}.` : how;
  }

  /* ---- the pair behind a point ---- */
  async function openPair(i) {
    look.i = i;
    mine = null;
    paint();
    Lapa.emit("atlas-opening", i);
    const found = await ask("pair", { m: look.m, i });
    if (look.i === i) Lapa.emit("atlas-pair", found);
    share();
  }

  const name = (i) => `${points.embodiments[points.embodiment[i]]} ${Lapa.written(Array.from(points.codes.subarray(i * points.positions, (i + 1) * points.positions)))}`;

  /* Small pictures of points, asked for together and kept. */
  async function pictures(rows) {
    const missing = rows.filter((i) => !thumbs.has(i)).slice(0, 60);
    if (missing.length) {
      const found = (await gradio.server.thumbnails({ m: look.m, rows: missing })) || {};
      (found.pictures || []).forEach((ends, n) => thumbs.set(missing[n], ends));
    }
    return rows.map((i) => thumbs.get(i) || null);
  }

  /* ---- search, and one's own frame ---- */
  async function search(text) {
    at("wrong").textContent = "";
    at("pointer").hidden = true;
    const found = await ask("search", { m: look.m, q: text });
    if (found.error) {
      at("wrong").textContent = found.error;
      at("pointer").hidden = !found.pointer;
      at("pointer").textContent = found.pointer || "";
      return at("query").focus();
    }
    look.q = at("query").value = found.text;
    if (found.note) { choose(null); at("found").textContent = found.note; return; }
    choose(found.rows, found.text);
    Lapa.emit("atlas-card", found.card);
  }

  let wanted = false;

  async function locate() {
    if (!points) { wanted = true; return; }
    wanted = false;
    at("wrong").textContent = "";
    const { c, f } = Lapa.state;
    const found = await ask("place", { m: look.m, c, f });
    if (found.error) return (at("wrong").textContent = found.error);
    if (found.row !== null) { await openPair(found.row); return centre(found.row); }
    mine = found;
    look.i = null;
    at("found").textContent = `Your pair ${found.text} lies at the cross.`;
    Lapa.emit("atlas-mine", found);
    paint();
  }

  function centre(i) {
    Lapa.points.project(points.maps[look.map], { ...view, pan: [0, 0] }, canvas.clientWidth, canvas.clientHeight, x, y);
    view.pan = [canvas.clientWidth / 2 - x[i], canvas.clientHeight / 2 - y[i]];
    paint();
  }

  /* ---- the pointer ---- */
  let lasso = [], waiting = 0;
  const pointers = new Map();
  const place = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { from: place(event), last: place(event), moved: false });
    if (drag === "lasso" || event.shiftKey) lasso = [place(event)];
  });

  canvas.addEventListener("pointermove", (event) => {
    const here = place(event), own = pointers.get(event.pointerId);
    if (!own) return hover(here);
    const by = [here[0] - own.last[0], here[1] - own.last[1]];
    if (Math.hypot(here[0] - own.from[0], here[1] - own.from[1]) > NEAR) own.moved = true;
    if (pointers.size === 2) pinch(event.pointerId, here);
    else if (lasso.length) lasso.push(here);
    else if (points && points.maps[look.map].dims === 3 && !event.ctrlKey) view.turn = [view.turn[0] + by[0] / 160, Math.max(-1.5, Math.min(1.5, view.turn[1] + by[1] / 160))];
    else view.pan = [view.pan[0] + by[0], view.pan[1] + by[1]];
    own.last = here;
    unhover();
    paint();
  });

  function pinch(id, here) {
    const [other] = [...pointers].filter(([each]) => each !== id).map(([, each]) => each.last);
    const before = pointers.get(id).last;
    const ratio = Math.hypot(here[0] - other[0], here[1] - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1]));
    zoom(ratio, [(here[0] + other[0]) / 2, (here[1] + other[1]) / 2]);
  }

  canvas.addEventListener("pointerup", (event) => {
    const own = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    if (!own || !points) return;
    if (lasso.length > 2 && own.moved) {
      const rows = Lapa.points.within(x, y, lasso);
      lasso = [];
      if (rows.length) choose(rows, "Lasso");
      else { choose(null); at("found").textContent = "No point lies inside the lasso."; }
    } else if (!own.moved) {
      const i = Lapa.points.under(x, y, ...place(event), REACH + (event.pointerType === "touch" ? 8 : 0), chosen);
      if (i >= 0) openPair(i);
    }
    lasso = [];
    paint();
  });
  canvas.addEventListener("pointercancel", (event) => { pointers.delete(event.pointerId); lasso = []; paint(); });
  canvas.addEventListener("pointerleave", unhover);
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY / 400), place(event)); }, { passive: false });

  function zoom(ratio, [left, top]) {
    const next = Math.min(60, Math.max(0.5, view.zoom * ratio)), by = next / view.zoom;
    const mx = canvas.clientWidth / 2, my = canvas.clientHeight / 2;
    view.pan = [left - mx - (left - mx - view.pan[0]) * by, top - my - (top - my - view.pan[1]) * by];
    view.zoom = next;
    paint();
  }

  function hover([left, top]) {
    if (!points) return;
    const i = Lapa.points.under(x, y, left, top, REACH, chosen);
    canvas.style.cursor = i >= 0 ? "pointer" : drag === "lasso" ? "crosshair" : "grab";
    if (i === hovered) return;
    unhover();
    hovered = i;
    if (i >= 0) waiting = setTimeout(() => tell(i), WAIT_MS);
  }

  async function tell(i) {
    const [ends] = await pictures([i]);
    if (hovered !== i) return;
    const shown = (ends || []).map((src, n) => Lapa.make("img", { src, alt: n ? "a gap later" : "now", width: 88, height: 88 }));
    tip.replaceChildren(Lapa.make("div", {}, ...shown), Lapa.make("p", {}, name(i)), Lapa.make("p", {}, `moves: ${Lapa.points.WAYS[points.direction[i]]}`));
    tip.hidden = false;
    const left = Math.min(x[i] + 14, canvas.clientWidth - 200), top = y[i] > canvas.clientHeight - 150 ? y[i] - 152 : y[i] + 14;
    tip.style.transform = `translate(${Math.max(0, left)}px, ${Math.max(0, top)}px)`;
  }

  function unhover() {
    clearTimeout(waiting);
    hovered = -1;
    tip.hidden = true;
  }

  /* ---- keys and controls ---- */
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    const middle = [canvas.clientWidth / 2, canvas.clientHeight / 2];
    if (by && points && points.maps[look.map].dims === 3) view.turn = [view.turn[0] - by[0] / 160, view.turn[1] - by[1] / 160];
    else if (by) view.pan = [view.pan[0] + by[0], view.pan[1] + by[1]];
    else if (event.key === "+" || event.key === "=") zoom(1.25, middle);
    else if (event.key === "-") zoom(0.8, middle);
    else if (event.key === "Escape") choose(null);
    else if (event.key === "Enter" && points) openPair(Lapa.points.under(x, y, ...middle, 1e6, chosen));
    else return;
    event.preventDefault();
    paint();
  });

  at("map").addEventListener("change", () => { look.map = at("map").value; view = fresh(); about(); paint(); share(); });
  at("by").addEventListener("change", () => { look.by = at("by").value; recolour(); });
  $(".at-search").addEventListener("submit", (event) => { event.preventDefault(); if (points) search(at("query").value); });
  $('[data-do="whole"]').addEventListener("click", () => { view = fresh(); paint(); });
  $('[data-do="clear"]').addEventListener("click", () => choose(null));
  $('[data-do="mine"]').addEventListener("click", locate);
  for (const button of element.querySelectorAll("[data-drag]")) {
    button.addEventListener("click", () => {
      drag = button.dataset.drag;
      for (const each of element.querySelectorAll("[data-drag]")) {
        each.setAttribute("aria-checked", each === button);
        each.tabIndex = each === button ? 0 : -1;
      }
    });
    button.addEventListener("keydown", (event) => {
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      const other = button.nextElementSibling || button.previousElementSibling;
      other.focus();
      other.click();
    });
  }
  new ResizeObserver(paint).observe(stage);
  new MutationObserver(paint).observe(document.body, { attributeFilter: ["class"] });

  /* ---- the link ---- */
  let link = "", sharing = 0;

  function share() {
    clearTimeout(sharing);
    sharing = setTimeout(async () => {
      const found = await ask("link", { ...look });
      link = found.link || "";
      address();
    }, 120);
  }

  function address() {
    if (Lapa.page.tab === "atlas" && link) Lapa.address(link);
  }

  Lapa.on("tab", (tab) => { if (tab === "atlas") { open(); address(); paint(); } });
  Lapa.on("state", open);
  Lapa.on("atlas-find", locate);
  Lapa.values(gradio, answer);
  open();
});
