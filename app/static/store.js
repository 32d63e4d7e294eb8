/* The page's one state: what is shown, its history, its link, and the one request in flight.
 *
 * Parts (stage, pads, picker, ...) register with Lapa.part and are mounted by Gradio. They change
 * the state only through Lapa.go and redraw on the topics "state" (at once) and "shown" (when the
 * server has answered). While a request is under way only the latest wish is kept, so a held key
 * or a dragged slider never builds a queue.
 */
window.Lapa = (() => {
  "use strict";
  const PATIENCE_MS = 30000;
  const HISTORY = 200;
  const OWN_LINKS = ["policy", "transfer", "atlas", "learn", "checkup"];
  const parts = {};
  const listeners = {};
  const state = { m: null, c: null, f: 0, a: null, p: 0, o: "none", follow: true };
  const page = { clips: [], models: [], model: null, shown: null, latencies: [], tab: null };
  const history = { past: [], at: -1 };
  const wire = { send: null, flying: null, next: null, seq: 0, timer: 0 };

  const wishes = {};
  function on(topic, listener) {
    (listeners[topic] = listeners[topic] || []).push(listener);
    if (!(topic in wishes)) return;
    const detail = wishes[topic];
    delete wishes[topic];
    queueMicrotask(() => listener(detail));
  }
  /* As emit, for a part that may not be there yet: a tab is mounted when it is first opened. */
  const wish = (topic, detail) => (listeners[topic] ? emit(topic, detail) : (wishes[topic] = detail));
  const emit = (topic, detail) => (listeners[topic] || []).forEach((listener) => listener(detail));
  const clip = () => page.clips.find((each) => each.id === state.c) || null;
  const written = (codes) => (codes ? `[${codes.join(",")}]` : "[…]");
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  /* ---- requests ---- */
  function ask(since) {
    const wish = { seq: ++wire.seq, m: state.m, c: state.c, f: state.f, p: state.p, o: state.o,
      a: state.follow ? null : state.a };
    wire.next = { wish, since };
    if (!wire.flying) fly();
  }

  function fly() {
    if (!wire.next || !wire.send) return;
    wire.flying = wire.next;
    wire.next = null;
    wire.flying.wish.kept = keeps(wire.flying.wish);
    clearTimeout(wire.timer);
    wire.timer = setTimeout(giveUp, PATIENCE_MS);
    emit("busy", true);
    wire.send(wire.flying.wish);
  }

  /* Whether the pictures of this frame are here already, so that only the imagined one is sent. */
  const keeps = ({ m, c, f }) => Boolean(page.shown && page.shown.image &&
    page.shown.model.name === m && page.shown.clip === c && page.shown.index === f);

  function giveUp() {
    wire.flying = null;
    emit("busy", false);
    emit("error", "The server has not answered for 30 seconds. Press a code to try again.");
    fly();
  }

  /* An answer to a wish, or the first picture, which nobody asked for (flying is null). */
  function receive(answer) {
    if (!answer) return;
    const flight = wire.flying;
    if (flight && answer.seq !== flight.wish.seq) return;
    if (flight) {
      clearTimeout(wire.timer);
      wire.flying = null;
      if (flight.wish.kept) {
        answer = { ...answer, frame: page.shown.frame, future: page.shown.future };
      }
    }
    if (answer.state && !flight) adopt(answer);
    const latest = !wire.next;
    if (!answer.error) show(answer, flight, latest);
    else emit("error", answer.error);
    emit("busy", Boolean(wire.next));
    fly();
    if (answer.pending) emit("pending", answer);
  }

  function adopt(answer) {
    Object.assign(state, answer.state);
    state.follow = !answer.state.a || same(answer.state.a, answer.inferred);
    page.model = answer.model;
    if (answer.codes) state.a = answer.codes;
    history.past.length = 0;
    history.at = -1;
    record(false);
    emit("opened", answer);
    emit("state", state);
  }

  function show(answer, flight, latest) {
    page.shown = answer;
    page.model = answer.model;
    if (latest) {
      if (answer.codes) {
        if (same(answer.codes, answer.inferred)) state.follow = true;
        if (!same(state.a, answer.codes)) {
          state.a = answer.codes;
          touch();
        }
      }
      if (answer.model.positions && state.p >= answer.model.positions) state.p = 0;
      if (!answer.pending) link();
      emit("state", state);
    }
    emit("shown", { answer, since: flight ? flight.since : null });
  }

  /* ---- history ---- */
  const memory = () => ({ m: state.m, c: state.c, f: state.f, a: state.a, follow: state.follow });

  function record(merge) {
    if (merge && history.at >= 0) history.past.length = history.at;
    else history.past.length = history.at + 1;
    history.past.push(memory());
    if (history.past.length > HISTORY) history.past.shift();
    history.at = history.past.length - 1;
    emit("history", steps());
  }

  /* Codes that only the server knew (the inferred ones) belong to the step that asked for them. */
  function touch() {
    if (history.at >= 0) history.past[history.at] = memory();
  }

  const steps = () => ({ undo: history.at > 0, redo: history.at < history.past.length - 1 });

  function step(by) {
    const to = history.at + by;
    if (to < 0 || to >= history.past.length) return;
    history.at = to;
    Object.assign(state, history.past[to]);
    emit("history", steps());
    emit("state", state);
    ask(performance.now());
  }

  /* Changes what is shown. merge: belongs to the same gesture as the step before it. */
  function go(change, { merge = false } = {}) {
    const since = performance.now();
    if ("a" in change) change.follow = !change.a;
    if ("c" in change && change.c !== state.c && !("a" in change)) change.follow = true;
    Object.assign(state, change);
    record(merge);
    emit("state", state);
    ask(since);
  }

  /* Changes how it is shown: no request, no step in the history. */
  function look(change) {
    Object.assign(state, change);
    link();
    emit("look", state);
  }

  /* ---- the link: Python writes it, only how things are shown is known here first ---- */
  function link() {
    if (!page.shown || OWN_LINKS.includes(page.tab)) return;
    const query = new URLSearchParams(page.shown.link);
    query.set("p", state.p === null ? "-" : String(state.p));
    if (state.o === "none") query.delete("o");
    else query.set("o", state.o);
    if (page.tab !== "explore") query.set("tab", page.tab);
    emit("link", query);
    address(query);
  }

  /* Puts a query in the address bar; a tab does so only while it is open. */
  function address(written) {
    const query = new URLSearchParams(written);
    const theme = new URLSearchParams(location.search).get("__theme");
    if (theme) query.set("__theme", theme);
    window.history.replaceState(window.history.state, "", `${location.pathname}?${query}`);
  }

  /* Which tab is open: told by ui.py when one is chosen, at first by the address. */
  function tab(name) {
    if (page.tab === name) return;
    page.tab = document.documentElement.dataset.tab = name;
    emit("tab", name);
    link();
  }

  /* The query that a tab is opened with, as long as the page was opened for this tab: the address
   * bar may have been written to before the tab is mounted. */
  const opening = location.search;
  const asked = (name) => (new URLSearchParams(opening).get("tab") === name ? opening : location.search);

  /* Opens a tab as a click on its name does. */
  function visit(name) {
    // on a narrow screen gradio keeps some of them in a menu
    const button = [...document.querySelectorAll('#lx-tabs :is([role="tab"], .overflow-dropdown button)')]
      .find((each) => each.textContent.trim().toLowerCase() === name);
    if (button) button.click();
  }

  /* ---- parts ---- */
  function mount(name, element, gradio) {
    parts[name](element, gradio);
    element.dataset.mounted = "1";
  }

  /* Calls draw with the first value and with every later one that Python sends. */
  function values(gradio, draw) {
    gradio.watch("value", () => gradio.props.value && draw(gradio.props.value));
    if (gradio.props.value) draw(gradio.props.value);
  }

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "class") element.className = value;
      else if (value !== null && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  /* Parses "[3,1,0,6]", "3 1 0 6" or "3.1.0.6" for this model; throws a sentence. */
  function parse(text, model) {
    const accepted = `${model.positions} codes from 0 to ${model.values - 1}, such as ` +
      written(Array.from({ length: model.positions }, (_, p) => (p * 3 + 3) % model.values));
    const words = text.replace(/^[\s[(]+|[\s\])]+$/g, "").split(/[\s,.;]+/).filter(Boolean);
    if (!words.length) throw new Error(`Nothing was entered. Accepted: ${accepted}.`);
    const wrong = words.find((word) => !/^\d+$/.test(word));
    if (wrong !== undefined) throw new Error(`“${wrong}” is not a code. Accepted: ${accepted}.`);
    if (words.length !== model.positions) {
      throw new Error(`That is ${words.length} code${words.length === 1 ? "" : "s"}. Accepted: ${accepted}.`);
    }
    const codes = words.map(Number);
    const position = codes.findIndex((code) => code >= model.values);
    if (position >= 0) {
      throw new Error(`Code ${codes[position]} at position ${position} does not exist. Accepted: ${accepted}.`);
    }
    return codes;
  }

  return {
    state, page, on, emit, wish, address, asked, tab, visit, link, go, look, step, steps, receive, clip, written, same, make, parse, values,
    mount, part: (name, set) => (parts[name] = set),
    connect: (send) => { wire.send = send; fly(); },
    idle: () => !wire.flying && !wire.next,
  };
})();
{
  const asked = new URLSearchParams(location.search).get("tab");
  Lapa.tab(["imagine", "policy", "transfer", "atlas", "learn", "checkup"].includes(asked) ? asked : "explore");
}
