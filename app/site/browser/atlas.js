// @ts-check
/* What the tab Atlas is answered without a server: all points and their latents were written at
 * export (app/site/atlas.py); searches, likeness and cards are computed here, as service.py does. */
import * as clips from "./clips.js";
import { about, network } from "./engine.js";
import { moment, still } from "./explore.js";
import { json } from "./files.js";
import * as found from "./points.js";
import { address, bitmap, cut } from "./pictures.js";
import { unpack } from "../../tabs/atlas/points.js";

const TILES = 32, SHOWN = 4, ALIKE = 24;
const MAPS = ["umap2", "umap3", "pca2", "pca3"], COLOURS = ["direction", "embodiment", "size", "task"];
const NONE = "This copy of the page has no atlas of";
/** @type {Map<string, Promise<any>>} */
const books = new Map();
/** @type {Map<string, Promise<ImageBitmap>>} */
const sheets = new Map();

const base = (/** @type {string} */ m) => `data/atlas/${m}/`;
const four = (/** @type {number} */ value) => Math.round(10000 * value) / 10000;

/* ---- what was written ---- */
/** Every point of a model, with what only searches need. */
function book(/** @type {string} */ m) {
  if (!books.has(m)) books.set(m, read(m).catch((error) => { books.delete(m); throw error; }));
  return books.get(m);
}

async function read(m) {
  if (!(await about(m)).atlas) throw new Error(`${NONE} ${m}.`);
  const [table, more] = await Promise.all([json(`${base(m)}table.json`), json(`${base(m)}more.json`)]);
  return { ...unpack(table), ...found.columns(more) };
}

/** Latents of all points, float32 (count x width). */
async function latents(m) {
  const { width } = await book(m), answer = await fetch(new URL(`${base(m)}latents.bin`, document.baseURI)).catch(() => null);
  if (!answer || !answer.ok) throw new Error(`${base(m)}latents.bin is missing in this copy of the site; export it anew.`);
  return { width, data: new Float32Array(await answer.arrayBuffer()) };
}

async function tile(m, number) {
  const sheet = Math.floor(number / TILES ** 2), place = number % TILES ** 2;
  const name = `${base(m)}thumbnails-${String(sheet).padStart(2, "0")}.webp`;
  if (!sheets.has(name)) sheets.set(name, bitmap(name).catch((error) => { sheets.delete(name); throw error; }));
  const image = await sheets.get(name), side = image.width / TILES;
  return cut(image, (place % TILES) * side, Math.floor(place / TILES) * side, side);
}

/* ---- pairs ---- */
async function row(m, i) {
  const own = await book(m);
  if (!Number.isInteger(i) || i < 0 || i >= own.count) throw new Error(`There is no point ${String(i).slice(0, 20)}; the atlas has 0 to ${own.count - 1}.`);
  return own;
}

async function pair({ m, i }) {
  const own = await row(m, i), codes = found.codesOf(own, i), id = own.clips[own.clip[i]], f = own.index[i], net = await network(m);
  const whole = Boolean(own.shipped[i]);
  let frame, future, scene;
  if (whole) {
    const here = await moment(m, id, f);
    scene = here.scene;
    frame = clips.file(here.clip, f);
    future = clips.file(here.clip, f + own.gap[i]);
  } else {
    const [now, later] = await Promise.all([tile(m, own.first[i]), tile(m, own.second[i])]);
    scene = await net.prepare(now);
    frame = address(now);
    future = address(later);
  }
  return {
    i, c: id, f, embodiment: own.embodiments[own.embodiment[i]], task: own.tasks[own.task[i]], instruction: own.instructions[own.instruction[i]],
    split: own.held[i] ? "holdout" : "train", codes, text: found.text(codes), frame, future, decoded: address(await net.decode(scene, codes)),
    aspect: four(own.aspect[i]), whole, neighbours: found.elsewhere(own, await latents(m), i),
  };
}

/** A pattern's card: what its pairs have in common, and what the network makes of it. */
async function card(m, pattern, rows) {
  const own = await book(m), effects = found.effects(own, rows);
  return {
    text: found.text(pattern), pairs: rows.length, agreement: found.effect("", own, rows).agreement, effects,
    examples: found.examples(own, rows), shown: await shown(m, pattern, effects),
  };
}

async function shown(m, pattern, effects) {
  const { clips: all } = await clips.catalogue(), net = await network(m), done = [];
  const list = [...all].sort((a, b) => a.place - b.place);
  for (const { embodiment } of [...effects].sort((a, b) => b.pairs - a.pairs).slice(0, SHOWN)) {
    const clip = list.find((each) => each.embodiment === embodiment);
    if (!clip) continue;
    const here = await moment(m, clip.id, Math.floor(clip.frames / 3)), rest = await still(m, here);
    const image = await net.decode(here.scene, pattern.map((code, p) => (code === null ? rest[p] : code)));
    done.push({ embodiment, frame: clips.file(clip, here.index), imagined: address(image) });
  }
  return done;
}

async function search({ m, q }) {
  const own = await book(m), text = String(q);
  if (!found.isPattern(text)) return found.words(own, text);
  const pattern = found.pattern(text, (await about(m)).record), rows = found.matching(own, pattern), written = found.text(pattern);
  if (!rows.length) return { text: written, rows, note: `No pair of the atlas has ${written}.` };
  return { text: written, rows, card: await card(m, pattern, rows) };
}

/* Explore's frame: its own point, the nearest of its clip; others would need a second look at the
 * quantizer's latents, which is left to the app. */
async function place({ m, c, f }) {
  const own = await book(m), clip = own.clips.indexOf(c);
  const rows = clip < 0 ? [] : [...own.clip.keys()].filter((i) => own.clip[i] === clip);
  if (!rows.length) throw new Error(`The clip ${c.slice(0, 60)} has no point in the atlas; a frame that is none is placed by the app alone.`);
  const nearest = rows.reduce((one, other) => (Math.abs(own.index[other] - f) < Math.abs(own.index[one] - f) ? other : one));
  const codes = found.codesOf(own, nearest);
  return { kind: "placed", row: nearest, text: found.text(codes), codes, places: {}, nearest: found.alike(own, await latents(m), nearest, ALIKE) };
}

/* ---- links ---- */
async function open({ query: text }) {
  const { models } = await clips.catalogue(), query = new URLSearchParams(text.slice(0, 4000)), notes = [];
  const known = (asked, all, name) => {
    if (!asked || all.includes(asked)) return asked || all[0];
    notes.push(`There is no ${name} ${asked.slice(0, 60)}; ${all[0]} is shown.`);
    return all[0];
  };
  const asked = query.get("m") || models[0].name, model = models.find(({ name }) => name === asked) || models[0];
  if (model.name !== asked) notes.push(`There is no checkpoint named ${asked.slice(0, 60)}; ${model.name} is used.`);
  const map = known(query.get("map"), MAPS, "map"), i = query.get("i") || "", q = query.get("q") || "";
  const by = known(query.get("by"), [...COLOURS, ...Array.from({ length: model.positions }, (_, p) => `code${p}`)], "colouring");
  const look = { m: model.name, map, by, i: /^\d{1,8}$/.test(i) ? Number(i) : null, q: (found.isPattern(q) ? q.replaceAll(".", ",") : q).slice(0, 60) };
  return { kind: "opened", look, notes };
}

function link({ m, map, by, i, q }) {
  const query = new URLSearchParams({ tab: "atlas", v: "1", m, map, by });
  if (i !== null && i !== undefined) query.set("i", String(i));
  if (q) query.set("q", found.isPattern(q) ? q.replace(/^[[\]() ]+|[[\]() ]+$/g, "").replaceAll(",", ".").replaceAll(" ", "") : q);
  return { link: query.toString().replaceAll("%2A", "*") };
}

export const desk = {
  atlas: {
    open, pair, search, place, link,
    like: async ({ m, i }) => ({ nearest: found.alike(await row(m, i), await latents(m), i, ALIKE) }),
    async table({ m }) {
      await book(m);
      return json(`${base(m)}table.json`);
    },
    /* They are small, and the map keeps their addresses. */
    async thumbnails({ m, rows }) {
      const own = await book(m);
      return { pictures: await Promise.all(rows.map(async (i) => [address(await tile(m, own.first[i]), true), address(await tile(m, own.second[i]), true)])) };
    },
    async export({ m, rows, words, as }) {
      if (as === "webp") throw new Error("A contact sheet is drawn by the app; this copy of the page saves CSV and JSON.");
      const data = as === "csv" ? found.asCsv(await book(m), rows) : found.asJson(await book(m), m, rows, words);
      const bytes = new TextEncoder().encode(data);
      return { name: `atlas-${m}-${rows.length}-pairs.${as}`, type: as === "csv" ? "text/csv" : "application/json", data: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) };
    },
  },
};
