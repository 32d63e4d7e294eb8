// @ts-check
/* The race of the tab Policy: everybody who can act, from one start, played again as often as liked. */
import { finders, make } from "../../web/dom.js";
import * as images from "../../web/images.js";
import { emit, on } from "../../web/topics.js";
import { stream } from "../../web/wire.js";
import { waiting } from "../../web/words.js";
import { RACE, stopped } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  // a moment to see how it ended before it begins anew
  const REST = 12;
  const { $, at } = finders(element);
  const slider = at("slider");
  /** @type {Map<string, any[]>} a policy's frames, the start first */
  let lanes = new Map();
  let about = null, start = null, racing = false, running = 0, timer = 0, resting = 0;
  const { ask, forget } = stream(gradio, { heard, ended });

  const say = (text) => (at("says").textContent = text);
  const seconds = (steps) => `${(steps / about.fps).toFixed(1)} s`;
  const named = (policy) => (about.policies.find(([name]) => name === policy) || ["", policy])[1];
  const last = () => Math.max(0, ...[...lanes.values()].map((frames) => frames.length - 1));

  /* ---- the pictures ---- */
  function lane(policy, clock) {
    return make("figure", { class: "po-lane", "data-policy": policy },
      make("figcaption", {}, make("b", {}, named(policy)), make("span", { class: "lx-side" }),
        clock ? make("span", { class: "lx-foot" }, RACE.speaks(clock.speaks)) : null),
      make("div", { class: "lx-view" }, make("canvas", { role: "img", "aria-label": RACE.acts(named(policy)) })));
  }

  function draw(time) {
    at("time").textContent = seconds(time);
    for (const figure of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll(".po-lane"))) {
      const frames = lanes.get(figure.dataset.policy), frame = frames[Math.min(time, frames.length - 1)];
      images.paint(figure.querySelector("canvas"), frame.src);
      const word = figure.querySelector(".lx-side");
      word.textContent = told(frame, frames, time);
      word.className = `lx-side ${frame.over && frame.success !== null ? (frame.success ? "good" : "poor") : ""}`;
    }
  }

  function told(frame, frames, time) {
    if (!frame.over) return seconds(Math.min(time, frames.length - 1));
    if (frame.success === null) return RACE.ended(seconds(frame.step));
    return (frame.success ? RACE.done : RACE.not)(seconds(frame.step));
  }

  function place(time) {
    slider.value = String(time);
    draw(Number(slider.value));
  }

  /* ---- playing again ---- */
  function play() {
    if (timer) return pause();
    if (Number(slider.value) >= last()) place(0);
    resting = 0;
    $('[data-do="play"]').textContent = RACE.pause;
    timer = setInterval(tick, 1000 / about.fps);
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    $('[data-do="play"]').textContent = RACE.play;
  }

  function tick() {
    if (document.hidden) return;
    const time = Number(slider.value);
    if (time < last()) return place(time + 1);
    if (!at("loop").checked) return pause();
    resting += 1;
    if (resting >= REST) { resting = 0; place(0); }
  }

  /* ---- the race ---- */
  function race() {
    pause();
    lanes = new Map();
    at("lanes").replaceChildren();
    at("replay").hidden = true;
    racing = true;
    buttons();
    say(RACE.begins);
    ask("race", {});
  }

  function heard(record) {
    if (record.kind === "queued") return say(waiting(record));
    if (!lanes.has(record.policy)) {
      lanes.set(record.policy, [{ src: start.frame, step: 0, over: false }]);
      at("lanes").append(lane(record.policy, record.clock));
      say("");
    }
    lanes.get(record.policy)[record.step] = record;
    slider.max = String(last());
    place(last());
  }

  function ended(record) {
    racing = false;
    buttons();
    at("replay").hidden = last() < 1;
    say(record.error || verdict());
  }

  function verdict() {
    const ends = [...lanes].map(([policy, frames]) => [policy, frames[frames.length - 1]]);
    if (!ends.length) return "";
    if (!ends.every(([, end]) => end.over)) return stopped(seconds(last()));
    if (!start.judged) return RACE.unjudged;
    const done = ends.filter(([, end]) => end.success).sort(([, one], [, two]) => one.step - two.step);
    const first = done.filter(([, end]) => end.step === done[0][1].step);
    return done.length ? RACE.first(first.map(([policy, end]) => [named(policy), seconds(end.step)]), done.length, ends.length)
      : RACE.nobody(seconds(last()));
  }

  function buttons() {
    $('[data-do="race"]').disabled = racing || running > 0 || !start || start.recorded;
    $('[data-do="stop"]').disabled = !racing;
    $(".po-race").setAttribute("aria-busy", String(racing));
    emit("policy-racing", racing);
  }

  $('[data-do="race"]').addEventListener("click", race);
  $('[data-do="stop"]').addEventListener("click", () => emit("policy-stop"));
  $('[data-do="play"]').addEventListener("click", play);
  slider.addEventListener("input", () => { pause(); draw(Number(slider.value)); });
  on("policy-about", (told) => (about = told));
  on("policy-begun", (told) => {
    const same = start && start.frame === told.frame && start.instruction === told.instruction;
    start = told;
    forget();
    racing = false;
    running = 0;
    if (!same) {
      pause();
      lanes = new Map();
      at("lanes").replaceChildren();
      at("replay").hidden = true;
      say("");
    }
    $(".po-race").hidden = start.recorded;
    buttons();
  });
  // both sides of a run, of which a visitor has one
  on("policy-run", () => { running = 2; pause(); buttons(); });
  on("policy-ended", () => { running = Math.max(0, running - 1); buttons(); });
  on("tab", (name) => name !== "policy" && pause());
}
