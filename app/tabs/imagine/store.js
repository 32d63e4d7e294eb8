// @ts-check
/* The dream's state in the browser: its tree of moments, where one stands, and what is pressed.
 *
 * The server keeps the dream; what is here is what it told. Parts change it through this module and
 * redraw on the topics "dream" (tree or place changed), "dream-look" (how it is shown), "dream-say"
 * and "dream-answer".
 */
import * as page from "../../web/store.js";
import { emit } from "../../web/topics.js";
import { stream, wire } from "../../web/wire.js";
import * as tree from "./tree.js";
import { QUEUE } from "./words.js";

/** @type {import("../../web/records").Dream} */
export const state = {
  start: null, positions: 0, values: 0, gap: 0, embodiment: "", aspect: 1, longest: 0, most: 0, names: null,
  keys: [], learned: [], nodes: [], here: 0, tip: 0, action: null, position: 0, rate: 10, horizon: 64,
  pins: [], mode: "drive", flow: null, diff: false,
  replay: { every: 0, steps: [], f: 0, at: 0, longest: 0, sentence: "" },
};

export const line = (to = state.tip) => tree.line(state.nodes, to);
export const node = () => state.nodes[state.here];

/** The latent action of the picture; at the first frame, which has none, the one that comes next. */
export const shown = () => (state.flow && node() && node().codes) || state.action;

/* ---- questions, one at a time, and what goes on for a while, of which there is one ---- */
let gradio = null, questions = null, going = null;

/** @param {import("../../web/records").Gradio} component the player, whose events all of this is */
export function connect(component) {
  gradio = component;
  questions = wire(gradio);
  going = stream(gradio, { heard: receive, ended });
}

/**
 * @param {string} op
 * @param {object} [data]
 */
export async function ask(op, data = {}) {
  // of two steps that wait only the latest is taken
  if (op === "step") questions.drop((each) => each.op === "step");
  const answer = questions.ask("asked", { op, ...data });
  emit("dream-busy", true);
  receive(await answer);
  emit("dream-busy", !questions.idle());
}

/**
 * @param {"playing" | "replaying"} kind
 * @param {string} op
 * @param {object} [data]
 */
export function flow(kind, op, data = {}) {
  halt();
  state.flow = { op, total: 0, done: 0 };
  going.ask(kind, { op, ...data });
  emit("dream-flow", state.flow);
}

export function halt() {
  if (state.flow) gradio.trigger("acting", { op: "halt" });
}

function act() {
  if (state.flow && state.flow.op === "play") gradio.trigger("acting", { op: "act", a: pressed(), rate: state.rate });
}

/* ---- what the server told ---- */
function receive(record) {
  const hear = heard[record.kind || (record.error ? "error" : "")];
  if (hear) hear(record);
  emit("dream-answer", record);
}

function ended(record) {
  state.flow = null;
  if (record.error) say(record.error, true);
  emit("dream-flow", null);
  changed();
  emit("dream-answer", record);
}

const heard = {
  begun(record) {
    const { start, positions, values, gap, embodiment, aspect, keys, names, longest, most } = record;
    const strange = !state.start || state.start.m !== start.m || state.embodiment !== embodiment;
    const other = !state.start || state.start.c !== start.c;
    Object.assign(state, { start, positions, values, gap, embodiment, aspect, longest, most, names,
      nodes: [], pins: [], here: 0, tip: 0 });
    state.replay = { ...state.replay, steps: [], f: other ? 0 : state.replay.f, at: 0, longest, sentence: "" };
    if (strange || !state.action) {
      state.keys = keys;
      const first = keys.find((key) => key.name === "stay") || keys[0];
      state.action = first ? first.codes : Array(positions).fill(0);
      emit("dream-keys", keys);
    }
    say("");
    keep(record.steps);
    changed();
  },
  grown(record) {
    keep(record.steps);
    if (state.flow) state.flow.done += record.steps.length;
    if ("here" in record) state.here = state.tip = record.here;
    changed();
  },
  here(record) {
    stand(record.here);
    if (record.pins) state.pins = record.pins.filter((pin) => state.nodes[pin]);
    if (record.note) say(record.note);
    changed();
  },
  many(record) {
    if (state.flow) state.flow.total = record.total;
  },
  queued: (record) => say(record.ahead === 1 ? QUEUE.next
    : QUEUE.later(record.ahead)),
  over: (record) => say(record.why),
  note: (record) => say(record.note),
  error(record) {
    say(record.error, true);
    // the step was not taken, so the board must not say so
    if (record.op === "step") changed();
  },
  replay(record) {
    state.replay = { ...state.replay, steps: [], at: 0, f: record.f, longest: record.longest, sentence: "" };
    if (state.flow) state.flow.total = record.longest;
    emit("dream-replay", state.replay);
  },
  replayed(record) {
    state.replay.steps.push(record);
    if (state.flow) state.flow.done += 1;
    state.replay.at = state.replay.steps.length;
    emit("dream-replay", state.replay);
  },
  judged(record) {
    state.replay.sentence = record.sentence;
    emit("dream-replay", state.replay);
  },
};

function keep(steps) {
  for (const step of steps) state.nodes[step.n] = step;
}

function stand(n) {
  if (!state.nodes[n]) return;
  if (!line().some((each) => each.n === n)) state.tip = n;
  state.here = n;
}

/* The board shows how the picture came about, whatever led there: a pad, a key, a walk, a file. */
function changed() {
  if (!state.flow && node() && node().codes) state.action = node().codes;
  emit("dream", state);
  if (!state.flow) page.link();
}

/**
 * @param {string} text
 * @param {boolean} [wrong]
 */
export function say(text, wrong = false) {
  emit("dream-say", { text, wrong });
}

/* ---- what one does ---- */
let held = null;
const pressed = () => held || state.action;

/** A key of the pad goes down: while it plays, that is what is done until it goes up (null). */
export function hold(codes) {
  held = codes;
  if (state.flow && state.flow.op === "play") act();
  else if (codes && state.nodes.length) step(codes);
}

export function step(codes = pressed()) {
  halt();
  ask("step", { a: codes });
}

/** Walks to a moment. */
export function go(n) {
  if (!state.nodes[n]) return;
  halt();
  questions.drop(({ op }) => op === "go" || op === "step");
  stand(n);
  changed();
  ask("go", { n });
}

export function undo() {
  const at = node();
  if (at && at.parent !== null) go(at.parent);
}

/** Does a latent action: a step with it, or while it plays what is done where no key is down. */
export function choose(action) {
  state.action = action;
  emit("dream-look", state);
  if (state.flow && state.flow.op === "play") act();
  else if (state.nodes.length) step(action);
}

/** Begins a dream; without a start where it began before. */
export function begin(start = state.start) {
  halt();
  questions.drop(() => true);
  ask("begin", start);
}

export const play = () => flow("playing", "play", { a: pressed(), rate: state.rate, horizon: state.horizon });

/** Changes how the dream is shown or played. */
export function look(change) {
  Object.assign(state, change);
  if ("rate" in change) act();
  emit("dream-look", state);
  page.link();
}

/* ---- the link ---- */
page.writesLink("imagine", () => {
  const query = page.shownLink();
  if (!query || !state.start) return null;
  query.set("m", state.start.m);
  query.set("c", state.start.c);
  query.set("f", String(state.start.f));
  if (state.mode === "replay") {
    query.set("d", "replay");
    query.set("e", String(state.replay.every));
    query.set("rf", String(state.replay.f));
    if (state.replay.steps.length) query.set("r", String(state.replay.at));
  }
  const { text, order } = tree.written(state.nodes);
  if (!text) return query;
  query.set("q", text);
  query.set("k", String(order.get(state.here)));
  if (state.pins.length) query.set("pp", state.pins.map((pin) => order.get(pin)).join("."));
  return query;
});

/** What a query asks for; null where it asks for another tab. */
export function wanted(query = page.asked("imagine")) {
  const asked = new URLSearchParams(query), number = (name) => Number(asked.get(name)) || 0;
  if (asked.get("tab") !== "imagine") return null;
  return { tree: asked.get("q") || "", here: number("k"),
    pins: (asked.get("pp") || "").split(".").filter(Boolean).map(Number).filter(Number.isInteger),
    replay: asked.get("d") === "replay", every: number("e"), f: number("rf"),
    at: asked.get("r") === null ? null : number("r") };
}
