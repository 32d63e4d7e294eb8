// @ts-check
/* The whole episode: what the robot was told, and under it the inferred codes of each frame; a click
 * goes to a frame. */
import { written } from "../../web/codes.js";
import { finders, make } from "../../web/dom.js";
import { inText, ofAction } from "../../web/names.js";
import * as store from "../../web/store.js";
import { on } from "../../web/topics.js";
import { latest, onValue } from "../../web/wire.js";
import { EPISODE } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const COLOURS = ["#2f9e78", "#9a6be0", "#c2558f", "#6b8e23", "#3a9bb8", "#a3703f", "#808690", "#d9534a"];
// units of the drawings, which are stretched to their place: a frame is 1 wide
const HIGH = 100, ROW = 10;

/** Of a code, told from its neighbours on light and dark. */
export const colour = (/** @type {number} */ code, /** @type {number} */ values) => `hsl(${Math.round((360 * code) / values)} 58% 56%)`;

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const PATIENCE_MS = 60000;
  const { $, at } = finders(element);
  const track = $(".lx-track"), curve = $(".lx-curve"), strip = $(".lx-codestrip"), cursor = $(".lx-cursor");
  const episodes = latest({ patience: PATIENCE_MS, late: () => { asked = ""; at("words").textContent = EPISODE.late; } });
  let shown = null, asked = "", visible = false;

  const key = ({ m, c }) => JSON.stringify([m, c]);

  function want() {
    const { m, c } = store.state, clip = store.clip();
    element.querySelector("section").hidden = !clip || clip.frames < 2 || Boolean(store.page.model && store.page.model.error);
    if (!clip || !store.state.m || !visible || key(store.state) === asked || !store.page.shown) return;
    asked = key(store.state);
    shown = null;
    draw();
    episodes.ask({ m, c });
  }

  function receive(answer, flight, last) {
    if (!flight || !last) return;
    $(".lx-error").textContent = answer.error || "";
    shown = answer.error ? null : answer;
    draw();
  }

  const svg = (tag, attributes) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  function draw() {
    const codes = shown ? shown.codes : [], commands = shown ? shown.commands : [];
    const rows = store.page.model ? store.page.model.positions : 1;
    curve.setAttribute("viewBox", `0 0 ${codes.length || 1} ${HIGH}`);
    strip.setAttribute("viewBox", `0 0 ${codes.length || 1} ${rows * ROW}`);
    strip.style.setProperty("--rows", String(rows));
    curve.style.display = commands.length ? "" : "none";
    curve.replaceChildren(svg("path", { d: `M0 ${HIGH / 2} H${codes.length}`, class: "zero" }), ...commands.map(line));
    strip.replaceChildren(...cells(codes));
    at("legend").replaceChildren(...commands.map(([name], n) => make("span", {}, make("i", { style: `background: ${COLOURS[n]}` }), name)));
    at("words").textContent = shown ? EPISODE.how(commands.length, rows) : EPISODE.reading;
    element.dataset.drawn = shown ? asked : "";
    mark();
  }

  /* Each to its own largest value, as units differ. */
  function line([, values], n) {
    const most = Math.max(...values.map(Math.abs)) || 1;
    const points = values.map((value, i) => `${(i + 0.5).toFixed(1)} ${(HIGH / 2 - (0.46 * HIGH * value) / most).toFixed(1)}`);
    return svg("path", { d: `M${points.join("L")}`, stroke: COLOURS[n], "vector-effect": "non-scaling-stroke" });
  }

  /* A path a code, whatever its frames and positions. */
  function cells(codes) {
    const { values } = store.page.model || { values: 0 };
    return Array.from({ length: values }, (_, code) => {
      const own = codes.flatMap((all, i) => (all || []).flatMap((each, p) => (each === code ? `M${i} ${p * ROW + 0.5}h1v${ROW - 1}h-1z` : [])));
      return svg("path", { d: own.join(""), fill: colour(code, values) });
    });
  }

  /* ---- where one is, and where one points ---- */
  const frameAt = (event) => {
    const box = track.getBoundingClientRect(), clip = store.clip();
    return Math.min(clip.frames - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * clip.frames)));
  };

  function tell(index) {
    const codes = shown && shown.codes[index], names = store.page.shown && store.page.shown.names;
    at("here").textContent = !shown ? "" : codes
      ? [`frame ${index}`, written(codes), inText(ofAction(names, codes))].filter(Boolean).join(" · ") : EPISODE.ending(index);
  }

  function mark() {
    const clip = store.clip();
    if (!clip) return;
    cursor.style.left = `${(100 * (store.state.f + 0.5)) / clip.frames}%`;
    track.setAttribute("aria-label", EPISODE.heard(clip.frames));
    tell(store.state.f);
  }

  track.addEventListener("pointermove", (event) => store.clip() && tell(frameAt(event)));
  track.addEventListener("pointerleave", () => tell(store.state.f));
  track.addEventListener("click", (event) => {
    if (store.clip() && frameAt(event) !== store.state.f) store.go({ f: frameAt(event) });
  });
  new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    want();
  }, { rootMargin: "200px" }).observe(element);
  on("state", mark);
  on("painted", () => { want(); mark(); });
  episodes.connect((wish) => gradio.trigger("episode", wish));
  onValue(gradio, (answer) => episodes.hear(answer, receive));
}
