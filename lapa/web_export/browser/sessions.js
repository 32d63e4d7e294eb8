// @ts-check
/* The three graphs of a model in onnxruntime-web: fetched, checked, and ready to run on WASM or,
 * where it gives the same pictures, on WebGPU. Pictures need two of them; the encoder is fetched when
 * it is first asked. Runs in the worker. */
import { sha256 } from "./checksum.js";

/**
 * @typedef {{ file: string, bytes: number, sha256: string }} FileRecord
 * @typedef {FileRecord & { inputs: string[], outputs: string[] }} Graph
 * @typedef {"prepare" | "decode" | "encode"} GraphName
 * @typedef {{ name: string, image_size: number, code_length: number, codebook_size: number, gap_seconds: number,
 *   embodiments: string[], head: import("./pixels.js").Head, graphs: Record<GraphName, Graph> }} Description
 *   model.json
 * @typedef {{ script: string, glue: string, binary: FileRecord }} Build of the runtime
 * @typedef {{ address: string, preferGpu?: boolean, threads?: number }} Words
 * @typedef {{ compared: (one: Sessions, other: Sessions) => Promise<number>, onProgress: (progress: object) => void }} Callbacks
 */

const GRAPHS = /** @type {const} */ (["prepare", "decode", "encode"]);
const PICTURES = /** @type {const} */ (["prepare", "decode"]);
// where the runtime lies, as `make web` leaves it and an exported site has it
const RUNTIME = new URL("./runtime/", import.meta.url);
const MOST_THREADS = 4;
// grey levels that WebGPU's picture may be away from WASM's
const SAME = 2;
const AGAIN = "copy all of the site's files again";

export class Sessions {
  /**
   * @param {any} ort
   * @param {Description} description
   * @param {(name: GraphName) => Promise<ArrayBuffer>} graph its bytes
   * @param {"wasm" | "webgpu"} backend
   */
  constructor(ort, description, graph, backend) {
    this.ort = ort;
    this.description = description;
    this.graph = graph;
    /** @type {Record<string, any>} */
    this.sessions = {};
    this.backend = backend;
    this.threads = ort.env.wasm.numThreads;
    this.note = "";
  }

  /**
   * @param {Float32Array | Int32Array} data
   * @param {number[]} shape
   */
  tensor(data, shape) {
    return new this.ort.Tensor(data instanceof Int32Array ? "int32" : "float32", data, shape);
  }

  /**
   * @param {GraphName} name
   * @param {Record<string, any>} tensors what the graph does not read of them is left out
   * @returns {Promise<Record<string, any>>}
   */
  async run(name, tensors) {
    const feeds = {};
    for (const input of this.description.graphs[name].inputs) feeds[input] = tensors[input];
    await this.open(name);
    return this.sessions[name].run(feeds);
  }

  async open(/** @type {GraphName} */ name) {
    if (this.sessions[name]) return;
    const data = new Uint8Array(await this.graph(name));
    const options = { executionProviders: [this.backend], graphOptimizationLevel: "all", logSeverityLevel: 3 };
    try {
      this.sessions[name] = await this.ort.InferenceSession.create(data, options);
    } catch (error) {
      throw new Error(`The runtime cannot read ${this.description.graphs[name].file} (${messageOf(error)}); export the site again.`);
    }
  }

  async release() {
    for (const session of Object.values(this.sessions)) await session.release();
  }
}

/**
 * @param {Words} words
 * @param {Callbacks} callbacks
 * @returns {Promise<Sessions>}
 */
export async function openSessions({ address, preferGpu = false, threads }, { compared, onProgress }) {
  const description = await describe(address);
  const gpu = preferGpu && (await hasGpu());
  const build = (await builds())[gpu ? "webgpu" : "wasm"];
  const files = PICTURES.map((name) => description.graphs[name]);
  const progress = counted([build.binary, ...files], onProgress);
  const [binary, ...graphs] = await Promise.all([
    fetchFile(new URL(build.binary.file, RUNTIME), build.binary, progress).then(unpacked),
    ...files.map((file) => fetchFile(new URL(file.file, address), file, progress)),
  ]);
  const ort = await runtime(build, binary, threads);
  const kept = new Map(PICTURES.map((name, i) => [/** @type {GraphName} */ (name), graphs[i]]));
  const graph = async (/** @type {GraphName} */ name) => {
    const file = description.graphs[name];
    return kept.get(name) ?? fetchFile(new URL(file.file, address), file, () => {});
  };
  const wasm = await started(ort, description, graph, "wasm");
  if (preferGpu && !gpu) wasm.note = "This browser offers no WebGPU, so the model runs on WASM.";
  const chosen = gpu ? await preferred(wasm, compared) : wasm;
  kept.clear();
  return chosen;
}

/* WebGPU if it gives the same picture, else WASM with a note. */
async function preferred(/** @type {Sessions} */ wasm, /** @type {Callbacks["compared"]} */ compared) {
  /** @type {Sessions | undefined} */
  let other;
  try {
    other = await started(wasm.ort, wasm.description, wasm.graph, "webgpu");
    const levels = await compared(wasm, other);
    if (levels <= SAME) {
      await wasm.release();
      return other;
    }
    wasm.note = `WebGPU's picture is ${levels} grey levels away from WASM's here, so the model runs on WASM.`;
  } catch (error) {
    wasm.note = `WebGPU failed here (${messageOf(error)}), so the model runs on WASM.`;
  }
  await other?.release();
  return wasm;
}

async function hasGpu() {
  try {
    return Boolean(await /** @type {any} */ (navigator).gpu?.requestAdapter());
  } catch {
    return false;
  }
}

/** @returns {Promise<Description>} */
async function describe(/** @type {string} */ address) {
  const name = nameOf(address);
  const description = await readJson(address, name);
  const whole = GRAPHS.every((graph) => {
    const { file, sha256, inputs } = description?.graphs?.[graph] ?? {};
    return typeof file === "string" && typeof sha256 === "string" && Array.isArray(inputs);
  });
  if (description?.format !== 1 || !whole) throw new Error(`${name} does not describe a model as this page reads it; export the site again.`);
  return description;
}

/** @returns {Promise<Record<"wasm" | "webgpu", Build>>} */
async function builds() {
  return readJson(new URL("runtime.json", RUNTIME).href, "runtime.json");
}

async function readJson(/** @type {string} */ address, /** @type {string} */ name) {
  const answer = await asked(address, name);
  try {
    return await answer.json();
  } catch {
    throw new Error(`${name} is no JSON; ${AGAIN}.`);
  }
}

async function asked(/** @type {string | URL} */ address, /** @type {string} */ name) {
  let answer;
  try {
    answer = await fetch(address);
  } catch (error) {
    throw new Error(`${name} cannot be fetched (${messageOf(error)}); is the network there?`);
  }
  if (!answer.ok) throw new Error(`${name} is missing on the server (it answers ${answer.status}); ${AGAIN}.`);
  return answer;
}

/* One file, checked against what was exported. */
async function fetchFile(/** @type {URL} */ address, /** @type {FileRecord} */ file, /** @type {(file: string, bytes: number) => void} */ progress) {
  const name = nameOf(file.file);
  const answer = await asked(address, name);
  const parts = [];
  let count = 0;
  const reader = answer.body.getReader();
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      throw new Error(`${name} did not arrive whole (${messageOf(error)}); reload the page.`);
    }
    if (part.done) break;
    parts.push(part.value);
    count += part.value.length;
    progress(name, part.value.length);
  }
  const data = new Uint8Array(count);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  if ((await sha256(data.buffer)) !== file.sha256) {
    throw new Error(`${name} is not the file that was exported, as its checksum tells; ${AGAIN}.`);
  }
  return data.buffer;
}

function counted(/** @type {FileRecord[]} */ files, /** @type {(progress: object) => void} */ onProgress) {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let loaded = 0;
  return (file, bytes) => onProgress({ loaded: (loaded += bytes), total, file });
}

/* The binary travels gzipped, whatever the server can do. */
async function unpacked(/** @type {ArrayBuffer} */ data) {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function runtime(/** @type {Build} */ build, /** @type {ArrayBuffer} */ binary, /** @type {number | undefined} */ threads) {
  let ort;
  try {
    ort = await import(new URL(build.script, RUNTIME).href);
  } catch (error) {
    throw new Error(`${build.script} of the runtime cannot be loaded (${messageOf(error)}); ${AGAIN}.`);
  }
  ort.env.logLevel = "error";
  ort.env.wasm.wasmBinary = binary;
  ort.env.wasm.wasmPaths = { mjs: new URL(build.glue, RUNTIME).href };
  // threads share memory, which a browser allows to isolated pages only
  const isolated = globalThis.crossOriginIsolated === true;
  // half of what the processor offers: a thread waits for the slowest, which one that shares its core
  // with the page, or with another program, soon is
  const useful = Math.min(Math.floor((navigator.hardwareConcurrency || 1) / 2), MOST_THREADS);
  ort.env.wasm.numThreads = isolated ? Math.max(1, threads ?? useful) : 1;
  return ort;
}

async function started(ort, /** @type {Description} */ description, graph, /** @type {"wasm" | "webgpu"} */ backend) {
  const sessions = new Sessions(ort, description, graph, backend);
  for (const name of PICTURES) await sessions.open(name);
  return sessions;
}

const nameOf = (/** @type {string} */ address) => address.replace(/[?#].*/, "").split("/").pop();
const messageOf = (error) => String(error instanceof Error ? error.message : error).split("\n")[0].slice(0, 200);
