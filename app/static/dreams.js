/* The dream's state in the browser: its tree of moments, where one stands, and what is pressed.
 *
 * The server keeps the dream; what is here is what it told. Parts change it through Lapa.dream and
 * redraw on the topics "dream" (tree or place changed), "dream-look" (how it is shown), "dream-say"
 * and "dream-answer".
 */
(() => {
  "use strict";
  const asked = new URLSearchParams(Lapa.asked("imagine"));
  const dream = {
    start: null, positions: 0, values: 0, gap: 0, embodiment: "", aspect: 1, longest: 0, most: 0,
    keys: [], nodes: [], here: 0, tip: 0, action: null, position: 0, rate: 10, horizon: 64,
    pins: [], mode: "drive", flow: null, waiting: false, diff: false,
    replay: { every: 0, steps: [], f: 0, at: 0, longest: 0, sentence: "" },
  };
  const wire = { send: null, flying: null, queue: [], seq: 0 };

  /* ---- the tree ---- */
  function line(to = dream.tip) {
    const found = [];
    for (let at = dream.nodes[to]; at; at = at.parent === null ? null : dream.nodes[at.parent]) found.unshift(at);
    return found;
  }

  const node = () => dream.nodes[dream.here];
  const children = (n) => dream.nodes.filter((each) => each.parent === n);

  /* The tree as a link has it, and the new number of every moment (dream_links.py reads it). */
  function written() {
    const order = new Map([[0, 0]]), chains = [];
    const grow = (from) => {
      const sprouts = children(from);
      for (const first of sprouts) {
        const words = [];
        let at = first;
        const later = [];
        while (at) {
          order.set(at.n, order.size);
          words.push(at.codes.join("."));
          const next = children(at.n);
          if (next.length > 1) later.push(at.n);
          at = next.length === 1 ? next[0] : null;
        }
        const from_ = order.get(first.parent);
        chains.push((from_ ? `@${from_}:` : "") + packed(words));
        later.forEach(grow);
      }
    };
    if (dream.nodes.length) grow(0);
    return { text: chains.join("~"), order };
  }

  function packed(words) {
    const runs = [];
    for (const word of words) {
      if (runs.length && runs[runs.length - 1][0] === word) runs[runs.length - 1][1] += 1;
      else runs.push([word, 1]);
    }
    return runs.map(([word, n]) => (n > 1 ? `${word}*${n}` : word)).join("_");
  }

  /* ---- the wire: presses one at a time, of two steps that wait only the latest ---- */
  function ask(op, data = {}) {
    if (op === "step") wire.queue = wire.queue.filter((wish) => wish.op !== "step");
    wire.queue.push({ op, seq: ++wire.seq, ...data });
    fly();
  }

  function fly() {
    if (wire.flying || !wire.queue.length || !wire.send) return;
    wire.flying = wire.queue.shift();
    Lapa.emit("dream-busy", true);
    wire.send("asked", wire.flying);
  }

  /* What goes on for a while; only one thing does. */
  function flow(kind, op, data = {}) {
    halt();
    dream.flow = { seq: ++wire.seq, op, total: 0, done: 0 };
    wire.send(kind, { op, seq: wire.seq, ...data });
    Lapa.emit("dream-flow", dream.flow);
  }

  function halt() {
    if (dream.flow) wire.send("acting", { op: "halt" });
  }

  const act = () => dream.flow && dream.flow.op === "play" &&
    wire.send("acting", { op: "act", a: pressed(), rate: dream.rate });

  /* ---- what the server told ---- */
  function receive(record) {
    const { flying } = wire;
    if (flying && record.seq === flying.seq) {
      wire.flying = null;
      Lapa.emit("dream-busy", wire.queue.length > 0);
      fly();
    } else if (!dream.flow || record.seq !== dream.flow.seq) return;
    const hear = heard[record.kind];
    if (hear) hear(record);
    Lapa.emit("dream-answer", record);
  }

  const heard = {
    begun(record) {
      const { start, positions, values, gap, embodiment, aspect, keys, longest, most } = record;
      const strange = !dream.start || dream.start.m !== start.m || dream.embodiment !== embodiment;
      const other = !dream.start || dream.start.c !== start.c;
      Object.assign(dream, { start, positions, values, gap, embodiment, aspect, longest, most,
        nodes: [], pins: [], here: 0, tip: 0 });
      dream.replay = { ...dream.replay, steps: [], f: other ? 0 : dream.replay.f, at: 0, longest, sentence: "" };
      if (strange || !dream.action) {
        dream.keys = keys;
        dream.action = (keys.find((key) => key.name === "stay") || keys[0]).codes;
        Lapa.emit("dream-keys", keys);
      }
      say("");
      keep(record.steps);
      changed();
    },
    grown(record) {
      keep(record.steps);
      if (dream.flow) dream.flow.done += record.steps.length;
      if ("here" in record) dream.here = dream.tip = record.here;
      changed();
    },
    here(record) {
      stand(record.here);
      if (record.pins) dream.pins = record.pins.filter((pin) => dream.nodes[pin]);
      if (record.note) say(record.note);
      changed();
    },
    many: (record) => (dream.flow.total = record.total),
    queued: (record) => say(record.ahead === 1 ? "One other is playing; you are next."
      : `${record.ahead} others come before you.`),
    over: (record) => say(record.why),
    note: (record) => say(record.note),
    error: (record) => say(record.error, true),
    replay: (record) => {
      dream.replay = { ...dream.replay, steps: [], at: 0, f: record.f,
        longest: record.longest, sentence: "" };
      if (dream.flow) dream.flow.total = record.longest;
      Lapa.emit("dream-replay", dream.replay);
    },
    replayed: (record) => {
      dream.replay.steps.push(record);
      if (dream.flow) dream.flow.done += 1;
      dream.replay.at = dream.replay.steps.length;
      Lapa.emit("dream-replay", dream.replay);
    },
    judged: (record) => {
      dream.replay.sentence = record.sentence;
      Lapa.emit("dream-replay", dream.replay);
    },
    ended() {
      dream.flow = null;
      Lapa.emit("dream-flow", null);
      changed();
    },
  };

  function keep(steps) {
    for (const step of steps) dream.nodes[step.n] = step;
  }

  function stand(n) {
    if (!dream.nodes[n]) return;
    if (!line().some((each) => each.n === n)) dream.tip = n;
    dream.here = n;
  }

  function changed() {
    Lapa.emit("dream", dream);
    if (!dream.flow) Lapa.link();
  }

  function say(text, wrong = false) {
    Lapa.emit("dream-say", { text, wrong });
  }

  /* ---- what one does ---- */
  let held = null;
  const pressed = () => held || dream.action;

  /* A key of the pad goes down: while it plays, that is what is done until it goes up. */
  function hold(codes) {
    held = codes;
    if (dream.flow && dream.flow.op === "play") act();
    else if (codes && dream.nodes.length) step(codes);
  }

  function step(codes = pressed()) {
    halt();
    ask("step", { a: codes });
  }

  function go(n) {
    if (!dream.nodes[n]) return;
    halt();
    wire.queue = wire.queue.filter((wish) => wish.op !== "go" && wish.op !== "step");
    stand(n);
    Lapa.emit("dream", dream);
    ask("go", { n });
  }

  function undo() {
    const at = node();
    if (at && at.parent !== null) go(at.parent);
  }

  function choose(action) {
    dream.action = action;
    act();
    Lapa.emit("dream-look", dream);
  }

  function begin(start) {
    halt();
    wire.queue = [];
    ask("begin", start || dream.start);
  }

  const play = () => flow("playing", "play",
    { a: pressed(), rate: dream.rate, horizon: dream.horizon });

  function look(change) {
    Object.assign(dream, change);
    if ("rate" in change) act();
    Lapa.emit("dream-look", dream);
    Lapa.link();
  }

  /* ---- the link ---- */
  Lapa.on("link", (query) => {
    for (const name of ["d", "q", "k", "pp", "e", "r", "rf"]) query.delete(name);
    if (Lapa.page.tab !== "imagine" || !dream.start) return;
    query.set("m", dream.start.m);
    query.set("c", dream.start.c);
    query.set("f", dream.start.f);
    if (dream.mode === "replay") {
      query.set("d", "replay");
      query.set("e", dream.replay.every);
      query.set("rf", dream.replay.f);
      if (dream.replay.steps.length) query.set("r", dream.replay.at);
    }
    const { text, order } = written();
    if (!text) return;
    query.set("q", text);
    query.set("k", order.get(dream.here));
    if (dream.pins.length) query.set("pp", dream.pins.map((pin) => order.get(pin)).join("."));
  });

  /* What the address asked for when the page was opened; told once. */
  function wanted() {
    if (asked.get("tab") !== "imagine") return null;
    const found = { tree: asked.get("q") || "", here: Number(asked.get("k")) || 0,
      pins: (asked.get("pp") || "").split(".").filter(Boolean).map(Number).filter(Number.isInteger),
      replay: asked.get("d") === "replay", every: Number(asked.get("e")) || 0,
      f: Number(asked.get("rf")) || 0,
      at: asked.get("r") === null ? null : Number(asked.get("r")) || 0 };
    asked.delete("tab");
    return found;
  }

  Lapa.dream = { ...{ line, node, children, ask, flow, halt, hold, step, go, undo, choose, begin,
    play, look, receive, say, pressed, wanted, written }, state: dream,
  connect: (send) => { wire.send = send; fly(); } };
})();
