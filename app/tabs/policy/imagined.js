// @ts-check
/* The imagined rollout of the tab Policy, its codes and how sure the policy is of each. */
import { written } from "../../web/codes.js";
import { finders, make } from "../../web/dom.js";
import * as images from "../../web/images.js";
import { emit, on } from "../../web/topics.js";
import { stream } from "../../web/wire.js";
import { waiting } from "../../web/words.js";
import { IMAGINED, START, STOPPING } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const { $, at } = finders(element);
  const canvas = $("canvas");
  let about = null, frames = [];
  const { ask, forget } = stream(gradio, { heard, ended });

  const say = (text) => (at("says").textContent = text);

  /* time: of both sides, in tenths of a second; the picture is the one that is due by then */
  function draw(time) {
    const index = Math.min(Math.floor(time / about.gap), frames.length - 1);
    const frame = frames[index];
    if (!frame) return;
    images.paint(canvas, frame.src);
    const step = index ? IMAGINED.step(index, about.steps) : START;
    const seconds = (/** @type {number} */ tenths) => `${(tenths / about.fps).toFixed(1)} s`, end = about.steps * about.gap;
    at("step").textContent = time ? IMAGINED.at(step, seconds(time), index === about.steps && time > end ? seconds(end) : "") : step;
    at("trust").textContent = frame.trust || "";
    at("trust").classList.toggle("bad", frame.trusted === false);
    at("codes").textContent = frame.codes ? written(frame.codes) : "[…]";
    at("shares").replaceChildren(...(frame.shares || []).map((row, position) => shares(row, frame.codes[position], position)));
  }

  function shares(row, chosen, position) {
    const told = IMAGINED.share(position, chosen, row[chosen]);
    return make("div", { class: "po-share", role: "img", "aria-label": told, title: told },
      ...row.map((share, code) => make("span", { class: code === chosen ? "chosen" : "" },
        make("i", { style: `height:${Math.max(2, Math.round(100 * share))}%` }),
        make("small", {}, String(code)))));
  }

  /* ---- what the server sends ---- */
  const busy = (now) => $(".po-side").setAttribute("aria-busy", now);

  function heard(record) {
    if (record.kind === "queued") return say(waiting(record));
    frames[record.step] = record;
    say("");
    emit("policy-frames", { count: (frames.length - 1) * about.gap });
  }

  function ended(record) {
    busy(false);
    say(record.error || told());
    emit("policy-ended", "imagining");
  }

  function told() {
    const count = frames.length - 1;
    if (count < about.steps) return IMAGINED.stopped(count, about.steps);
    const sure = frames.slice(1).map(({ codes, shares }) => shares.reduce((all, row, p) => all + row[codes[p]], 0) / codes.length);
    const mean = sure.reduce((all, each) => all + each, 0) / sure.length;
    return IMAGINED.sure(count, mean, 1 / frames[1].shares[0].length);
  }

  on("policy-about", (told) => (about = told));
  on("policy-begun", (start) => {
    // what is still under way belongs to another start
    forget();
    busy(false);
    frames = [{ src: start.frame }];
    draw(0);
    say("");
  });
  on("policy-run", ({ steps }) => {
    frames.length = 1;
    busy(true);
    ask("imagine", { steps });
  });
  on("policy-halt", () => say(STOPPING));
  on("policy-time", draw);
}
