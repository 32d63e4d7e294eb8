// @ts-check
/* A quantizer in the browser: openModel(address) of what `lapa.web_export.export_model` wrote.
 *
 * The network runs in a worker (model_worker.js), so that the page never stutters. A frame is
 * prepared once and then decoded with as many codes as one likes; pictures come as ImageBitmaps.
 * Every error is an Error of one sentence, to be shown as it is. */

/**
 * @typedef {{ name: string, imageSize: number, codeLength: number, codebookSize: number, gapSeconds: number,
 *   embodiments: string[], backend: "wasm" | "webgpu", threads: number, note: string }} ModelInfo
 *   note: why the model does not run on WebGPU though that was asked for; "" otherwise
 * @typedef {{ id: number, size: number, pixels: ImageData }} Frame
 *   x_t: `pixels` as it was given, `size` the side of the pictures made of it
 * @typedef {{ loaded: number, total: number, file: string }} Progress bytes
 * @typedef {{ onProgress?: (progress: Progress) => void, preferGpu?: boolean, threads?: number }} Options
 *   threads: of WASM; by default half as many as the processor has, up to 4, where the page is isolated
 */

// a module of two instructions of WebAssembly SIMD: i8x16.splat and i8x16.popcnt
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);
// sides of pictures that are accepted, as by `LatentActionQuantizer.decode`
const SIDES = [16, 2048];

/**
 * Fetch a model and start it.
 * @param {string | URL} address of its model.json
 * @param {Options} [options]
 * @returns {Promise<Model>}
 */
export async function openModel(address, { onProgress = () => {}, preferGpu = false, threads } = {}) {
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(SIMD)) {
    throw new Error("This browser cannot run the model because it has no WebAssembly SIMD; Chrome, Edge and Firefox have had it since 2021, Safari since version 16.4.");
  }
  const desk = new Desk(new Worker(new URL("./model_worker.js", import.meta.url), { type: "module" }), onProgress);
  try {
    const options = { address: new URL(address, document.baseURI).href, preferGpu, threads };
    return new Model(desk, await desk.ask("open", options));
  } catch (error) {
    desk.close("");
    throw error;
  }
}

/* Questions to the worker, each with its answer. */
class Desk {
  constructor(/** @type {Worker} */ worker, /** @type {(progress: Progress) => void} */ onProgress) {
    this.worker = worker;
    this.count = 0;
    this.ended = "";
    /** @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
    this.waiting = new Map();
    worker.onmessage = ({ data }) => {
      if (data.progress) return onProgress(data.progress);
      const asked = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error) asked?.reject(new Error(data.error));
      else asked?.resolve(data.answer);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.close("The model cannot be started because its script model_worker.js could not be loaded; reload the page, or copy all of the site's files again.");
    };
  }

  /**
   * @param {string} what
   * @param {object} words
   * @returns {Promise<any>}
   */
  ask(what, words) {
    if (this.ended) return Promise.reject(new Error(this.ended));
    return new Promise((resolve, reject) => {
      this.waiting.set(++this.count, { resolve, reject });
      this.worker.postMessage({ id: this.count, what, words });
    });
  }

  /** @param {string} why for those who still wait */
  close(why) {
    this.ended = why || "The model was closed; open it again.";
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(new Error(this.ended));
    this.waiting.clear();
  }
}

export class Model {
  #desk;
  #frames = 0;

  /**
   * @param {Desk} desk
   * @param {ModelInfo} info
   */
  constructor(desk, info) {
    this.#desk = desk;
    /** @type {ModelInfo} */
    this.info = Object.freeze(info);
  }

  /**
   * x_t, passed through all that no code changes.
   * @param {ImageData} pixels of any size
   * @param {{ size?: number }} [options] size: side of the pictures made of it, 16 to 2048; the
   *   model's own by default. What does not move is then as sharp as the frame.
   * @returns {Promise<Frame>}
   */
  async prepare(pixels, { size = this.info.imageSize } = {}) {
    if (!(pixels?.data instanceof Uint8ClampedArray) || !pixels.width || pixels.data.length !== 4 * pixels.width * pixels.height) {
      throw new Error("A frame is an ImageData of 8 bits a colour; received was something else.");
    }
    if (!Number.isInteger(size) || size < SIDES[0] || size > SIDES[1]) {
      throw new Error(`The side of a picture is a whole number from ${SIDES[0]} to ${SIDES[1]}; received was ${size}.`);
    }
    const frame = { id: ++this.#frames, size, pixels };
    await this.#ask("prepare", {}, [frame]);
    return frame;
  }

  /**
   * The imagined next frame.
   * @param {Frame} frame
   * @param {ArrayLike<number>} codes a latent action
   * @returns {Promise<ImageBitmap>}
   */
  async decode(frame, codes) {
    return this.#ask("decode", { codes: this.#checked(codes) }, [frame]);
  }

  /**
   * The same as pixels, RGBA.
   * @param {Frame} frame
   * @param {ArrayLike<number>} codes
   * @returns {Promise<Uint8ClampedArray<ArrayBuffer>>}
   */
  async decodePixels(frame, codes) {
    return this.#ask("decodePixels", { codes: this.#checked(codes) }, [frame]);
  }

  /**
   * One picture for every value of a position, the other codes kept.
   * @param {Frame} frame
   * @param {ArrayLike<number>} codes
   * @param {number} position
   * @returns {Promise<ImageBitmap[]>}
   */
  async sweep(frame, codes, position) {
    const { codeLength, codebookSize } = this.info;
    if (!Number.isInteger(position) || position < 0 || position >= codeLength) {
      throw new Error(`A position is a whole number from 0 to ${codeLength - 1}; received was ${position}.`);
    }
    const row = this.#checked(codes);
    const rows = Array.from({ length: codebookSize }, (_, code) => row.map((old, at) => (at === position ? code : old)));
    return this.#ask("decodeAll", { rows }, [frame]);
  }

  /**
   * The latent action of a frame pair.
   * @param {Frame} frame
   * @param {Frame} future
   * @returns {Promise<number[]>}
   */
  async encode(frame, future) {
    return (await this.infer(frame, future)).codes;
  }

  /**
   * The latent action with its latent before quantization, codeLength rows one after the other.
   * @param {Frame} frame
   * @param {Frame} future
   * @returns {Promise<{ codes: number[], latent: Float32Array }>}
   */
  async infer(frame, future) {
    return this.#ask("encode", {}, [frame, future]);
  }

  /**
   * A step of the closed loop: the picture, and the frame that it is from here on.
   * @param {Frame} frame
   * @param {ArrayLike<number>} codes
   * @returns {Promise<{ frame: Frame, picture: ImageBitmap }>}
   */
  async step(frame, codes) {
    const id = ++this.#frames, { size } = frame;
    const { picture, rgba } = await this.#ask("step", { codes: this.#checked(codes), next: id }, [frame]);
    return { frame: { id, size, pixels: new ImageData(rgba, size, size) }, picture };
  }

  /** Ends the worker; whoever still waits is told. */
  close() {
    this.#desk.close("");
  }

  /* The worker keeps some frames; one that it has no more is sent again. */
  async #ask(what, words, /** @type {Frame[]} */ frames) {
    const told = { ...words, frames: frames.map(({ id }) => ({ id })) };
    // a new frame is always unknown
    const answer = what === "prepare" ? null : await this.#desk.ask(what, told);
    if (answer && !answer.unknown) return answer.made;
    const whole = frames.map(({ id, size, pixels: { data, width, height } }) => ({ id, size, data, width, height }));
    return (await this.#desk.ask(what, { ...words, frames: whole })).made;
  }

  /** @returns {number[]} */
  #checked(/** @type {ArrayLike<number>} */ codes) {
    const { codeLength, codebookSize } = this.info;
    const row = Array.from(codes ?? []);
    if (row.length !== codeLength || !row.every((code) => Number.isInteger(code) && code >= 0 && code < codebookSize)) {
      throw new Error(`A latent action is ${codeLength} whole numbers from 0 to ${codebookSize - 1}; received was [${row}].`);
    }
    return row;
  }
}
