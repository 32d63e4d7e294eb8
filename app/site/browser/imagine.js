// @ts-check
/* What the tab Imagine is answered without a server (app/tabs/imagine/events.py, service.py). */
import * as clips from "./clips.js";
import { movingEnergy, psnr, robotError, sharpness } from "./compare.js";
import { checked, Dream, MOST, told } from "./dream.js";
import { network } from "./engine.js";
import { address } from "./pictures.js";
import * as sequences from "./sequences.js";

const RATES = [1, 30], HORIZONS = [1, 512];
// steps of the longest replay of a clip
const LONGEST = 64;
// pictures that travel together while a tree is built again
const TOGETHER = 6;
const FORMAT = "lapa-dream", VERSION = 1;
const FILMS = { mp4: "An MP4", gif: "A GIF" };
const ENDS = {
  horizon: "It stopped at its horizon.",
  full: "This dream holds as many moments as are kept; reset it to go on.",
};
/** @type {any} */
let dream = null;
let replayed = { clip: "", steps: [] };

const within = (/** @type {number} */ value, /** @type {number[]} */ [low, high]) => Math.min(Math.max(value, low), high);
const two = (/** @type {number} */ value) => Math.round(100 * value) / 100;
const shape = () => ({ name: dream.model.record.name, positions: dream.model.record.positions, values: dream.model.record.values });

function here() {
  if (!dream) throw new Error("There is no dream yet; reset it to begin.");
  return dream;
}

/* The dream, with nothing playing in it any more. */
function still() {
  here().turn += 1;
  return dream;
}

/* ---- at once ---- */
async function begin({ m, c, f }) {
  const other = await Dream.begin(m, c, f);
  if (dream) dream.close();
  dream = other;
  replayed = { clip: "", steps: [] };
  return begun();
}

function begun() {
  const { model, clip, index } = dream, { record } = model;
  return {
    kind: "begun", start: { m: record.name, c: clip.id, f: index }, positions: record.positions, values: record.values, gap: record.gap,
    embodiment: clip.embodiment, aspect: clip.aspect, keys: model.keys[clip.embodiment], names: model.names[clip.embodiment],
    longest: longest(0), most: MOST, steps: [told(dream.steps[0])], here: 0,
  };
}

const grown = (step) => ({ kind: "grown", steps: [told(step)], here: step.n });

async function every({ n, a, p }) {
  still().room(shape().values);
  const steps = [];
  for (let code = 0; code < shape().values; code++) {
    steps.push(await dream.sprout(n, checked(a.map((old, at) => (at === p ? code : old)), shape())));
  }
  return { kind: "grown", steps: steps.map(told) };
}

/* A line of text is a future. */
async function futures({ n, text }) {
  const rows = [], lines = text.split("\n");
  let read = 0;
  for (const line of lines) {
    if (line.trim()) rows.push(atPlace(read, text, line));
    read += line.length + 1;
  }
  if (!rows.length) throw new Error("Write at least one sequence; every line becomes a future.");
  still().room(rows.reduce((sum, row) => sum + row.length, 0));
  const steps = new Map(), ends = [];
  for (const row of rows) {
    let at = dream.step(n);
    for (const codes of row) {
      at = await dream.sprout(at.n, codes);
      steps.set(at.n, at);
    }
    ends.push(at.n);
  }
  return { kind: "grown", steps: [...steps.values()].map(told), ends };
}

/* What is wrong in a line, with its place in the whole text. */
function atPlace(/** @type {number} */ before, /** @type {string} */ text, /** @type {string} */ line) {
  try {
    return sequences.parse(line, shape());
  } catch (error) {
    if (error instanceof sequences.Unread) error.position += [...text.slice(0, before)].length;
    throw error;
  }
}

function repeat({ text, times = 1 }) {
  const actions = sequences.parse(text, (here(), shape()));
  if (!(times >= 1 && times <= 64) || actions.length * times > 4096) throw new Error("Repeated so often, the sequence is longer than 4096 steps.");
  const all = Array.from({ length: times }, () => actions).flat();
  return { kind: "written", text: sequences.text(all), count: all.length };
}

function shuffle({ text }) {
  const mixed = sequences.parse(text, (here(), shape()));
  for (let n = mixed.length - 1; n > 0; n--) {
    const other = Math.floor(Math.random() * (n + 1));
    [mixed[n], mixed[other]] = [mixed[other], mixed[n]];
  }
  return { kind: "written", text: sequences.text(mixed), count: mixed.length };
}

/* ---- files ---- */
async function digest() {
  // a page without https has no digest of the browser's own
  const { sha256 } = await import(new URL("runtime/checksum.js", document.baseURI).href), all = [];
  for (const step of here().steps) all.push((await dream.picture(step)).data);
  return (await sha256(await new Blob(all).arrayBuffer())).slice(0, 16);
}

async function keep({ what, of, pins }) {
  const name = `${of === "replay" ? "replay" : "dream"}-${here().clip.id}`;
  if (FILMS[what]) throw new Error(`${FILMS[what]} needs the app on a computer; this copy of the page keeps a PNG strip and JSON.`);
  if (what === "json") {
    const { steps, clip, index, model } = dream, line = dream.line();
    const record = {
      format: FORMAT, version: VERSION, model: { name: model.record.name, weights: model.weights }, clip: clip.id, frame: index,
      embodiment: clip.embodiment, sequence: sequences.text(line.slice(1).map(({ codes }) => codes)),
      moves: steps.slice(1).map(({ parent, codes }) => [parent, codes]), here: dream.here, pins: pins.filter((pin) => steps[pin]),
      frames: await digest(), versions: { site: "browser" },
    };
    return { kind: "file", name: `${name}.json`, url: await dataUrl(new Blob([JSON.stringify(record, null, 1)], { type: "application/json" })) };
  }
  return { kind: "file", name: `${name}.png`, url: await dataUrl(await strip(of)) };
}

/* All frames as one picture, those of a replay above the true ones. */
async function strip(of) {
  const rows = of === "replay" ? [replayed.steps.map(({ imagined }) => imagined), replayed.steps.map(({ real }) => real)] : [await Promise.all(dream.line().map((step) => dream.picture(step)))];
  if (!rows[0].length) throw new Error("There is no replay to keep yet; replay a clip first.");
  const { side } = rows[0][0], wide = Math.round(side * dream.clip.aspect), gap = 4;
  const sheet = new OffscreenCanvas(rows[0].length * (wide + gap) - gap, rows.length * (side + gap) - gap), pen = /** @type {any} */ (sheet.getContext("2d"));
  for (const [y, row] of rows.entries()) {
    for (const [x, { data }] of row.entries()) pen.drawImage(await createImageBitmap(new ImageData(data, side, side)), x * (wide + gap), y * (side + gap), wide, side);
  }
  return sheet.convertToBlob({ type: "image/png" });
}

const dataUrl = (/** @type {Blob} */ blob) => new Promise((resolve) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.readAsDataURL(blob);
});

/* ---- for a while ---- */
const pause = (/** @type {number} */ milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function* play({ a, rate, horizon }) {
  const own = still(), { turn } = own, last = within(horizon, HORIZONS);
  own.pressed = { codes: checked(a, shape()), rate: within(rate, RATES) };
  let due = performance.now();
  while (own.turn === turn) {
    const at = own.step(own.here), full = own.steps.length >= MOST && !own.child(own.here, own.pressed.codes);
    const why = at.step >= last ? "horizon" : full ? "full" : "";
    if (why) return yield { kind: "over", why: ENDS[why] };
    yield grown(await own.advance(own.pressed.codes));
    // a slow step is not made up for by a burst of quick ones
    due = Math.max(due + 1000 / own.pressed.rate, performance.now());
    await pause(due - performance.now());
  }
}

async function* run({ text }) {
  const actions = sequences.parse(text, (here(), shape())), own = still(), { turn } = own;
  own.room(actions.length);
  yield { kind: "many", total: actions.length };
  for (const codes of actions) {
    if (own.turn !== turn) return;
    yield grown(await own.advance(codes));
  }
}

async function* grow(moves, at, pins, note) {
  const own = still(), { turn } = own;
  own.room(moves.length);
  for (const [, codes] of moves) checked(codes, shape());
  yield { kind: "many", total: moves.length };
  let steps = [];
  for (const [parent, codes] of moves) {
    if (own.turn !== turn) return;
    steps.push(told(await own.sprout(parent, codes)));
    if (steps.length < TOGETHER) continue;
    yield { kind: "grown", steps };
    steps = [];
  }
  yield { kind: "grown", steps };
  own.go(Math.min(at, own.steps.length - 1));
  yield { kind: "here", here: own.here, pins, note };
}

/* A dream as a link describes it. */
async function* rebuild(event) {
  yield await begin(event);
  yield* grow(sequences.tree(event.tree), event.here, event.pins || [], "");
}

/* A dream as a JSON file describes it. */
async function* recall({ text }) {
  const kept = read(text);
  const start = await begin({ m: kept.model.name, c: kept.clip, f: kept.frame });
  yield start;
  const note = kept.model.weights === dream.model.weights ? "" : "It was made with other weights of this model, so frames may differ.";
  yield* grow(kept.moves, kept.here, kept.pins.slice(0, 2), note);
  const same = kept.frames === await digest();
  yield { kind: "note", note: same ? "The same frames as when it was kept, to the last bit."
    : `${note} The frames are not the same as when it was kept, or were made by the app, which counts them in another way.`.trim() };
}

function read(/** @type {string} */ text) {
  let record;
  try {
    record = JSON.parse(text);
  } catch {
    throw new Error("The file is no JSON; choose one that this page has kept.");
  }
  if (!record || record.format !== FORMAT) throw new Error("The file is JSON, but no dream of this page.");
  if (record.version !== VERSION) throw new Error("The file was written by another version of this page.");
  const { moves, pins, here: at, frame, clip, model } = record, whole = Number.isInteger;
  const sound = Array.isArray(moves) && moves.every((move, n) => Array.isArray(move) && whole(move[0]) && move[0] >= 0 && move[0] <= n && Array.isArray(move[1]) && move[1].every(whole)) &&
    Array.isArray(pins) && pins.every(whole) && whole(at) && whole(frame) && model && typeof model.name === "string";
  if (!sound) throw new Error("The file is damaged; choose one that this page has kept.");
  if (clip === null) throw new Error("The file begins with a picture of somebody's own; open it in the app.");
  return record;
}

/* ---- replays ---- */
function longest(/** @type {number} */ index) {
  const { clip, model } = here();
  return Math.max(0, Math.min(Math.floor((clip.frames - 1 - index) / clips.gapIn(model.record.gap, clip.fps)), LONGEST));
}

async function* replay({ f, every: asked }) {
  const own = still(), { turn, clip, model } = own, steps = longest(f), gap = clips.gapIn(model.record.gap, clip.fps);
  yield { kind: "replay", longest: steps, f };
  if (steps < 1) throw new Error(`The clip ends less than ${model.record.gap} s after this frame, so there is nothing to replay; choose an earlier frame.`);
  const net = await network(model.record.name), { codes: along } = await clips.episode(model.record.name, clip.id);
  const done = [];
  let held = null, imagined = null, before = await clips.frame(clip, f);
  for (let n = 0; n < steps; n++) {
    if (own.turn !== turn) return;
    const real = await clips.frame(clip, f + (n + 1) * gap), codes = along[f + n * gap], anchored = asked < steps ? n % asked === 0 : n === 0;
    if (anchored) imagined = held = before;
    imagined = await net.decode(await net.prepare(imagined), codes);
    const step = {
      step: n + 1, codes, anchored, psnr: two(psnr(robotError(imagined, real, held, before))), copy: two(psnr(robotError(held, real, held, before))),
      sharp: Math.round(1000 * sharpness(movingEnergy(imagined, real, held, before))) / 1000,
    };
    done.push({ ...step, imagined, real });
    before = real;
    yield { kind: "replayed", ...step, imagined: address(imagined), true: clips.file(clip, f + (n + 1) * gap) };
  }
  replayed = { clip: clip.id, steps: done };
  yield { kind: "judged", sentence: judged(done, asked >= steps ? null : asked) };
}

/** How long a replay stayed closer to the truth than copy-frame (records.py, replay_sentence). */
export function judged(steps, every) {
  const count = steps.length, behind = steps.findIndex(({ psnr: own, copy }) => own <= copy), trusted = behind < 0 ? count : behind;
  const how = every === 1 ? "every step from the true frame" : every === null || every >= count ? "fed its own pictures" : `anchored to the truth every ${every} steps`;
  const gain = steps.reduce((sum, { psnr: own, copy }) => sum + own - copy, 0) / count;
  const closer = `${Math.abs(gain).toFixed(1)} dB ${gain > 0 ? "closer to" : "further from"} the truth`;
  if (trusted >= count) return `Imagined ${how}, all ${count} steps beat copy-frame; on average ${closer}.`;
  return `Imagined ${how}, it beats copy-frame up to step ${trusted} of ${count}; from step ${trusted + 1} on the picture should not be trusted. On average it is ${closer}.`;
}

/* ---- the desk ---- */
const ASKED = {
  begin,
  step: async ({ a }) => grown(await still().advance(checked(a, shape()))),
  go: ({ n }) => ({ kind: "here", here: still().go(n).n }),
  every, futures, read: repeat, shuffle, keep,
};
const PLAYING = { play, run, rebuild, recall };

/* What is told of an error; a sequence that cannot be read is pointed into. */
function failed(op, error) {
  if (error instanceof sequences.Unread) return { op, kind: "problem", error: error.message, position: error.position, pointer: error.pointer };
  if (error && error.constructor === Error) return { op, kind: "error", error: error.message };
  console.error(error);
  return { op, kind: "error", error: "Something went wrong in this page. Reset the dream to go on." };
}

/* Records of something that goes on for a while, and a last one. */
async function* streamed(op, records) {
  let why = "";
  try {
    for await (const record of records) {
      why = record.why || "";
      yield { op, ...record };
    }
  } catch (error) {
    yield failed(op, error);
  }
  yield { kind: "ended", op, why };
}

export const desk = {
  dream: {
    async asked(event) {
      try {
        return await ASKED[event.op](event);
      } catch (error) {
        return failed(event.op, error);
      }
    },
    playing: (event) => streamed(event.op, PLAYING[event.op](event)),
    replaying: (event) => streamed("replay", replay(event)),
    acting(event) {
      if (!dream) return;
      if (event.op === "halt") dream.turn += 1;
      else dream.pressed = { codes: event.a, rate: within(event.rate, RATES) };
    },
  },
};
