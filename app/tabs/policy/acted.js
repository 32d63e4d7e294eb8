// @ts-check
/* The simulator's side of the tab Policy, the time of both sides, and how often it works out. */
import { chart } from "../../web/chart.js";
import { finders, make } from "../../web/dom.js";
import * as images from "../../web/images.js";
import { emit, on } from "../../web/topics.js";
import { stream } from "../../web/wire.js";
import { waiting } from "../../web/words.js";
import { draw as drawClocks } from "./clocks.js";
import { ACTED, START, STOPPING, stopped } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const { $, at } = finders(element);
  const canvas = $("canvas"), slider = at("slider");
  let about = null, start = null, frames = [], latest = true, imagined = 0, actor = "", tried = [];
  const { ask, forget } = stream(gradio, { heard, ended });

  const redraw = chart(at("chart"), gradio, () => ({}));

  const say = (text, verdict = "") => {
    at("says").textContent = text;
    at("says").className = `po-verdict ${verdict}`;
  };
  const seconds = (steps) => `${(steps / about.fps).toFixed(1)} s`;
  const named = (policy) => (about.policies.find(([name]) => name === policy) || ["", policy])[1];

  const who = () => (start.recorded ? ACTED.recordedPolicy : named(actor));

  function draw(time) {
    const index = Math.min(time, frames.length - 1), frame = frames[index];
    if (!frame) return;
    images.paint(canvas, frame.src);
    const ended = frame.over && time > index ? ACTED.ended(seconds(index)) : "";
    at("step").textContent = time ? `${seconds(time)}${ended}` : START;
    const parts = [];
    if (frame.action && frame.action.length) parts.push(ACTED.move(frame.action));
    if (frame.distance !== null && frame.distance !== undefined) parts.push(ACTED.distance(frame.distance));
    at("line").textContent = parts.join(" · ") || "\u00a0";
    drawClocks(at("clocks"), frames, { time, longest: about.longest, fps: about.fps, who: who(), names: start.names });
  }

  /* ---- the time of both sides ---- */
  function stretch() {
    slider.max = Math.max(imagined, frames.length - 1);
    if (latest) slider.value = slider.max;
    place();
  }

  function place() {
    const time = Number(slider.value);
    at("time").textContent = seconds(time);
    draw(time);
    emit("policy-time", time);
  }

  /* ---- what the server sends ---- */
  const busy = (now) => $(".po-side").setAttribute("aria-busy", now);

  function heard(record) {
    if (record.kind === "queued") return say(waiting(record));
    frames[record.step] = record;
    if (record.step === 1) say("");
    stretch();
  }

  function ended(record) {
    busy(false);
    judge(record.error);
    emit("policy-ended", "acting");
  }

  function judge(error) {
    const last = frames[frames.length - 1], count = frames.length - 1, whose = who();
    if (error) return say(error, "poor");
    if (!last.over) return say(stopped(seconds(count)));
    if (last.success === null) return say(ACTED.unjudged(seconds(count)));
    say((last.success ? ACTED.success : ACTED.failure)(whose, seconds(count)), last.success ? "good" : "poor");
    if (!start.recorded) {
      // a hierarchy is another one with words more or less often
      const by = last.clock ? ACTED.spoken(named(actor), last.clock.speaks) : named(actor);
      tried = tried.filter(({ who }) => who !== by);
      tried.push({ who: by, words: ACTED.tried(last.success, seconds(count)), good: last.success });
      at("tried").replaceChildren(make("h3", {}, ACTED.onThis), ...tried.map(({ who, words, good }) =>
        make("p", {}, make("b", {}, who), " ", make("span", { class: good ? "good" : "poor" }, words))));
    }
  }

  /* ---- how often it works out, as measured ---- */
  function rates() {
    if (!about.rates.length) return;
    redraw();
    const policies = about.policies.filter(([name]) => about.rates.some((row) => row.policies[name]));
    const head = make("tr", {}, make("th", { scope: "col" }, ACTED.rates),
      ...policies.map(([, words]) => make("th", { scope: "col" }, words)));
    const rows = about.rates.map((row) => make("tr", { class: row.kind === "all" ? "all" : "" },
      make("th", { scope: "row" }, row.words),
      ...policies.map(([name]) => {
        const rate = row.policies[name];
        return make("td", rate ? { title: rate.interval } : {}, rate ? rate.words : "–");
      })));
    at("rates").replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
  }

  on("policy-about", (told) => { about = told; rates(); });
  on("policy-begun", (told) => {
    // what is still under way belongs to another start
    forget();
    busy(false);
    const same = start && start.frame === told.frame && start.instruction === told.instruction;
    start = told;
    if (!same) { tried = []; at("tried").replaceChildren(); }
    at("title").textContent = start.recorded ? ACTED.recorded : ACTED.simulator;
    frames = [{ src: start.frame }];
    imagined = 0;
    latest = true;
    say(start.recorded ? ACTED.replayed : "");
    stretch();
  });
  on("policy-run", ({ policy }) => {
    frames.length = 1;
    imagined = 0;
    actor = policy;
    latest = true;
    busy(true);
    if (!start.recorded) say(ACTED.begins(named(policy)));
    ask("act", { policy });
  });
  on("policy-halt", () => say(STOPPING));
  on("policy-frames", ({ count }) => { imagined = count; stretch(); });
  slider.addEventListener("input", () => { latest = Number(slider.value) >= Number(slider.max); place(); });
}
