// @ts-check
/* The models of the site: what was recorded of each at export, and the network itself, which is
 * opened when something is first imagined with it. */
import { json } from "./files.js";
import { latest } from "./latest.js";

/** @typedef {import("./compare.js").Picture} Picture */
/** @typedef {Picture & { milliseconds: number }} Imagined how long it took to make */
/** @typedef {{ prepare: (picture: Picture) => Promise<any>, decode: (frame: any, codes: number[]) => Promise<Imagined>,
 *   sweep: (frame: any, codes: number[], position: number) => Promise<Picture[]>, encode: (frame: any, future: any) => Promise<number[]> }} Network */

// pictures that are kept (0.25 MB each): a press of a code that the sweep shows waits for nothing
const KEPT = 40;
/** @type {Map<string, Promise<Network>>} */
const opening = new Map();

/** The names of the models whose networks were opened. */
export const networks = () => [...opening.keys()];

/** What was recorded of a model (app/site/models.py). */
export const about = (/** @type {string} */ name) => json(`data/models/${name}.json`);

/** @type {Map<string, number>} */
const last = new Map();

/** Milliseconds that the last picture took; undefined before the first. */
export const pace = (/** @type {string} */ name) => last.get(name);

/**
 * The network of a model; an Error says in a sentence why it cannot be had.
 * @param {string} name
 */
export function network(name) {
  if (!opening.has(name)) {
    opening.set(name, opened(name).catch((error) => {
      opening.delete(name);
      throw error;
    }));
  }
  return opening.get(name);
}

async function opened(/** @type {string} */ name) {
  const { openModel } = await import(new URL("runtime/model.js", document.baseURI).href);
  const model = await openModel(new URL(`models/${name}/model.json`, document.baseURI).href, { preferGpu: true });
  /** @type {Map<string, Promise<Imagined>>} */
  const made = new Map();
  const decode = (frame, codes) => latest(made, `${frame.id}:${codes}`, KEPT, async () => {
    const since = performance.now(), data = await model.decodePixels(frame, codes);
    const milliseconds = performance.now() - since;
    last.set(name, milliseconds);
    return { data, side: frame.size, milliseconds };
  });
  return {
    // what does not move is as sharp as the frame
    prepare: ({ data, side }) => model.prepare(new ImageData(data, side, side), { size: side }),
    decode,
    encode: (frame, future) => model.encode(frame, future),
    async sweep(frame, codes, position) {
      const all = [];
      for (let code = 0; code < model.info.codebookSize; code++) all.push(await decode(frame, codes.map((old, p) => (p === position ? code : old))));
      return all;
    },
  };
}
