/* The tab Policy's form: what is to be run, and the one run that goes on. */
Lapa.part("policy", (element, gradio) => {
  "use strict";
  const PAUSE_MS = 350, BEGIN_MS = 90000, SEEDS = 100000, SENDING_MS = 60000;
  const $ = (selector) => element.querySelector(selector), at = (name) => $(`[data-at="${name}"]`);
  const pick = (name) => $(`[data-pick="${name}"]`);
  const { ask, answer } = Lapa.wire(gradio);
  let about = null, choice = null, begun = null, link = "", opened = false, turn = 0, pause = 0, seen = false;
  const going = new Set();

  async function open() {
    if (opened || Lapa.page.tab !== "policy") return;
    opened = true;
    const found = await ask("open", { query: Lapa.asked("policy") });
    if (found.error) { opened = false; return say(found.error); }
    about = found.about;
    at("notes").replaceChildren(...found.notes.map((note) => Lapa.make("p", {}, note)));
    at("problem").hidden = !about.problem;
    at("problem").textContent = about.problem;
    at("fields").hidden = Boolean(about.problem);
    Lapa.emit("policy-about", about);
    if (about.problem) return;
    draw(found.choice);
    change(found.choice, true);
  }

  /* ---- the form ---- */
  function draw(first) {
    for (const name of ["kind", "embodiment", "theme"]) {
      pick(name).replaceChildren(...about[`${name}s`].map(([value, words]) => Lapa.make("option", { value }, words)));
    }
    pick("recording").replaceChildren(...about.recordings.map(({ id, words }) => Lapa.make("option", { value: id }, words)));
    segments("from", [["live", "in the simulator"], ["recorded", "with a recording"]], (value) => {
      const recording = value === "recorded" ? about.recordings[0].id : "";
      change({ recording, frame: 0, instruction: "" }, true);
    });
    segments("policy", about.policies, (value) => change({ policy: value }, false));
    if (!about.recordings.length) pick("from").parentElement.hidden = true;
    if (about.policies.length < 2) pick("policy").parentElement.hidden = true;
    choice = first;
  }

  function segments(name, all, chosen) {
    pick(name).replaceChildren(...all.map(([value, words]) => Lapa.make("button", {
      type: "button", role: "radio", "data-value": value, onclick: () => chosen(value), onkeydown: arrows,
    }, words)));
  }

  function arrows(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = [...event.currentTarget.parentElement.children];
    const to = all[(all.indexOf(event.currentTarget) + by + all.length) % all.length];
    to.focus();
    to.click();
  }

  function check(name, value) {
    for (const button of pick(name).children) {
      const chosen = button.dataset.value === value;
      button.setAttribute("aria-checked", chosen);
      button.tabIndex = chosen ? 0 : -1;
    }
  }

  function show() {
    const recorded = Boolean(choice.recording);
    for (const part of element.querySelectorAll("[data-only]")) part.hidden = (part.dataset.only === "recorded") !== recorded;
    check("from", recorded ? "recorded" : "live");
    check("policy", choice.policy);
    for (const name of ["kind", "embodiment", "theme", "seed"]) pick(name).value = choice[name];
    if (recorded) {
      const last = about.recordings.find(({ id }) => id === choice.recording).frames - 2;
      pick("recording").value = choice.recording;
      pick("frame").max = last;
      pick("frame").value = choice.frame;
      at("index").textContent = `From frame ${choice.frame} of ${last}`;
    }
  }

  /* ---- what is chosen ---- */
  function change(more, anew) {
    choice = { ...choice, ...more };
    show();
    clearTimeout(pause);
    if (anew) pause = setTimeout(begin, PAUSE_MS);
    else Lapa.emit("policy-actor", choice.policy);
  }

  async function begin() {
    const mine = ++turn;
    stop();
    say("");
    begun = null;
    seen = false;
    going.clear();
    buttons();
    $(".po-form").setAttribute("aria-busy", "true");
    const found = await ask("begin", choice, BEGIN_MS);
    if (mine !== turn) return null;
    $(".po-form").setAttribute("aria-busy", "false");
    if (found.error) {
      buttons();
      if (!found.blind || choice.recording || !about.recordings.length) { say(found.error); return null; }
      // pictures cannot be drawn here: what was recorded elsewhere can be seen
      at("notes").append(Lapa.make("p", {}, `${found.error} Recorded episodes are shown instead.`));
      change({ recording: about.recordings[0].id, frame: 0, instruction: "" }, true);
      return null;
    }
    begun = found;
    link = found.link;
    address();
    if (document.activeElement !== pick("instruction")) pick("instruction").value = found.instruction;
    const own = found.instruction === found.usual;
    at("usual").replaceChildren(...(found.note
      ? [`Nobody can say when this is done: ${found.note}.`]
      : own ? [] : [`${choice.recording ? "The recording" : "The seed"}'s own: “${found.usual}”.`]));
    Lapa.emit("policy-begun", { ...found, policy: choice.policy, seed: choice.seed });
    buttons();
    return found;
  }

  function address() {
    if (Lapa.page.tab === "policy" && link) Lapa.address(link);
  }

  const say = (text) => (at("wrong").textContent = text);

  /* ---- the run ---- */
  async function run() {
    clearTimeout(pause);
    // a typed instruction or another actor is part of the start
    const start = await begin();
    if (!start) return;
    going.add("imagining").add("acting");
    buttons();
    Lapa.emit("policy-run", { steps: about.steps, policy: choice.policy });
  }

  function stop() {
    if (!going.size) return;
    ask("halt", {});
    Lapa.emit("policy-halt");
  }

  function buttons() {
    $('[data-do="run"]').disabled = !begun || going.size > 0;
    $('[data-do="stop"]').disabled = !going.size;
    for (const button of element.querySelectorAll("[data-keep]")) button.disabled = going.size > 0 || !seen;
  }

  async function keep(kind) {
    at("kept").textContent = `Making the ${kind.toUpperCase()}…`;
    const found = await ask("keep", { what: kind }, SENDING_MS);
    if (found.error) return (at("kept").textContent = found.error);
    const bytes = await (await fetch(found.url)).blob();
    const saved = Lapa.make("a", { href: URL.createObjectURL(bytes), download: found.name });
    saved.click();
    setTimeout(() => URL.revokeObjectURL(saved.href), 10000);
    at("kept").textContent = `${found.name}, ${Math.ceil(bytes.size / 1000)} kB`;
  }

  Lapa.on("policy-ended", (side) => {
    going.delete(side);
    seen = true;
    buttons();
  });

  /* ---- controls ---- */
  for (const name of ["kind", "embodiment", "theme"]) {
    pick(name).addEventListener("change", () => change({ [name]: pick(name).value, instruction: "" }, true));
  }
  pick("seed").addEventListener("change", () => change({ seed: Math.round(Number(pick("seed").value)), instruction: "" }, true));
  pick("recording").addEventListener("change", () => change({ recording: pick("recording").value, frame: 0, instruction: "" }, true));
  pick("frame").addEventListener("input", () => change({ frame: Number(pick("frame").value) }, true));
  pick("instruction").addEventListener("input", () => {
    const told = pick("instruction").value.trim();
    change({ instruction: begun && told === begun.usual ? "" : told }, true);
  });
  pick("instruction").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    if (begun || pause) run();
  });
  element.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.keep) keep(button.dataset.keep);
    else if (button.dataset.do === "run") run();
    else if (button.dataset.do === "stop") stop();
    else if (button.dataset.do === "another") {
      change({ seed: Math.floor(Math.random() * SEEDS), instruction: "" }, true);
      pick("instruction").blur();
    }
  });
  Lapa.on("tab", (name) => { if (name === "policy") { open(); address(); } });
  Lapa.values(gradio, answer);
  open();
});
