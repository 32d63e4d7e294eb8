// @ts-check
/* The tour of a first visit: five stops, a minute; skipped or seen, it does not come again by itself. */
import { tabs } from "./config.js";
import { calm, make } from "./dom.js";
import * as store from "./store.js";
import { on } from "./topics.js";
import { TOUR } from "./words.js";

const KEPT = "lapa-tour";

/* What is lit, a title, and words that are true of the model that is open. */
/** @type {[string, string, (model: { positions: number, values: number }) => string][]} */
const STOPS = [
  [".lx-frames", TOUR.frames.title, () => TOUR.frames.text(calm())],
  ["#lx-pads", TOUR.pads.title, ({ positions, values }) => TOUR.pads.text(positions, values)],
  ["#lx-sweep", TOUR.sweep.title, ({ positions, values }) => TOUR.sweep.text(positions, values)],
  ["#lx-truth", TOUR.truth.title, TOUR.truth.text],
  ["#lx-tabs > .tab-wrapper", TOUR.on, () => tabs.map((name) => TOUR.tabs[name]).filter(Boolean).join(" ")],
];
let veil = null, at = 0, before = null, watching = 0;

const seen = () => { try { return localStorage.getItem(KEPT); } catch { return "unknown"; } };

/** Begins the tour at its first stop. */
export function start() {
  if (veil) return;
  if (store.page.tab !== "explore") store.visit("explore");
  before = document.activeElement;
  veil = document.body.appendChild(make("div", { class: "tr-veil", id: "lx-tour" }, make("div", { class: "tr-spot" }),
    make("div", { class: "tr-card", role: "dialog", "aria-modal": "false", "aria-labelledby": "tr-title" })));
  go(0);
  follow();
}

function end() {
  try { localStorage.setItem(KEPT, "seen"); } catch { /* private mode */ }
  if (!veil) return;
  cancelAnimationFrame(watching);
  veil.remove();
  veil = null;
  if (before && before.focus) before.focus();
}

function go(to) {
  if (to >= STOPS.length) return end();
  at = Math.max(0, to);
  const [selector, title, words] = STOPS[at], text = words(store.page.model || { positions: 1, values: 8 }), target = /** @type {HTMLElement | null} */ (document.querySelector(selector));
  if (!target || !target.offsetParent) return go(at + 1);
  // what fills a phone's screen begins at its top, so that the card covers its end only
  const tall = target.offsetHeight > innerHeight / 2;
  target.scrollIntoView({ block: tall ? "start" : "center", behavior: calm() ? "auto" : "smooth" });
  const card = veil.querySelector(".tr-card"), last = at === STOPS.length - 1;
  card.replaceChildren(make("h2", { id: "tr-title" }, title), make("p", {}, text),
    make("div", {}, make("small", {}, TOUR.at(at + 1, STOPS.length)), make("button", { type: "button", class: "lx-button", onclick: end }, last ? TOUR.close : TOUR.skip),
      make("button", { type: "button", class: "ck-primary ln-next", onclick: () => (last ? finish() : go(at + 1)) }, !last ? TOUR.next : tabs.includes("learn") ? TOUR.lesson : TOUR.explore)));
  card.querySelector(".ck-primary").focus({ preventScroll: true });
}

function finish() {
  end();
  if (tabs.includes("learn")) store.visit("learn");
}

/* The light stays on its part while the page scrolls, or grows as pictures come. */
function follow() {
  place();
  watching = requestAnimationFrame(follow);
}

function place() {
  const box = document.querySelector(STOPS[at][0]).getBoundingClientRect(), spot = veil.querySelector(".tr-spot"), card = veil.querySelector(".tr-card");
  Object.assign(spot.style, { left: `${box.left - 6}px`, top: `${box.top - 6}px`, width: `${box.width + 12}px`, height: `${box.height + 12}px` });
  const last = innerHeight - card.offsetHeight - 12, below = box.bottom + 14, above = box.top - card.offsetHeight - 14;
  const top = below <= last ? Math.max(12, below) : above >= 12 ? Math.min(above, last) : last;
  Object.assign(card.style, { left: `${Math.max(12, Math.min(box.left, innerWidth - card.offsetWidth - 12))}px`, top: `${top}px` });
}

document.addEventListener("keydown", (event) => {
  if (!veil) return;
  if (event.key === "Escape") end();
  else if (event.key === "ArrowRight") go(at + 1);
  else if (event.key === "ArrowLeft") go(at - 1);
});

// never over a state that somebody was sent, and only once the first picture is there
let offered = location.search.length > 1;
on("painted", () => {
  if (offered || seen() || store.page.tab !== "explore") return;
  offered = true;
  // who has gone on to another tab meanwhile is not fetched back
  setTimeout(() => store.page.tab === "explore" && start(), 700);
});
