// @ts-check
/* The page's one state: what is shown, its history, its link, and the press that is under way.
 *
 * Parts change the state only through go, look and step, and redraw on the topics "state" (at once)
 * and "shown" (when the server has answered).
 */
import { same } from "./codes.js";
import { tabs } from "./config.js";
import { history } from "./history.js";
import { tabOf, withLook, withTheme } from "./link.js";
import { emit, on } from "./topics.js";
import { latest } from "./wire.js";
import { WIRE } from "./words.js";

const PATIENCE_MS = 30000;

/** @type {import("./records").State} */
export const state = { m: null, c: null, f: 0, a: null, p: 0, o: "blink", follow: true };
/** @type {import("./records").Page} */
export const page = { clips: [], models: [], starts: [], model: null, shown: null, latencies: [], tab: null };

/** The clip that is shown; null where there is none. */
export const clip = () => page.clips.find((each) => each.id === state.c) || null;

/** What moves in the pictures of the model that is chosen: a robot, or a car. */
export const moves = () => (page.models.find(({ name }) => name === state.m) || { moves: "robot" }).moves;

/**
 * The clip and frame to show a model on: none where it knows what is here or that is a visitor's own,
 * or else what it opens on.
 * @param {import("./records").Model} model
 * @returns {{ c?: string, f?: number }}
 */
export function opensOn(model) {
  const knows = (/** @type {import("./records").Clip} */ each) => !model.embodiments.length || model.embodiments.includes(each.embodiment);
  const here = clip();
  if (!here || here.uploaded || knows(here)) return {};
  const start = page.starts.find(({ m }) => m === model.name);
  const on = page.clips.find(({ id }) => start && id === start.c) || page.clips.find((each) => !each.uploaded && knows(each));
  return on ? { c: on.id, f: on.opening } : {};
}

/* ---- presses ---- */
const presses = latest({
  patience: PATIENCE_MS,
  prepare: (wish) => ({ ...wish, kept: keeps(wish) }),
  busy: (now) => emit("busy", now),
  late: () => emit("error", WIRE.press),
});
export const { connect } = presses;

/** Whether nothing is asked or about to be. */
export const idle = () => presses.idle() && !passing;

function ask(since) {
  const { m, c, f, p, o, a, follow } = state;
  presses.ask({ m, c, f, p, o, a: follow ? null : a }, since);
}

/* Whether the pictures of this frame are here already, so that only the imagined one is sent. */
const keeps = ({ m, c, f }) => Boolean(page.shown && page.shown.image &&
  page.shown.model.name === m && page.shown.clip === c && page.shown.index === f);

/**
 * An answer to a press, or the first picture, which nobody asked for.
 * @param {import("./records").Answer} answer
 */
export function receive(answer) {
  presses.hear(answer, (told, flight, last) => {
    if (flight && flight.wish.kept) told = { ...told, frame: page.shown.frame, future: page.shown.future, names: page.shown.names };
    if (told.state && !flight) adopt(told);
    if (told.error) emit("error", told.error);
    else show(told, flight, last);
    if (told.pending) emit("pending", told);
  });
}

function adopt(answer) {
  Object.assign(state, answer.state);
  state.follow = !answer.state.a || same(answer.state.a, answer.inferred);
  page.model = answer.model;
  if (answer.codes) state.a = answer.codes;
  past.clear();
  record(false);
  emit("opened", answer);
  emit("state", state);
}

function show(answer, flight, last) {
  page.shown = answer;
  page.model = answer.model;
  if (last) {
    if (answer.codes) {
      if (same(answer.codes, answer.inferred)) state.follow = true;
      if (!same(state.a, answer.codes)) {
        state.a = answer.codes;
        // codes that only the server knew (the inferred ones) belong to the step that asked for them
        past.amend(memory());
      }
    }
    if (answer.model.positions && state.p >= answer.model.positions) state.p = 0;
  }
  // its pictures are fetched while the rest of the page follows
  emit("shown", { answer, since: flight ? flight.since : null });
  if (last) emit("state", state);
}

// a browser takes its time to write an address, and a visitor waits for the picture
on("painted", (answer) => {
  if (!answer.pending && presses.idle()) link();
});

/* ---- history ---- */
/** @type {ReturnType<typeof history<Partial<import("./records").State>>>} */
const past = history();
const memory = () => ({ m: state.m, c: state.c, f: state.f, a: state.a, follow: state.follow });

function record(merge) {
  past.record(memory(), merge);
  emit("history", past.steps());
}

/**
 * Undoes (-1) or does again (1).
 * @param {number} by
 */
export function step(by) {
  const moment = past.step(by);
  if (!moment) return;
  Object.assign(state, moment);
  passing = false;
  emit("history", past.steps());
  emit("state", state);
  ask(performance.now());
}

let passing = false;

/** Whether frames are passed on the way to another one, and nothing is asked about them. */
export const isPassing = () => passing;

/** Asks about the frame at which one has stopped. */
export function stop() {
  if (passing) go({}, { merge: true });
}

/**
 * Changes what is shown.
 * @param {Partial<import("./records").State>} change
 * @param {{ merge?: boolean, pass?: boolean }} [options] merge: it belongs to the same gesture as
 *   the step before it. pass: it is on the way to somewhere; `stop` says that one is there
 */
export function go(change, { merge = false, pass = false } = {}) {
  const since = performance.now();
  if ("a" in change) change.follow = !change.a;
  if ("c" in change && change.c !== state.c && !("a" in change)) change.follow = true;
  Object.assign(state, change);
  record(merge);
  passing = pass;
  emit("state", state);
  if (!pass) ask(since);
}

/**
 * Changes how it is shown: no request, no step in the history.
 * @param {Partial<import("./records").State>} change
 */
export function look(change) {
  Object.assign(state, change);
  link();
  emit("look", state);
}

/* ---- links ---- */
/** @type {Record<string, () => string | URLSearchParams | null>} */
const writers = {};

/**
 * Who writes the link of a tab. An open tab without a writer, or whose writer gives null, leaves
 * the address bar alone: it holds what the tab is to be opened with.
 * @param {string} name
 * @param {() => string | URLSearchParams | null} write
 */
export function writesLink(name, write) {
  writers[name] = write;
}

/** The link of what the page shows, for the tabs that show it; null before anything is shown. */
export const shownLink = () => (page.shown ? withLook(page.shown.link, state, page.tab) : null);

/** Puts the link of the open tab in the address bar. */
export function link() {
  const query = writers[page.tab] && writers[page.tab]();
  if (!query) return;
  const written = withTheme(query, location.search);
  window.history.replaceState(window.history.state, "", `${location.pathname}?${written}`);
}

/* ---- tabs ---- */
const opening = location.search;

/**
 * The query that a tab is opened with: the address bar may have been written to before the tab is
 * mounted.
 * @param {string} name
 */
export const asked = (name) => (new URLSearchParams(opening).get("tab") === name ? opening : location.search);

/**
 * Notes which tab is open: told by the page when one is chosen, at first by the address.
 * @param {string} name
 */
export function tab(name) {
  if (page.tab === name) return;
  page.tab = document.documentElement.dataset.tab = name;
  emit("tab", name);
  link();
}

/**
 * Opens a tab as a click on its name does.
 * @param {string} name
 */
export function visit(name) {
  // on a narrow screen gradio keeps some of them in a menu
  const buttons = document.querySelectorAll('#lx-tabs :is([role="tab"], .overflow-dropdown button)');
  const button = /** @type {HTMLElement[]} */ ([...buttons])
    .find((each) => each.textContent.trim().toLowerCase() === name);
  if (button) button.click();
}

tab(tabOf(opening, tabs));
