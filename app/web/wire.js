// @ts-check
/* How the browser asks the server (web/events.py): every question carries a number that comes back
 * with its answer. One count for the whole page, so that an answer belongs to one question only. A
 * server that has too much to do says so at once (`busy`, in seconds) and is asked again. */
import { WIRE } from "./words.js";

const PATIENCE_MS = 60000;

/** Milliseconds after which a busy server is asked again, not by everybody at once. */
const pause = (/** @type {number} */ seconds) => 1000 * seconds * (1 + Math.random() / 2);

/**
 * Gradio's way to the server, over which a question that the server does not let in for now (503,
 * app/web/doors.py) comes back as one that it was too busy to answer. Gradio would tell of an error.
 * What waits in gradio's queue has no answer here: it is sent again, for as long as there is patience.
 * @param {typeof fetch} fetch
 * @returns {typeof fetch}
 */
export function patiently(fetch) {
  return async (input, init) => {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await fetch(input, init);
      if (answer.status !== 503 || !answer.headers.has("retry-after") || typeof init?.body !== "string") return answer;
      const { detail, busy } = await answer.clone().json();
      if (!String(input).includes("/queue/join")) {
        const record = { error: detail, busy, seq: JSON.parse(init.body).event_data?.seq };
        return Response.json({ data: [record], is_generating: false, changed_state_ids: [] });
      }
      const wait = pause(busy);
      if (Date.now() + wait > end) return answer;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  };
}
globalThis.fetch = patiently(globalThis.fetch);

let seq = 0;

/**
 * Calls draw with the first value of a component and with every later one that Python sends.
 * @param {import("./records").Gradio} gradio
 * @param {(value: any) => void} draw
 */
export function onValue(gradio, draw) {
  gradio.watch("value", () => gradio.props.value && draw(gradio.props.value));
  // what it draws may concern parts that are mounted after this one
  if (gradio.props.value) queueMicrotask(() => draw(gradio.props.value));
}

/**
 * Questions that are asked one at a time, so that no answer overtakes another.
 * @param {import("./records").Gradio} gradio
 */
export function wire(gradio) {
  /** @type {{ event: string, data: any, resolve: (answer: any) => void, patience: number }[]} */
  let queue = [];
  let waiting = null;

  /**
   * The answer to an event, as a promise of a record that may hold an error.
   * @param {string} event
   * @param {object} data
   * @param {number} [patience] milliseconds after which the answer is an error
   * @returns {Promise<any>}
   */
  function ask(event, data, patience = PATIENCE_MS) {
    return new Promise((resolve) => {
      queue.push({ event, data, resolve, patience });
      next();
    });
  }

  function next() {
    if (waiting || !queue.length) return;
    const { event, data, resolve, patience } = queue.shift();
    const own = waiting = { seq: 0, event, data, resolve, timer: setTimeout(() => answer({ seq: own.seq, error: WIRE.slow }), patience) };
    send(own);
  }

  function send(own) {
    own.seq = ++seq;
    gradio.trigger(own.event, { ...own.data, seq: own.seq });
  }

  function answer(value) {
    if (!waiting || value.seq !== waiting.seq) return;
    const own = waiting;
    if (value.busy) return void setTimeout(() => waiting === own && send(own), pause(value.busy));
    clearTimeout(waiting.timer);
    const { resolve } = waiting;
    waiting = null;
    resolve(value);
    next();
  }

  /**
   * Takes back questions that are not asked yet; they are never answered.
   * @param {(data: any) => boolean} outdated
   */
  function drop(outdated) {
    queue = queue.filter(({ data }) => !outdated(data));
  }

  onValue(gradio, answer);
  return { ask, drop, idle: () => !waiting && !queue.length };
}

/**
 * Wishes of which only the latest waits while one is under way, so that a held key or a dragged
 * slider never builds a queue.
 * @template Wish
 * @param {{ patience: number, prepare?: (wish: Wish) => object, busy?: (now: boolean) => void, late?: () => void }} options
 *   patience: milliseconds after which an answer is no longer waited for, which `late` is told.
 *   prepare: what is sent for a wish, made when its turn comes.
 */
export function latest({ patience, prepare = (wish) => /** @type {any} */ (wish), busy = () => {}, late = () => {} }) {
  let send = null, flying = null, next = null, timer;

  /**
   * @param {Wish} wish
   * @param {any} [since] kept with it and handed on with its answer
   */
  function ask(wish, since = null) {
    next = { wish, since };
    if (!flying) fly();
  }

  function fly() {
    if (!next || !send) return;
    flying = { wish: { ...prepare(next.wish), seq: ++seq }, since: next.since };
    next = null;
    clearTimeout(timer);
    timer = setTimeout(giveUp, patience);
    busy(true);
    send(flying.wish);
  }

  /** After a busy answer: the latest wish, as long as there is patience. */
  function again(flight) {
    if (next) {
      flying = null;
      return fly();
    }
    flight.wish = { ...flight.wish, seq: ++seq };
    send(flight.wish);
  }

  function giveUp() {
    flying = null;
    busy(false);
    late();
    fly();
  }

  /**
   * To be told what the server sends. take(answer, flight, last) is called with the wish it belongs
   * to (null for what nobody asked for) and whether no later one waits; then that one is sent.
   * @param {any} answer
   * @param {(answer: any, flight: { wish: any, since: any } | null, last: boolean) => void} take
   */
  function hear(answer, take) {
    if (flying && answer.seq !== flying.wish.seq) return;
    const flight = flying;
    if (flight && answer.busy) return void setTimeout(() => flying === flight && again(flight), pause(answer.busy));
    if (flight) clearTimeout(timer);
    flying = null;
    take(answer, flight, !next);
    busy(Boolean(next));
    fly();
  }

  return {
    ask, hear,
    /** Begins to send, also what has been waiting. */
    connect(/** @type {(wish: any) => void} */ trigger) {
      send = trigger;
      fly();
    },
    idle: () => !flying && !next,
  };
}

/**
 * A question that is answered for a while, by records until one of the kind "ended" (web/events.py,
 * streams). Only the latest question is listened to; `forget` drops that one, too.
 * @param {import("./records").Gradio} gradio
 * @param {{ heard: (record: any) => void, ended: (record: any) => void }} listeners
 */
export function stream(gradio, { heard, ended }) {
  let current = 0;

  /**
   * @param {string} event
   * @param {object} data
   */
  function ask(event, data) {
    current = ++seq;
    gradio.trigger(event, { ...data, seq: current });
  }

  function answer(record) {
    if (!current || record.seq !== current) return;
    if (record.kind !== "ended") return heard(record);
    current = 0;
    ended(record);
  }

  onValue(gradio, answer);
  return { ask, forget: () => { current = 0; } };
}
