// @ts-check
/* What the tab Explore is answered without a server: what its events.py and service.py do, with the
 * network in this browser. */
import * as clips from "./clips.js";
import { figures, ratioTo } from "./compare.js";
import { about, network } from "./engine.js";
import { latest } from "./latest.js";
import * as link from "./link.js";
import { address } from "./pictures.js";
import * as store from "../../web/store.js";

/** @typedef {import("./compare.js").Picture} Picture */
/**
 * All about a frame that no chosen code changes. chance: mean ratio of random codes; undefined until
 * it is known.
 * @typedef {{ clip: any, index: number, frame: Picture, scene: any, future: Picture | null, after: number | null,
 *   inferred: number[] | null, chance: number | null | undefined }} Moment
 */

// random latent actions that a prediction is held against, as app/core/compute.py has it
const DRAWS = 4;
// they wait until the presses pause, as the sweep does, so that they never slow one
const REST_MS = 450;
const MOMENTS = 12;
/** @type {Map<string, Promise<Moment>>} */
const moments = new Map();
let presses = 0;

/**
 * @param {string} m
 * @param {string} c
 * @param {number} f
 */
export const moment = (m, c, f) => latest(moments, JSON.stringify([m, c, f]), MOMENTS, () => look(m, c, f));

/** @returns {Promise<Moment>} */
async function look(m, c, f) {
  const [clip, net, model] = await Promise.all([clips.clip(c, f), network(m), about(m)]);
  const after = f + clips.gapIn(model.record.gap, clip.fps), known = after < clip.frames;
  const [frame, future, along] = await Promise.all([clips.frame(clip, f), known ? clips.frame(clip, after) : null, clips.episode(m, c)]);
  const scene = await net.prepare(frame);
  return { clip, index: f, frame, scene, future, after: known ? after : null, inferred: known ? along.codes[f] : null, chance: known ? undefined : null };
}

/** The latent action in which nothing moves: measured, or read off the frame and itself. */
export async function still(/** @type {string} */ m, /** @type {Moment} */ { clip, scene }) {
  return (await about(m)).still[clip.embodiment] || (await network(m)).encode(scene, scene);
}

/** @param {{ m: string, c: string, f: number, a: number[] | null }} state */
async function picture({ m, c, f, a }, now = null) {
  const [here, net] = await Promise.all([now || moment(m, c, f), network(m)]);
  const codes = a || here.inferred || await still(m, here);
  return { here, codes, image: await net.decode(here.scene, codes) };
}

async function record(event) {
  const { m, f } = event, model = await about(m);
  const { here, codes, image } = await picture(event);
  const { clip, frame, future, chance } = here;
  return {
    ...bare(model, clip, f),
    here,
    codes,
    image: address(image),
    pixels: image,
    future: future ? clips.file(clip, here.after) : null,
    futureIndex: here.after,
    inferred: here.inferred,
    figures: future ? figures(image, frame, future, chance === undefined ? null : chance) : null,
    milliseconds: image.milliseconds,
    note: future ? "" : clip.frames === 1 ? "A single picture has no true future to compare with." : model.noFuture,
    link: link.written({ ...event, a: codes }),
    presets: model.presets[clip.embodiment],
    names: model.names[clip.embodiment],
    stranger: model.strangers[clip.embodiment] || "",
  };
}

/* The frame without a prediction, in the same shape. */
function bare(model, clip, f, error = null) {
  return {
    clip: clip.id, frames: clip.folder, index: f, aspect: clip.aspect, frame: clips.file(clip, f), image: null, future: null,
    futureIndex: null, codes: null, inferred: null, figures: null, note: "", notes: [], presets: [], names: null, stranger: "",
    link: "", milliseconds: 0, model: error ? { ...model.record, error } : model.record,
  };
}

/* Without a network the clips can be looked at: the sentence that says why is the model's. */
/** @returns {Promise<any>} */
async function answer(event) {
  const [model, clip] = await Promise.all([about(event.m), clips.clip(event.c, event.f)]);
  try {
    await network(event.m);
  } catch (error) {
    return { ...bare(model, clip, event.f, error.message), link: link.written({ ...event, a: null }) };
  }
  return record(event);
}

/* What random codes do on this frame comes after the picture, which nobody shall wait for. */
async function random(told, event, push) {
  const mine = ++presses, { here } = told;
  if (!here || here.chance !== undefined) return;
  await new Promise((then) => setTimeout(then, REST_MS));
  const [net, model] = await Promise.all([network(event.m), about(event.m)]);
  const others = model.draws.filter((codes) => String(codes) !== String(here.inferred)).slice(0, DRAWS), ratios = [];
  for (const codes of others) {
    if (mine !== presses || !store.idle()) return;
    ratios.push(ratioTo(await net.decode(here.scene, codes), here.frame, here.future));
  }
  here.chance = ratios.length && ratios[0] !== null ? ratios.reduce((sum, each) => sum + each, 0) / ratios.length : null;
  if (mine !== presses || !store.idle() || here.chance === null) return;
  push("stage", plain({ ...told, figures: figures(told.pixels, here.frame, here.future, here.chance) }));
}

const plain = ({ here, pixels, ...rest }) => rest;

/** The first picture: the frame at once, and what is imagined once the network is there. */
async function state(query) {
  const { models, clips: all } = await clips.catalogue();
  const opening = (model) => all.find(({ id }) => id === model.opening) || all[0];
  return link.opened(query, { models, clips: all, opening: (model) => opening(model) });
}

export const desk = {
  load: {
    async open({ query }, push) {
      push("picker", { kind: "catalogue", ...await clips.catalogue(), uploads: false });
      const opened = await state(query), { m, c, f } = opened.state;
      const [model, clip] = await Promise.all([about(m), clips.clip(c, f)]);
      push("stage", { ...bare(model, clip, f), state: opened.state, pending: true });
    },
  },
  stage: {
    async open({ query }, push) {
      const opened = await state(query);
      const told = await answer(opened.state);
      push("stage", { ...plain(told), state: opened.state, notes: opened.notes });
      random(told, opened.state, push);
    },
    async predict(event, push) {
      const told = await answer(event);
      random(told, event, push);
      return plain(told);
    },
  },
  pads: {
    async preview(event) {
      const { codes, image } = await picture(event);
      return { codes, image: address(image) };
    },
  },
  sweep: {
    async sweep({ m, c, f, a, p }) {
      const [here, net] = await Promise.all([moment(m, c, f), network(m)]);
      const images = await net.sweep(here.scene, a, p);
      return { position: p, items: images.map((image, code) => ({ codes: a.map((old, at) => (at === p ? code : old)), image: address(image) })) };
    },
  },
  episode: {
    episode: ({ m, c }) => clips.episode(m, c),
  },
  picker: {
    /* Frames are small files already. */
    async thumbnails(ids) {
      const found = {};
      for (const id of ids) {
        const clip = await clips.clip(id);
        found[id] = clips.file(clip, 0);
      }
      return found;
    },
  },
};
