// @ts-check
/* The simulator's side of the tab Policy, the time of both sides, and how often it works out. */
import { chart } from "../../web/chart.js";
import { finders, make } from "../../web/dom.js";
import * as images from "../../web/images.js";
import { emit, on } from "../../web/topics.js";
import { stream } from "../../web/wire.js";
import { waiting } from "../../web/words.js";

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

  function draw(time) {
    const index = Math.min(time, frames.length - 1), frame = frames[index];
    if (!frame) return;
    images.paint(canvas, frame.src);
    const ended = frame.over && time > index ? `, ended after ${seconds(index)}` : "";
    at("step").textContent = time ? `${seconds(time)}${ended}` : "the start";
    const parts = [];
    if (frame.action && frame.action.length) parts.push(`move ${frame.action.map((mm) => mm.toFixed(0)).join(", ")} mm`);
    if (frame.distance !== null && frame.distance !== undefined) parts.push(`${frame.distance.toFixed(1)} cm from the goal`);
    at("line").textContent = parts.join(" · ") || "\u00a0";
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
    const last = frames[frames.length - 1], count = frames.length - 1, whose = start.recorded ? "The recorded policy" : named(actor);
    if (error) return say(error, "poor");
    if (!last.over) return say(`Stopped after ${seconds(count)}.`);
    if (last.success === null) return say(`It moved for ${seconds(count)}; nobody can say whether this instruction is done.`);
    say(last.success ? `Success: ${whose} did it in ${seconds(count)}.` : `Failure: ${whose} had not done it after ${seconds(count)}.`, last.success ? "good" : "poor");
    if (!start.recorded) {
      tried = tried.filter(({ policy }) => policy !== actor);
      tried.push({ policy: actor, words: last.success ? `success in ${seconds(count)}` : `failure after ${seconds(count)}`, good: last.success });
      at("tried").replaceChildren(make("h3", {}, "On this start"), ...tried.map(({ policy, words, good }) =>
        make("p", {}, make("b", {}, named(policy)), " ", make("span", { class: good ? "good" : "poor" }, words))));
    }
  }

  /* ---- how often it works out, as measured ---- */
  function rates() {
    if (!about.rates.length) return;
    redraw();
    const policies = about.policies.filter(([name]) => about.rates.some((row) => row.policies[name]));
    const head = make("tr", {}, make("th", { scope: "col" }, "Success within 10 s, measured with cylinder, plain"),
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
    at("title").textContent = start.recorded ? "Recorded" : "Simulator";
    frames = [{ src: start.frame }];
    imagined = 0;
    latest = true;
    say(start.recorded ? "A recorded episode: the simulator does not run now." : "");
    stretch();
  });
  on("policy-run", ({ policy }) => {
    frames.length = 1;
    imagined = 0;
    actor = policy;
    latest = true;
    busy(true);
    if (!start.recorded) say(`The run begins (${named(policy)})…`);
    ask("act", { policy });
  });
  on("policy-halt", () => say("Stopping…"));
  on("policy-frames", ({ count }) => { imagined = count; stretch(); });
  slider.addEventListener("input", () => { latest = Number(slider.value) >= Number(slider.max); place(); });
}
