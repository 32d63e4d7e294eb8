/* The player: the canvas with its keys, transport, start of the dream, and the replay beside it. */
Lapa.part("dream", (element, gradio) => {
  "use strict";
  const { dream } = Lapa, { state } = dream;
  const $ = (selector) => element.querySelector(selector);
  const at = (name) => $(`[data-at="${name}"]`);
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
    const image = await Lapa.images.load(node.src);
    // every frame of a playing dream is painted, also when the next one is on its way already
    if (turn < painted) return;
    painted = turn;
    Lapa.images.plain(imagined, image);
    if (!state.flow) {
      root.style.setProperty("--aspect", state.aspect);
      imagined.setAttribute("aria-label", `Imagined frame at step ${node.step}`);
    }
    at("step").textContent = `step ${node.step} of ${state.horizon}${node.codes ? ` · ${Lapa.written(node.codes)}` : ""}`;
    mark(node.step, node.n);
  }

  async function paintReplay(turn) {
    const { replay } = state, step = replay.steps[Math.max(0, replay.at - 1)];
    if (!step) return;
    const [left, right] = await Promise.all([step.imagined, step.true].map(Lapa.images.load));
    if (turn !== drawn) return;
    root.style.setProperty("--aspect", state.aspect);
    if (state.diff) Lapa.images.heat(imagined, right, left);
    else Lapa.images.plain(imagined, left);
    Lapa.images.plain(actual, right);
    const count = replay.steps.length;
    at("step").textContent = `step ${step.step} of ${replay.longest} · ${step.psnr.toFixed(1)} dB${step.anchored ? " · from the true frame" : ""}`;
    at("true").textContent = `inferred ${Lapa.written(step.codes)}`;
    mark(replay.at, count);
  }

  function mark(step, number) {
    root.dataset.step = step;
    root.dataset.moment = number;
    root.dataset.painted = Number(root.dataset.painted || 0) + 1;
  }

  /* The line on the curve that stands where the pictures do; the curve itself is Python's. */
  function playhead() {
    const plot = document.querySelector("#lx-curve .js-plotly-plot");
    if (state.mode !== "replay" || state.flow || !window.Plotly || !plot || !plot.layout) return;
    const at = state.replay.at;
    const line = { type: "line", xref: "x", yref: "paper", x0: at, x1: at, y0: 0, y1: 1, line: { color: "#808690", width: 1.5 } };
    window.Plotly.relayout(plot, { "shapes[1]": line });
  }

  /* ---- transport ---- */
  function transport() {
    const { flow, mode, replay } = state, busy = Boolean(flow), drive = mode === "drive";
    const line = dream.line(), node = dream.node();
    head.max = drive ? Math.max(0, line.length - 1) : replay.steps.length;
    head.value = drive ? (node ? node.step : 0) : replay.at;
    head.disabled = Number(head.max) < 1;
    $('[data-do="play"] span').textContent = busy ? "Pause" : drive ? "Play" : "Replay";
    $('[data-do="play"] path').setAttribute("d", busy ? "M4 3h3v10H4zM9 3h3v10H9z" : "M5 3v10l8-5z");
    $('[data-do="play"]').classList.toggle("on", busy);
    $('[data-do="undo"]').disabled = drive ? !node || node.parent === null : replay.at < 1;
    root.dataset.mode = mode;
    root.dataset.playing = busy ? "1" : "";
    document.body.classList.toggle("lx-replaying", !drive);
    for (const each of element.querySelectorAll("[data-only]")) each.hidden = each.dataset.only !== mode;
    for (const each of element.querySelectorAll("[data-mode]")) {
      if (!each.matches("button")) continue;
      each.setAttribute("aria-checked", each.dataset.mode === mode);
      each.tabIndex = each.dataset.mode === mode ? 0 : -1;
    }
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
    $(".lx-anchor output").textContent = n === 1 ? "at every step (teacher-forced)"
      : n >= longest ? "never (closed loop)" : `every ${n} steps`;
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
      Lapa.emit("dream-replay", state.replay);
      Lapa.link();
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
    random: () => dream.choose(Array.from({ length: state.positions }, () => Math.floor(Math.random() * state.values))),
    diff: () => { dream.look({ diff: !state.diff }); transport(); paint(); },
    edit: () => Lapa.emit("dream-edit"),
  };

  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do], [data-mode]");
    if (!button || !element.contains(button) || !button.matches("button")) return;
    if (button.dataset.mode) mode(button.dataset.mode);
    else doing[button.dataset.do]();
  });
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
    if (/^[1-9]$/.test(pressed) && Number(pressed) <= state.values) set(Number(pressed) - 1);
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
    if (!found) return Lapa.emit("dream-say", { text: `No latent action was learned for “${name}” of this robot; choose one with Edit.`, wrong: true });
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
    for (const each of element.querySelectorAll("[data-key]")) each.classList.toggle("down", down.includes(each.dataset.key));
    at("keys").hidden = !down.length;
    at("keys").textContent = down.join(" + ");
  }

  player.addEventListener("keydown", key);
  player.addEventListener("keyup", (event) => release(NAMED[event.key.length === 1 ? event.key.toLowerCase() : event.key]));
  player.addEventListener("blur", () => { [...down].forEach(release); });
  player.addEventListener("pointerdown", () => player.focus());
  document.addEventListener("visibilitychange", () => document.hidden && dream.halt());
  Lapa.on("dream-press", ({ name, up }) => (up ? release(name) : press(name, false)));

  /* ---- the start ---- */
  function options(select, list, chosen) {
    select.replaceChildren(...list.map(([value, text]) => Lapa.make("option", { value }, text)));
    select.value = chosen;
  }

  function starts() {
    const { start } = state;
    if (!start) return;
    const clip = Lapa.page.clips.find((each) => each.id === start.c);
    const robot = clip ? clip.embodiment : state.embodiment;
    options(robots, [...new Set(Lapa.page.clips.map((each) => each.embodiment))].sort().map((name) => [name, name]), robot);
    const own = Lapa.page.clips.filter((each) => each.embodiment === robot);
    options(clips, own.map((each, i) => [each.id, `${each.uploaded ? each.task || "your upload" : each.instruction || each.task} · ${i + 1}`]), start.c);
    frame.max = clip ? clip.frames - 1 : 0;
    frame.value = state.mode === "replay" ? state.replay.f : start.f;
    frame.disabled = !clip || clip.frames < 2;
    $(".lx-from output").textContent = frame.value;
  }

  function from(clip, f = clip.opening) {
    dream.begin({ m: Lapa.state.m, c: clip.id, f });
  }

  robots.addEventListener("change", () => from(Lapa.page.clips.find((each) => each.embodiment === robots.value)));
  clips.addEventListener("change", () => from(Lapa.page.clips.find((each) => each.id === clips.value)));
  frame.addEventListener("input", () => ($(".lx-from output").textContent = frame.value));
  frame.addEventListener("change", () => {
    if (state.mode !== "replay") return dream.begin({ ...state.start, f: Number(frame.value) });
    Object.assign(state.replay, { f: Number(frame.value), every: 0 });
    replay();
  });

  /* The dream begins where Explore stands, when the tab is first seen, or as a link says. A dream
     in which something was done stays when Explore moves on. */
  function arrive() {
    const page = Lapa.state;
    if (!visible || !page.c || !page.m || !Lapa.page.model || Lapa.page.model.error) return;
    const here = { m: page.m, c: page.c, f: page.f };
    if (opening) {
      const wish = opening;
      opening = null;
      state.mode = wish.replay ? "replay" : "drive";
      Object.assign(state.replay, { every: wish.every, f: wish.f });
      if (wish.tree) dream.flow("playing", "rebuild", { ...here, tree: wish.tree, here: wish.here, pins: wish.pins });
      else dream.begin(here);
      if (wish.replay) restore(wish);
    } else if (!followed || (state.nodes.length < 2 && state.mode === "drive" && !Lapa.same(followed, here))) {
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
    Lapa.on("dream", () => {
      if (begun || state.flow || !state.nodes.length) return;
      begun = true;
      restoring = false;
      state.replay.f = wish.f;
      replay();
      if (wish.at !== null) Lapa.on("dream-flow", (flow) => { if (!flow && wish.at !== null) { walk(wish.at); wish.at = null; } });
    });
  }

  new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    if (visible) arrive();
    else if (element.offsetParent === null) dream.halt();
  }).observe(root);

  function say({ text, wrong }) {
    $(".lx-says").textContent = text;
    root.classList.toggle("wrong", Boolean(wrong));
  }

  /* While it plays only what changes with every frame is touched. */
  function all() {
    if (state.flow && state.flow.op === "play") {
      const node = dream.node();
      head.max = head.value = node ? node.step : 0;
    } else transport();
    paint();
  }

  Lapa.on("dream", all);
  Lapa.on("dream-look", () => { transport(); paint(); });
  Lapa.on("dream-flow", transport);
  Lapa.on("dream-replay", () => { all(); say({ text: state.replay.sentence }); playhead(); });
  // the curve is drawn anew a moment after the last step
  Lapa.on("dream-flow", (flow) => flow || [300, 1500, 4000].forEach((later) => setTimeout(playhead, later)));
  Lapa.on("dream-say", say);
  Lapa.on("dream-busy", (busy) => root.setAttribute("aria-busy", busy));
  Lapa.on("dream-answer", (record) => {
    if (record.clip) Lapa.page.clips = [record.clip, ...Lapa.page.clips.filter((each) => each.id !== record.clip.id)];
    if (record.kind === "begun") starts();
    if (record.kind === "begun" && state.mode === "replay" && record.op !== "rebuild" && !restoring && !state.flow) replay();
    if (!state.flow || state.flow.op !== "play") progress();
  });
  Lapa.on("opened", arrive);
  Lapa.on("shown", arrive);
  Lapa.on("catalogue", starts);
  Lapa.wheel(root);
  dream.connect((event, data) => gradio.trigger(event, data));
  Lapa.values(gradio, dream.receive);
  transport();
});
