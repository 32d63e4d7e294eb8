// @ts-check
/* A dream: the network on its own pictures, as a tree of moments (app/tabs/imagine/dream.py). */
import * as clips from "./clips.js";
import { movingDetail, sharpness } from "./compare.js";
import { about, network } from "./engine.js";
import { latest } from "./latest.js";
import { address, forget, pixels } from "./pictures.js";
import * as trust from "./trust.js";

/** @typedef {import("./compare.js").Picture} Picture */

// moments of a dream, as app/core/limits.py has it
export const MOST = 640;
// pictures and network inputs that are kept: of the moments where one is, and where one was just before;
// all others lie in their files, as a long dream would fill a phone
const READY = 12;

const four = (/** @type {number} */ number) => Math.round(10000 * number) / 10000;
const same = (/** @type {number[]} */ a, /** @type {number[]} */ b) => String(a) === String(b);

/** Latent actions that the page sent, checked; an Error says what is wrong. */
export function checked(codes, { name, positions, values }) {
  const fits = Array.isArray(codes) && codes.length === positions && codes.every((code) => Number.isInteger(code) && code >= 0 && code < values);
  if (!fits) throw new Error(`A latent action of ${name} has ${positions} codes from 0 to ${values - 1}; ${JSON.stringify(codes).slice(0, 60)} came.`);
  return codes;
}

export class Dream {
  /**
   * A dream that begins at a frame of a clip.
   * @param {string} m
   * @param {string} c
   * @param {number} f
   */
  static async begin(m, c, f) {
    const clip = await clips.clip(c, f), [model, net, first] = await Promise.all([about(m), network(m), clips.frame(clip, f)]);
    return new Dream(model, net, clip, f, first);
  }

  constructor(model, net, clip, index, /** @type {Picture} */ first) {
    this.model = model;
    this.net = net;
    this.clip = clip;
    this.index = index;
    this.first = first;
    this.turn = 0;
    this.here = 0;
    this.pressed = { codes: [], rate: 10 };
    /** @type {Map<number, Promise<any>>} */
    this.ready = new Map();
    /** @type {Map<number, Promise<Picture>>} */
    this.recent = new Map();
    this.steps = [];
    this.keep(first, null, null);
  }

  keep(/** @type {Picture} */ picture, parent, codes) {
    const step = parent ? parent.step + 1 : 0, sharp = sharpness(movingDetail(picture, this.first, picture));
    const own = trust.after(parent ? parent.own : trust.beginning(this.model.moves), step, sharp);
    const record = { n: this.steps.length, parent: parent ? parent.n : null, step, codes, src: address(picture, true), far: null,
      sharp: four(sharp), since: own.since, trust: trust.sentence(own, step, sharp), own };
    this.steps.push(record);
    latest(this.recent, record.n, READY, () => Promise.resolve(picture));
    return record;
  }

  /** What is seen at a moment. */
  picture(/** @type {{ n: number, src: string }} */ { n, src }) {
    return latest(this.recent, n, READY, () => pixels(src));
  }

  step(/** @type {number} */ n) {
    if (!this.steps[n]) throw new Error(`This dream has no moment ${n}; it has 0 to ${this.steps.length - 1}.`);
    return this.steps[n];
  }

  room(/** @type {number} */ more) {
    const room = MOST - this.steps.length;
    if (more <= room) return;
    throw new Error(room > 0
      ? `That is ${more} steps, but this dream has room for ${room} more, as it keeps ${MOST} moments; take fewer, or reset it.`
      : `This dream has reached ${MOST} moments, which is as many as are kept; reset it to go on.`);
  }

  go(/** @type {number} */ n) {
    this.here = this.step(n).n;
    return this.step(n);
  }

  child(/** @type {number} */ parent, /** @type {number[]} */ codes) {
    return this.steps.find((step) => step.parent === parent && same(step.codes, codes));
  }

  /** One step from a moment, without going anywhere; where it was taken before, the same. */
  async sprout(/** @type {number} */ parent, /** @type {number[]} */ codes) {
    const known = this.child(parent, codes);
    if (known) return known;
    this.room(1);
    const from = this.step(parent);
    const picture = await this.net.decode(await this.prepared(from), codes);
    return this.child(parent, codes) || this.keep(picture, from, codes);
  }

  /** One step from where the dream stands. */
  async advance(/** @type {number[]} */ codes) {
    return this.go((await this.sprout(this.here, codes)).n);
  }

  prepared(from) {
    return latest(this.ready, from.n, READY, async () => this.net.prepare(await this.picture(from)));
  }

  line(n = this.here) {
    const back = [this.step(n)];
    while (back[0].parent !== null) back.unshift(this.steps[back[0].parent]);
    return back;
  }

  close() {
    this.turn += 1;
    for (const { src } of this.steps) forget(src);
  }
}

/** A moment as the page takes it. */
export const told = ({ own, ...record }) => record;
