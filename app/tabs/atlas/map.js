// @ts-check
/* The map of the atlas: pan, zoom, turn, hover, click, lasso, box, legend, regions, and the search by
 * codes, words and likeness. It shows the atlas of the page's model. */
import { written } from "../../web/codes.js";
import { limits } from "../../web/config.js";
import { around, finders, make, markChosen, pressNext } from "../../web/dom.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { wire } from "../../web/wire.js";
import { ownVideo } from "./bring.js";
import { labels, members } from "./labels.js";
import { painter } from "./painter.js";
import * as drawing from "./points.js";
import { save } from "./save.js";
import { atlas } from "./store.js";
import { MAP, pairs } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const { $, $$, at } = finders(element);
  const { ask } = wire(gradio);
  const canvas = $("canvas"), stage = $(".at-stage"), tip = $(".at-tip"), cross = $(".at-cross");
  const REACH = 9, NEAR = 5, WAIT_MS = 60;
  const look = { m: "", map: "umap2", by: "direction", i: null, q: "" };
  let points = null, colours = null, chosen = null, opening = null, first = null;
  let view = fresh(), drag = "move", mine = null, hovered = -1;
  const thumbs = new Map();
  const names = labels($(".at-labels"), region);

  function fresh() { return { zoom: 1, pan: [0, 0], turn: [0.6, 0.35] }; }

  /* ---- opening ---- */
  async function open() {
    const { m } = store.state;
    if (store.page.tab !== "atlas" || !m || opening === m) return;
    // the address is asked once: later the page's model alone has changed
    const query = opening === null ? store.asked("atlas") : new URLSearchParams({ m, map: look.map, by: look.by }).toString();
    opening = m;
    close();
    const found = await ask("open", { query });
    if (opening !== m) return;
    if (found.error) return fail(found.error);
    Object.assign(look, found.look);
    if (look.m !== m) Object.assign(look, { m, i: null, q: "" });
    at("wrong").textContent = found.notes.join(" ");
    const table = await gradio.server.table({ m });
    if (opening !== m) return;
    if (!table || table.error) return fail(table ? table.error : MAP.unread);
    await show(drawing.unpack(table));
  }

  /* An atlas that has come, with what the address asks for. */
  async function show(/** @type {import("../../web/records").Points} */ own) {
    points = own;
    at("count").textContent = MAP.of(points.count, look.m);
    const codes = Array.from({ length: points.positions }, (_, p) => [`code${p}`, MAP.codeAt(p)]);
    at("by").replaceChildren(...[...Object.entries(MAP.kinds), ...codes].map(([value, words]) => make("option", { value }, words)));
    at("words").replaceChildren(...[...points.embodiments, ...points.tasks, ...drawing.WAYS].map((value) => make("option", { value })));
    $(".at-panel").setAttribute("aria-busy", "false");
    Object.assign(atlas, { points, look, open: openPair, search, like, pictures, name, save: keep });
    emit("atlas-opened", points);
    names.show(points.regions[look.map]);
    recolour();
    if (look.q) await search(look.q);
    else if (look.i === null) await begin();
    if (look.i !== null && look.i < points.count) openPair(look.i, false);
    if (wanted) locate();
    element.dataset.ready = look.m;
  }

  /* What is there before anything is chosen: a code whose pairs agree. */
  async function begin() {
    if (!points.first) return;
    const own = points, found = await ask("search", { m: look.m, q: points.first });
    if (points !== own || found.error || !found.card) return;
    first = { rows: found.rows, words: found.text, card: found.card, first: true };
    if (!chosen && look.i === null) emit("atlas-chosen", first);
  }

  function close() {
    points = chosen = mine = first = null;
    view = fresh();
    thumbs.clear();
    unhover();
    names.show(undefined);
    cross.hidden = true;
    delete element.dataset.ready;
    at("count").textContent = at("found").textContent = at("wrong").textContent = "";
    at("none").hidden = true;
    $(".at-panel").classList.remove("at-none");
    $(".at-panel").setAttribute("aria-busy", "true");
  }

  /* A command in what the server says is set as one. */
  function fail(sentence) {
    const [, words, command] = /^(.*?)(python -m .*)?$/.exec(sentence);
    at("none").replaceChildren(words, ...(command ? [make("code", {}, command)] : []));
    at("none").hidden = false;
    $(".at-panel").classList.add("at-none");
    $(".at-panel").setAttribute("aria-busy", "false");
  }

  /* ---- drawing ---- */
  const { paint, place: layout } = painter(/** @type {HTMLCanvasElement} */ (canvas), {
    scene: () => points && colours && { points, map: points.maps[look.map], view, by: look.by, colours, chosen },
    paper: () => getComputedStyle(stage).backgroundColor,
    over(pen, scale, width, height, { strength, whole, milliseconds }) {
      names.place(points.maps[look.map].dims, view, width, height);
      stage.dataset.opacity = strength.toFixed(2);
      stage.dataset.milliseconds = milliseconds.toFixed(1);
      stage.dataset.whole = String(whole);
      stage.dataset.drawn = String(Number(stage.dataset.drawn || 0) + 1);
      if (look.i !== null) ring(pen, look.i, scale, width, height);
      if (lasso.length > 1) outline(pen, scale);
      ownPlace(width, height);
    },
  });

  const ink = () => getComputedStyle(element).getPropertyValue("--ink") || "#000";

  /* Where a point of the map lies, though it may not be drawn yet. */
  function spot(at, width, height) {
    const { dims } = points.maps[look.map], left = new Float32Array(1), top = new Float32Array(1);
    drawing.project({ dims, at }, view, width, height, left, top);
    return [left[0], top[0]];
  }

  function ring(pen, i, scale, width, height) {
    const { dims, at } = points.maps[look.map], [left, top] = spot(at.subarray(dims * i, dims * (i + 1)), width, height);
    for (const { width, colour } of [{ width: 5, colour: getComputedStyle(element).getPropertyValue("--panel") }, { width: 2, colour: ink() }]) {
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
    const [left, top] = spot(Float32Array.from(own, (value, n) => (value - middle[n]) / half), width, height);
    cross.style.transform = `translate(${left}px, ${top}px)`;
  }

  /* ---- colours and what is chosen ---- */
  function recolour() {
    colours = drawing.colouring(points, look.by);
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
    const mark = drawing.stamp(label, 5);
    mark.setAttribute("aria-hidden", "true");
    return make("button", { type: "button", "aria-pressed": "false", "data-kind": kind, title: pairs(count),
      onclick: (event) => {
        const pressed = event.currentTarget.getAttribute("aria-pressed") === "true";
        if (pressed) return choose(null);
        choose(Array.from(colours.kind.keys()).filter((i) => colours.kind[i] === kind), label.name);
        $(`[data-kind="${kind}"]`).setAttribute("aria-pressed", "true");
      } }, mark, label.name);
  }

  /* Rows that stand out while the rest is dimmed; null shows all. more: what else is known of them. */
  function choose(rows, words = "", more = {}) {
    for (const button of $$("[data-kind]")) button.setAttribute("aria-pressed", "false");
    chosen = rows && rows.length ? new Uint8Array(points.count) : null;
    if (chosen) for (const i of rows) chosen[i] = 1;
    $('[data-do="clear"]').hidden = !chosen;
    at("found").textContent = chosen ? MAP.chosen(words, rows.length) : "";
    if (!chosen) { look.q = at("query").value = ""; mine = null; }
    emit("atlas-chosen", chosen ? { rows, words, ...more } : first);
    paint();
    share();
  }

  function region(/** @type {import("./labels.js").Region} */ { cells, label, told }) {
    choose(members(points.maps[look.map], points.regions[look.map].middles, cells), MAP.region(label), { told });
  }

  function about() {
    const told = points.quality[look.map], base = points.quality.latents, chance = points.quality.chance;
    const made = points.maps[look.map].about;
    const how = made.method === "PCA" ? MAP.pca(made.variance.reduce((sum, each) => sum + each, 0))
      : MAP.umap(made.neighbours, made.metric, sampled(made));
    const label = look.by.startsWith("code") ? look.by.replace("code", "code_") : look.by === "direction" ? "direction" : "embodiment";
    const what = { embodiment: "embodiment", direction: "direction" }[label] || "code";
    at("about").textContent = (told ? MAP.quality(how, what, [told[label], base[label], chance[label]], told.trustworthiness) : how) +
      (store.moves() === "car" ? MAP.car : "");
  }

  /* Of a map that was fitted on some of its points: how far each kind is to be trusted. */
  const sampled = ({ fitted, trustworthiness: own }) => !own ? "" : MAP.sampled(fitted, own.fitted, own.placed);

  /* ---- the pair behind a point ---- */
  /* shown: whether it is scrolled to, which is what somebody asked for who opened it. */
  async function openPair(i, shown = true) {
    if (!points) return;
    look.i = i;
    mine = null;
    paint();
    emit("atlas-opening", i);
    const own = points, found = await ask("pair", { m: look.m, i });
    if (points === own && look.i === i) emit("atlas-pair", { ...found, shown });
    share();
  }

  // another model may have been chosen while something of this one was on its way
  const name = (i) => (!points || i >= points.count ? "" : `${points.embodiments[points.embodiment[i]]} ${written(Array.from(points.codes.subarray(i * points.positions, (i + 1) * points.positions)))}`);

  /* Small pictures of points, asked for together and kept. */
  async function pictures(rows) {
    const own = points, missing = rows.filter((i) => !thumbs.has(i)).slice(0, limits.atlasThumbnails);
    if (missing.length) {
      const found = (await gradio.server.thumbnails({ m: look.m, rows: missing })) || {};
      if (points !== own) return rows.map(() => null);
      (found.pictures || []).forEach((ends, n) => thumbs.set(missing[n], ends));
    }
    return rows.map((i) => thumbs.get(i) || null);
  }

  /* ---- search, and one's own frame ---- */
  async function search(text) {
    if (!points) return;
    at("wrong").textContent = "";
    at("pointer").hidden = true;
    const own = points, found = await ask("search", { m: look.m, q: text });
    if (points !== own) return;
    if (found.error) {
      at("wrong").textContent = found.error;
      at("pointer").hidden = !found.pointer;
      at("pointer").textContent = found.pointer || "";
      return at("query").focus();
    }
    look.q = at("query").value = found.text;
    if (found.note) { choose(null); at("found").textContent = found.note; return; }
    if (found.card) return choose(found.rows, found.text, { card: found.card });
    choose(found.rows, MAP.quoted(found.text), { told: MAP.where(Object.entries(found.where)) });
  }

  let wanted = false;

  /* Explore's frame on the map: its own point where it has one. */
  async function locate() {
    if (!points) { wanted = true; return; }
    wanted = false;
    const found = await placed();
    if (!found) return;
    if (found.row === null) return alike(found);
    await openPair(found.row);
    centre(found.row);
  }

  async function placed(/** @type {{ c: string | null, f: number }} */ { c, f } = store.state) {
    at("wrong").textContent = "";
    const own = points, found = await ask("place", { m: look.m, c, f });
    if (points !== own) return null;
    if (found.error) { at("wrong").textContent = found.error; return null; }
    return { ...found, c, f };
  }

  /* What is most like Explore's frame and its future. */
  async function likeMine() {
    const found = points && await placed();
    if (found) alike(found);
  }

  /* What is most like the middle of a video that was just sent. */
  async function likeOwn(clip) {
    const gap = Math.max(1, Math.round(store.page.model.gap * clip.fps));
    const found = await placed({ c: clip.id, f: Math.max(0, Math.floor((clip.frames - 1 - gap) / 2)) });
    if (found) alike(found);
  }

  function alike(found) {
    look.q = at("query").value = "";
    look.i = found.row;
    const clip = store.page.clips.find(({ id }) => id === found.c);
    near(found.nearest, MAP.like(clip && clip.uploaded ? MAP.own : found.c, found.f), (found.row === null ? MAP.placed : MAP.found)(found.text));
    mine = found.row === null ? found : null;
    paint();
  }

  /* What is most like a point. */
  async function like(i) {
    if (!points) return;
    const own = points, found = await ask("like", { m: look.m, i });
    if (points !== own) return;
    if (found.error) { at("wrong").textContent = found.error; return; }
    look.q = at("query").value = "";
    near(found.nearest, MAP.like(points.clips[points.clip[i]], points.index[i]), MAP.ringed(name(i)));
  }

  const near = (nearest, words, told) => choose(nearest.map(([i]) => i), words,
    { told: MAP.below(told, nearest.length), apart: nearest.map(([, apart]) => apart) });

  /* ---- files ---- */
  const keep = (rows, words, as) => save(gradio, { m: look.m, rows, words, as });

  function centre(i) {
    const { dims, at } = points.maps[look.map], own = at.subarray(dims * i, dims * (i + 1));
    view.pan = [0, 0];
    const [left, top] = spot(own, canvas.clientWidth, canvas.clientHeight);
    view.pan = [canvas.clientWidth / 2 - left, canvas.clientHeight / 2 - top];
    paint();
  }

  /* ---- the pointer ---- */
  let lasso = [], waiting = 0;
  const pointers = new Map();
  const place = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };

  // on the stage, as a drag may begin on a region's name
  stage.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { from: place(event), last: place(event), moved: false, on: names.of(around(event, ".at-label")) });
    if (drag !== "move" || event.shiftKey) lasso = [place(event)];
  });

  canvas.addEventListener("pointermove", (event) => {
    const here = place(event), own = pointers.get(event.pointerId);
    if (!own) return hover(here);
    const by = [here[0] - own.last[0], here[1] - own.last[1]];
    if (Math.hypot(here[0] - own.from[0], here[1] - own.from[1]) > NEAR) own.moved = true;
    if (pointers.size === 2) pinch(event.pointerId, here);
    else if (lasso.length && drag === "box") lasso = [own.from, [here[0], own.from[1]], here, [own.from[0], here[1]]];
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
      const rows = drawing.within(layout().x, layout().y, lasso);
      lasso = [];
      const line = drag === "box" ? MAP.lines.box : MAP.lines.lasso;
      if (rows.length) choose(rows, line);
      else { choose(null); at("found").textContent = MAP.empty(line); }
    } else if (!own.moved && own.on) region(own.on);
    else if (!own.moved) {
      const [left, top] = place(event);
      const i = under(left, top, REACH + (event.pointerType === "touch" ? 8 : 0));
      if (i >= 0) openPair(i);
    }
    lasso = [];
    paint();
  });
  canvas.addEventListener("pointercancel", (event) => { pointers.delete(event.pointerId); lasso = []; paint(); });
  canvas.addEventListener("pointerleave", unhover);
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY / 400), place(event)); }, { passive: false });

  function zoom(/** @type {number} */ ratio, /** @type {number[]} */ [left, top]) {
    const next = Math.min(60, Math.max(0.5, view.zoom * ratio)), by = next / view.zoom;
    const mx = canvas.clientWidth / 2, my = canvas.clientHeight / 2;
    view.pan = [left - mx - (left - mx - view.pan[0]) * by, top - my - (top - my - view.pan[1]) * by];
    view.zoom = next;
    paint();
  }

  function under(left, top, reach) {
    const { x, y } = layout();
    return drawing.under(x, y, left, top, reach, chosen);
  }

  function hover(/** @type {number[]} */ [left, top]) {
    if (!points) return;
    const i = under(left, top, REACH);
    canvas.style.cursor = i >= 0 ? "pointer" : drag === "move" ? "grab" : "crosshair";
    if (i === hovered) return;
    unhover();
    hovered = i;
    if (i >= 0) waiting = setTimeout(() => tell(i), WAIT_MS);
  }

  async function tell(i) {
    const [ends] = await pictures([i]);
    if (hovered !== i) return;
    const shown = (ends || []).map((src, n) => make("img", { src, alt: n ? MAP.later : MAP.now, width: 88, height: 88 }));
    tip.replaceChildren(make("div", {}, ...shown), make("p", {}, name(i)), make("p", {}, MAP.moves(drawing.WAYS[points.direction[i]])));
    tip.hidden = false;
    const { x, y } = layout(), left = Math.min(x[i] + 14, canvas.clientWidth - 200);
    const top = y[i] > canvas.clientHeight - 150 ? y[i] - 152 : y[i] + 14;
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
    const [left, top] = [canvas.clientWidth / 2, canvas.clientHeight / 2];
    if (by && points && points.maps[look.map].dims === 3) view.turn = [view.turn[0] - by[0] / 160, view.turn[1] - by[1] / 160];
    else if (by) view.pan = [view.pan[0] + by[0], view.pan[1] + by[1]];
    else if (event.key === "+" || event.key === "=") zoom(1.25, [left, top]);
    else if (event.key === "-") zoom(0.8, [left, top]);
    else if (event.key === "Escape") choose(null);
    else if (event.key === "Enter" && points) openPair(under(left, top, 1e6));
    else return;
    event.preventDefault();
    paint();
  });

  at("map").addEventListener("change", () => { if (!points) return; look.map = at("map").value; view = fresh(); names.show(points.regions[look.map]); about(); paint(); share(); });
  at("by").addEventListener("change", () => { if (!points) return; look.by = at("by").value; recolour(); });
  $(".at-search").addEventListener("submit", (event) => { event.preventDefault(); if (points) search(at("query").value); });
  $('[data-do="whole"]').addEventListener("click", () => { view = fresh(); paint(); });
  $('[data-do="clear"]').addEventListener("click", () => choose(null));
  $('[data-do="mine"]').addEventListener("click", likeMine);
  ownVideo($(".at-panel"), { gradio, ask, ready: () => Boolean(points), say: (sentence) => (at("wrong").textContent = sentence), place: likeOwn });
  $('[data-do="names"]').addEventListener("click", (event) => {
    const off = $(".at-labels").classList.toggle("at-off");
    event.currentTarget.setAttribute("aria-pressed", String(!off));
  });
  const drags = $$("[data-drag]");
  for (const button of drags) {
    button.addEventListener("click", () => {
      drag = button.dataset.drag;
      markChosen(drags, (each) => each === button);
    });
    button.addEventListener("keydown", (event) => pressNext(event, drags));
  }
  new ResizeObserver(() => paint()).observe(stage);
  new MutationObserver(() => paint(true)).observe(document.body, { attributeFilter: ["class"] });

  /* ---- the link ---- */
  let link = "", sharing = 0;

  function share() {
    clearTimeout(sharing);
    sharing = setTimeout(async () => {
      const found = await ask("link", { ...look });
      link = found.link || "";
      store.link();
    }, 120);
  }

  store.writesLink("atlas", () => link);
  // an atlas that was not there may have been made meanwhile
  on("tab", (tab) => { if (tab === "atlas") { if (opening && !points && !at("none").hidden) opening = ""; open(); paint(); } });
  on("state", open);
  on("atlas-find", locate);
  open();
}
