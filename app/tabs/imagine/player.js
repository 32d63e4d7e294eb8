// @ts-check
/* The player: the canvas with its keys, transport, start of the dream, and the replay beside it. */
import { random, same, written } from "../../web/codes.js";
import { around, finders, make, markChosen } from "../../web/dom.js";
import * as images from "../../web/images.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import * as dream from "./store.js";
import { wheel } from "./wheel.js";
import { PLAYER } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const { state } = dream;
  dream.connect(gradio);
  const { $, $$, at } = finders(element);
  const root = $(".lx-dreamer"), player = $(".lx-player"), head = $(".lx-head");
  const imagined = $(".lx-imagined"), actual = $(".lx-actual");
  const every = $('[data-set="every"]'), frame = $('[data-pick="frame"]');
  const robots = $('[data-pick="embodiment"]'), clips = $('[data-pick="clip"]');
  let drawn = 0, painted = 0, visible = false, opening = dream.wanted(), slow = 0, restoring = false, followed = null;

  /* ---- pictures ---- */
  async function paint() {
    const turn = ++drawn;
    if (state.mode === "replay") return paintReplay(turn);
    const node = dream.node();
    if (!node) return;
    const image = await images.load(node.src);
    // every frame of a playing dream is painted, also when the next one is on its way already
    if (turn < painted) return;
    painted = turn;
    images.plain(imagined, image);
    if (!state.flow) {
      root.style.setProperty("--aspect", state.aspect);
      imagined.setAttribute("aria-label", PLAYER.heard(node.step));
    }
    at("step").textContent = PLAYER.step(node.step, state.horizon, node.codes ? written(node.codes) : "");
    mark(node.step, node.n);
  }

  async function paintReplay(turn) {
    const { replay } = state, step = replay.steps[Math.max(0, replay.at - 1)];
    if (!step) return;
    const [left, right] = await Promise.all([step.imagined, step.true].map(images.load));
    if (turn !== drawn) return;
    root.style.setProperty("--aspect", state.aspect);
    if (state.diff) images.heat(imagined, right, left);
    else images.plain(imagined, left);
    images.plain(actual, right);
    const count = replay.steps.length;
    at("step").textContent = PLAYER.replayed(step.step, replay.longest, step.psnr, step.anchored);
    at("true").textContent = PLAYER.inferred(written(step.codes));
    mark(replay.at, count);
  }

  function mark(step, number) {
    root.dataset.step = step;
    root.dataset.moment = number;
    root.dataset.painted = Number(root.dataset.painted || 0) + 1;
  }

  /* The line on the curve that stands where the pictures do; the curve itself is Python's. */
  function playhead() {
    const { Plotly } = /** @type {any} */ (window);
    const plot = /** @type {any} */ (document.querySelector("#lx-curve .js-plotly-plot"));
    if (state.mode !== "replay" || state.flow || !Plotly || !plot || !plot.layout) return;
    const at = state.replay.at;
    const line = { type: "line", xref: "x", yref: "paper", x0: at, x1: at, y0: 0, y1: 1, line: { color: "#808690", width: 1.5 } };
    Plotly.relayout(plot, { "shapes[1]": line });
  }

  /* ---- transport ---- */
  function transport() {
    const { flow, mode, replay } = state, busy = Boolean(flow), drive = mode === "drive";
    const line = dream.line(), node = dream.node();
    head.max = drive ? Math.max(0, line.length - 1) : replay.steps.length;
    head.value = drive ? (node ? node.step : 0) : replay.at;
    head.disabled = Number(head.max) < 1;
    $('[data-do="play"] span').textContent = busy ? PLAYER.pause : drive ? PLAYER.play : PLAYER.replay;
    $('[data-do="play"] path').setAttribute("d", busy ? "M4 3h3v10H4zM9 3h3v10H9z" : "M5 3v10l8-5z");
    $('[data-do="play"]').classList.toggle("on", busy);
    $('[data-do="undo"]').disabled = drive ? !node || node.parent === null : replay.at < 1;
    root.dataset.mode = mode;
    root.dataset.playing = busy ? "1" : "";
    document.body.classList.toggle("lx-replaying", !drive);
    for (const each of $$("[data-only]")) each.hidden = each.dataset.only !== mode;
    markChosen($$("button[data-mode]"), (button) => button.dataset.mode === mode);
    $(".lx-real").hidden = drive;
    $(".lx-drive").hidden = !drive;
    $('[data-do="diff"]').setAttribute("aria-pressed", state.diff);
    anchor();
    progress();
  }

  function progress() {
    const { flow } = state;
    const shown = Boolean(flow && flow.total > 8);
    $(".lx-progress").hidden = !shown;
    if (shown) $("progress").value = flow.done / flow.total;
  }

  function anchor() {
    const longest = Math.max(2, state.replay.longest);
    every.max = longest;
    every.value = state.replay.every || longest;
    const n = Number(every.value);
    $(".lx-anchor output").textContent = n === 1 ? PLAYER.always
      : n >= longest ? PLAYER.never : PLAYER.every(n);
  }

  function playOrPause() {
    if (state.flow) return dream.halt();
    if (state.mode === "replay") replay();
    else dream.play();
  }

  function replay() {
    const { f } = state.replay;
    dream.flow("replaying", "replay", { f, every: state.replay.every || state.replay.longest || 1000 });
  }

  function mode(to) {
    dream.halt();
    dream.look({ mode: to });
    transport();
    paint();
    starts();
    if (to === "replay" && !state.replay.steps.length && state.start) replay();
  }

  function walk(to) {
    if (state.mode === "replay") {
      state.replay.at = Math.min(Math.max(0, to), state.replay.steps.length);
      emit("dream-replay", state.replay);
      store.link();
    } else {
      const there = dream.line()[to];
      if (there) dream.go(there.n);
    }
  }

  const doing = {
    play: playOrPause,
    step: () => (state.mode === "replay" ? walk(state.replay.at + 1) : dream.step()),
    undo: () => (state.mode === "replay" ? walk(state.replay.at - 1) : dream.undo()),
    reset: () => dream.begin(),
    cancel: () => dream.halt(),
    random: () => dream.choose(random(state)),
    diff: () => { dream.look({ diff: !state.diff }); transport(); paint(); },
    edit: () => emit("dream-edit"),
  };

  element.addEventListener("click", (event) => {
    const button = around(event, "[data-do], [data-mode]");
    if (!button || !element.contains(button) || !button.matches("button")) return;
    if (button.dataset.mode) mode(button.dataset.mode);
    else doing[button.dataset.do]();
  });
  $('[data-set="rate"]').value = state.rate;
  $('[data-set="horizon"]').value = state.horizon;
  head.addEventListener("input", () => walk(Number(head.value)));
  $('[data-set="rate"]').addEventListener("change", (event) => dream.look({ rate: Number(event.target.value) }));
  $('[data-set="horizon"]').addEventListener("change", (event) => dream.look({ horizon: Number(event.target.value) }));
  every.addEventListener("input", () => { state.replay.every = Number(every.value); anchor(); });
  every.addEventListener("change", () => { dream.halt(); clearTimeout(slow); slow = setTimeout(() => state.mode === "replay" && replay(), 60); });

  /* ---- keys: only while the picture has the focus ---- */
  const NAMED = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", g: "close", o: "open", s: "stay" };
  const PRESSES = { " ": "play", Enter: "step", u: "undo", Backspace: "undo", r: "reset" };
  const down = [];

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const named = NAMED[pressed];
    if (/^\d$/.test(pressed) && Number(pressed) < state.values) set(Number(pressed));
    else if (pressed === "p") dream.look({ position: (state.position + 1) % state.positions });
    else if (PRESSES[pressed]) { if (!event.repeat || pressed !== " ") doing[PRESSES[pressed]](); }
    else if (named) press(named, event.repeat);
    else return;
    event.preventDefault();
  }

  function set(code) {
    dream.choose(state.action.map((old, p) => (p === state.position ? code : old)));
  }

  function press(name, again) {
    if (state.mode !== "drive") return name === "left" ? walk(state.replay.at - 1) : name === "right" ? walk(state.replay.at + 1) : null;
    const found = state.keys.find((each) => each.name === name);
    if (!found) return dream.say(PLAYER.unlearned(name), true);
    if (!down.includes(name)) down.push(name);
    if (again && state.flow) return;
    dream.hold(found.codes);
    lit();
  }

  function release(name) {
    const place = down.indexOf(name);
    if (place < 0) return;
    down.splice(place, 1);
    const last = state.keys.find((each) => each.name === down[down.length - 1]);
    if (state.flow) dream.hold(last ? last.codes : null);
    else if (!last) dream.hold(null);
    lit();
  }

  function lit() {
    for (const each of $$("[data-key]")) each.classList.toggle("down", down.includes(each.dataset.key));
    at("keys").hidden = !down.length;
    at("keys").textContent = down.join(" + ");
  }

  player.addEventListener("keydown", key);
  player.addEventListener("keyup", (event) => release(NAMED[event.key.length === 1 ? event.key.toLowerCase() : event.key]));
  player.addEventListener("blur", () => { [...down].forEach(release); });
  player.addEventListener("pointerdown", () => player.focus());
  document.addEventListener("visibilitychange", () => document.hidden && dream.halt());
  on("dream-press", ({ name, up }) => (up ? release(name) : press(name, false)));

  /* ---- the start ---- */
  function options(select, list, chosen) {
    select.replaceChildren(...list.map(([value, text]) => make("option", { value }, text)));
    select.value = chosen;
  }

  function starts() {
    const { start } = state;
    if (!start) return;
    const clip = store.page.clips.find((each) => each.id === start.c);
    const robot = clip ? clip.embodiment : state.embodiment;
    options(robots, [...new Set(store.page.clips.map((each) => each.embodiment))].sort().map((name) => [name, name]), robot);
    const own = store.page.clips.filter((each) => each.embodiment === robot);
    options(clips, own.map((each, i) => [each.id, `${each.uploaded ? each.task || PLAYER.upload : each.instruction || each.task} · ${i + 1}`]), start.c);
    frame.max = clip ? clip.frames - 1 : 0;
    frame.value = state.mode === "replay" ? state.replay.f : start.f;
    frame.disabled = !clip || clip.frames < 2;
    $(".lx-from output").textContent = frame.value;
  }

  function from(clip, f = clip.opening) {
    dream.begin({ m: store.state.m, c: clip.id, f });
  }

  robots.addEventListener("change", () => from(store.page.clips.find((each) => each.embodiment === robots.value)));
  clips.addEventListener("change", () => from(store.page.clips.find((each) => each.id === clips.value)));
  frame.addEventListener("input", () => ($(".lx-from output").textContent = frame.value));
  frame.addEventListener("change", () => {
    if (state.mode !== "replay") return dream.begin({ ...state.start, f: Number(frame.value) });
    Object.assign(state.replay, { f: Number(frame.value), every: 0 });
    replay();
  });

  /* The dream begins where Explore stands, when the tab is first seen, or as a link says. A dream
     in which something was done stays when Explore moves on. */
  function arrive() {
    const page = store.state;
    if (!visible || !page.c || !page.m || !store.page.model || store.page.model.error) return;
    const here = { m: page.m, c: page.c, f: page.f };
    if (opening) {
      const wish = opening;
      opening = null;
      state.mode = wish.replay ? "replay" : "drive";
      Object.assign(state.replay, { every: wish.every, f: wish.f });
      if (wish.tree) dream.flow("playing", "rebuild", { ...here, tree: wish.tree, here: wish.here, pins: wish.pins });
      else dream.begin(here);
      if (wish.replay) restore(wish);
    } else if (!followed || (state.nodes.length < 2 && state.mode === "drive" && !same(followed, here))) {
      dream.begin(here);
    } else if (followed && followed.m !== here.m) {
      dream.begin({ ...state.start, m: here.m });
    }
    followed = here;
  }

  /* A replay of a link runs once its dream is there, and stops at the step that was shown. */
  function restore(wish) {
    let begun = false;
    restoring = true;
    on("dream", () => {
      if (begun || state.flow || !state.nodes.length) return;
      begun = true;
      restoring = false;
      state.replay.f = wish.f;
      replay();
      if (wish.at !== null) on("dream-flow", (flow) => { if (!flow && wish.at !== null) { walk(wish.at); wish.at = null; } });
    });
  }

  new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    if (visible) arrive();
    else if (element.offsetParent === null) dream.halt();
  }).observe(root);

  function say({ text, wrong = false }) {
    $(".lx-says").textContent = text;
    root.classList.toggle("wrong", wrong);
  }

  /* While it plays only what changes with every frame is touched. */
  function all() {
    if (state.flow && state.flow.op === "play") {
      const node = dream.node();
      head.max = head.value = node ? node.step : 0;
    } else transport();
    paint();
  }

  on("dream", all);
  on("dream-look", () => { transport(); paint(); });
  on("dream-flow", transport);
  on("dream-replay", () => { all(); say({ text: state.replay.sentence }); playhead(); });
  // the curve is drawn anew a moment after the last step
  on("dream-flow", (flow) => flow || [300, 1500, 4000].forEach((later) => setTimeout(playhead, later)));
  on("dream-say", say);
  on("dream-busy", (busy) => root.setAttribute("aria-busy", busy));
  on("dream-answer", (record) => {
    if (record.clip) store.page.clips = [record.clip, ...store.page.clips.filter((each) => each.id !== record.clip.id)];
    if (record.kind === "begun") starts();
    if (record.kind === "begun" && state.mode === "replay" && record.op !== "rebuild" && !restoring && !state.flow) replay();
    if (!state.flow || state.flow.op !== "play") progress();
  });
  on("opened", arrive);
  on("shown", arrive);
  on("catalogue", starts);
  wheel(root);
  transport();
}
