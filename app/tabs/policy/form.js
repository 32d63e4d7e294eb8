// @ts-check
/* The tab Policy's form: what is to be run, and the one run that goes on. */
import { limits } from "../../web/config.js";
import { around, calm, finders, make, markChosen, pressNext } from "../../web/dom.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { wire } from "../../web/wire.js";
import { FORM } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const PAUSE_MS = 350, BEGIN_MS = 90000, SENDING_MS = 60000, NARROW = 1000;
  const { $, $$, at } = finders(element);
  const pick = (name) => $(`[data-pick="${name}"]`);
  const { ask } = wire(gradio);
  let about = null, choice = null, begun = null, link = "", opened = false, turn = 0, pause = 0, seen = false, racing = false;
  const going = new Set();

  async function open() {
    if (opened || store.page.tab !== "policy") return;
    opened = true;
    const found = await ask("open", { query: store.asked("policy") });
    if (found.error) { opened = false; return say(found.error); }
    about = found.about;
    at("notes").replaceChildren(...found.notes.map((note) => make("p", {}, note)));
    at("problem").hidden = !about.problem;
    at("problem").textContent = about.problem;
    at("fields").hidden = Boolean(about.problem);
    emit("policy-about", about);
    if (about.problem) return;
    draw(found.choice);
    change(found.choice, true);
  }

  /* ---- the form ---- */
  function draw(first) {
    for (const name of ["kind", "embodiment", "theme"]) {
      pick(name).replaceChildren(...about[`${name}s`].map(([value, words]) => make("option", { value }, words)));
    }
    pick("recording").replaceChildren(...about.recordings.map(({ id, words }) => make("option", { value: id }, words)));
    segments("from", FORM.from, (value) => {
      const recording = value === "recorded" ? about.recordings[0].id : "";
      change({ recording, frame: 0, instruction: "" }, true);
    });
    segments("policy", about.policies, (value) => change({ policy: value }, false));
    segments("speaks", about.speaks.map((often) => [String(often), String(often)]), (value) => change({ speaks: Number(value) }, true));
    if (!about.recordings.length) pick("from").parentElement.hidden = true;
    if (about.policies.length < 2) pick("policy").parentElement.hidden = true;
    choice = first;
  }

  function segments(name, all, chosen) {
    pick(name).replaceChildren(...all.map(([value, words]) => make("button", {
      type: "button", role: "radio", "data-value": value, onclick: () => chosen(value), onkeydown: (event) => pressNext(event, pick(name).children),
    }, words)));
  }


  function check(name, value) {
    markChosen(pick(name).children, (button) => button.dataset.value === value);
  }

  function show() {
    const recorded = Boolean(choice.recording);
    for (const part of $$("[data-only]")) part.hidden = (part.dataset.only === "recorded") !== recorded;
    check("from", recorded ? "recorded" : "live");
    check("policy", choice.policy);
    check("speaks", String(choice.speaks));
    at("speaks").hidden = recorded || choice.policy !== about.hierarchy;
    for (const name of ["kind", "embodiment", "theme", "seed"]) pick(name).value = choice[name];
    if (recorded) {
      const last = about.recordings.find(({ id }) => id === choice.recording).frames - 2;
      pick("recording").value = choice.recording;
      pick("frame").max = last;
      pick("frame").value = choice.frame;
      at("index").textContent = FORM.frame(choice.frame, last);
    }
  }

  /* ---- what is chosen ---- */
  function change(more, anew) {
    choice = { ...choice, ...more };
    show();
    clearTimeout(pause);
    if (anew) pause = setTimeout(begin, PAUSE_MS);
    else emit("policy-actor", choice.policy);
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
      at("notes").append(make("p", {}, FORM.recorded(found.error)));
      change({ recording: about.recordings[0].id, frame: 0, instruction: "" }, true);
      return null;
    }
    begun = found;
    link = found.link;
    store.link();
    if (document.activeElement !== pick("instruction")) pick("instruction").value = found.instruction;
    const own = found.instruction === found.usual;
    at("usual").replaceChildren(...(found.note
      ? [FORM.unjudged(found.note)]
      : own ? [] : choice.instruction && choice.instruction !== found.instruction ? [FORM.understood(found.instruction)] : [FORM.usual(found.usual, Boolean(choice.recording))]));
    at("chips").replaceChildren(...found.chips.map((words) => make("button", { type: "button", class: "po-chip",
      onclick: () => { pick("instruction").value = words; change({ instruction: words }, true); } }, words)));
    emit("policy-begun", { ...found, policy: choice.policy, seed: choice.seed });
    buttons();
    return found;
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
    emit("policy-run", { steps: about.steps, policy: choice.policy });
    // where both sides lie below the form, it is they that are to be seen
    if (innerWidth <= NARROW) document.getElementById("lx-imagining").scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
  }

  function stop() {
    if (!going.size && !racing) return;
    ask("halt", {});
    if (going.size) emit("policy-halt");
  }

  function buttons() {
    $('[data-do="run"]').disabled = !begun || going.size > 0 || racing;
    $('[data-do="stop"]').disabled = !going.size && !racing;
    for (const button of $$("[data-keep]")) button.disabled = going.size > 0 || !seen;
  }

  async function keep(kind) {
    at("kept").textContent = FORM.making(kind.toUpperCase());
    const found = await ask("keep", { what: kind }, SENDING_MS);
    if (found.error) return (at("kept").textContent = found.error);
    const bytes = await (await fetch(found.url)).blob();
    const saved = make("a", { href: URL.createObjectURL(bytes), download: found.name });
    saved.click();
    setTimeout(() => URL.revokeObjectURL(saved.href), 10000);
    at("kept").textContent = FORM.kept(found.name, Math.ceil(bytes.size / 1000));
  }

  on("policy-ended", (side) => {
    going.delete(side);
    seen = true;
    buttons();
  });

  on("policy-stop", stop);
  on("policy-racing", (now) => { racing = now; buttons(); });

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
    const button = around(event, "button");
    if (!button) return;
    if (button.dataset.keep) keep(button.dataset.keep);
    else if (button.dataset.do === "run") run();
    else if (button.dataset.do === "stop") stop();
    else if (button.dataset.do === "another") {
      change({ seed: Math.floor(Math.random() * limits.seeds), instruction: "" }, true);
      pick("instruction").blur();
    }
  });
  pick("seed").max = limits.seeds - 1;
  pick("instruction").maxLength = limits.instruction;
  store.writesLink("policy", () => link);
  on("tab", open);
  open();
}
