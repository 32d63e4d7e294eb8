// @ts-check
/* The worker behind model.js: fetches the runtime and the graphs, checks them, and runs them. */
import { apart, compose, resize, toPlanes, toRgb } from "./pixels.js";
import { openSessions } from "./sessions.js";

/** @typedef {import("./pixels.js").Picture} Picture */
/** @typedef {import("./sessions.js").Sessions} Sessions */
/**
 * A frame as model.js tells of it: known by its number, or with its pixels.
 * @typedef {{ id: number, size?: number, data?: Uint8ClampedArray, width?: number, height?: number }} Sent
 * @typedef {{ picture: Picture, scene: Record<string, any> }} Prepared
 */

// some hundred kilobytes each; a page shows one or two, and looks back at a few
const KEPT = 24;

/** @type {Sessions} */
let model;
/** @type {Map<number, Prepared>} the one used last is at the end */
const kept = new Map();

/** x_t through the graph that no code changes. */
async function prepare(/** @type {Sent} */ { id, size, data, width, height }) {
  const rgb = toRgb(data), own = model.description.image_size;
  const seen = toPlanes(resize(rgb, width, height, own));
  const scene = await model.run("prepare", { frame: model.tensor(seen, [1, 3, own, own]) });
  const prepared = { picture: { size, rgb: resize(rgb, width, height, size) }, scene };
  keep(id, prepared);
  return prepared;
}

function keep(/** @type {number} */ id, /** @type {Prepared} */ prepared) {
  kept.delete(id);
  kept.set(id, prepared);
  for (const old of kept.keys()) if (kept.size > KEPT) kept.delete(old);
}

/** The frames that a question is about; null if one of them is unknown here. */
async function known(/** @type {Sent[]} */ frames) {
  const found = [];
  for (const frame of frames) {
    const old = kept.get(frame.id);
    if (!old && !frame.data) return null;
    if (old) keep(frame.id, old);
    found.push(old ?? (await prepare(frame)));
  }
  return found;
}

/** @returns {Promise<Uint8ClampedArray<ArrayBuffer>>} */
async function decode(/** @type {Prepared} */ { picture, scene }, /** @type {number[]} */ codes) {
  const words = { ...scene, codes: model.tensor(Int32Array.from(codes), [1, codes.length]) };
  const made = await model.run("decode", words);
  const fields = Object.fromEntries(Object.entries(made).map(([name, { data }]) => [name, data]));
  return compose(model.description.head, picture, fields);
}

const bitmap = (/** @type {Uint8ClampedArray<ArrayBuffer>} */ rgba, /** @type {number} */ size) =>
  createImageBitmap(new ImageData(rgba, size, size));

/* What is answered: what was made, and what of it moves to the page rather than being copied. */
const answers = {
  prepare: async () => ({ made: null, moves: [] }),

  async decode([frame], { codes }) {
    const picture = await bitmap(await decode(frame, codes), frame.picture.size);
    return { made: picture, moves: [picture] };
  },

  async decodePixels([frame], { codes }) {
    const rgba = await decode(frame, codes);
    return { made: rgba, moves: [rgba.buffer] };
  },

  async decodeAll([frame], { rows }) {
    const pictures = [];
    for (const codes of rows) pictures.push(await bitmap(await decode(frame, codes), frame.picture.size));
    return { made: pictures, moves: pictures };
  },

  async encode([frame, future]) {
    const pair = {};
    for (const [name, { scene }] of [["t", frame], ["next", future]]) {
      for (const [part, tensor] of Object.entries(scene)) pair[`${part}_${name}`] = tensor;
    }
    const { codes, latent } = await model.run("encode", pair);
    return { made: { codes: Array.from(codes.data), latent: Float32Array.from(latent.data) }, moves: [] };
  },

  async step([frame], { codes, next }) {
    const { size } = frame.picture, rgba = await decode(frame, codes);
    const picture = await bitmap(rgba, size);
    await prepare({ id: next, size, data: rgba, width: size, height: size });
    return { made: { picture, rgba }, moves: [picture, rgba.buffer] };
  },
};

/** One press on WASM and on WebGPU: how many grey levels apart they are. */
async function compared(/** @type {Sessions} */ one, /** @type {Sessions} */ other) {
  const { image_size: size, code_length: length, codebook_size: values } = one.description;
  // any picture with edges in it
  const data = Uint8ClampedArray.from({ length: 4 * size * size }, (_, i) => (i % 4 === 3 ? 255 : (i * 2654435761) >>> (i % 3 ? 24 : 25)));
  const made = [];
  for (const sessions of [one, other]) {
    model = sessions;
    const frame = await prepare({ id: 0, size, data, width: size, height: size });
    made.push(await decode(frame, Array(length).fill(values - 1)));
  }
  kept.clear();
  return apart(made[0], made[1]);
}

async function open(words) {
  const opened = await openSessions(words, { compared, onProgress: (progress) => postMessage({ progress }) });
  model = opened;
  const { name, image_size, code_length, codebook_size, gap_seconds, embodiments } = model.description;
  return {
    name, imageSize: image_size, codeLength: code_length, codebookSize: codebook_size, gapSeconds: gap_seconds,
    embodiments, backend: model.backend, threads: model.threads, note: model.note,
  };
}

async function answer({ id, what, words }) {
  try {
    if (what === "open") return postMessage({ id, answer: await open(words) });
    const frames = await known(words.frames);
    if (!frames) return postMessage({ id, answer: { unknown: true } });
    const { made, moves } = await answers[what](frames, words);
    postMessage({ id, answer: { made } }, { transfer: moves });
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : `The model failed: ${error}` });
  }
}

// one after the other: a session runs one question at a time
let last = Promise.resolve();
addEventListener("message", ({ data }) => {
  last = last.then(() => answer(data));
});
