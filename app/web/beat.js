// @ts-check
/* One beat for all that alternates between x_t and what is imagined, so that it moves together. */
import { calm } from "./dom.js";
import { emit } from "./topics.js";

// milliseconds that each picture stays; never three flashes a second, which harm some eyes
export const PACES = { slow: 1100, medium: 700, fast: 400 };
const KEPT = "lapa-pace";
let timer = 0, showsNow = false, beating = false;

/** @returns {"slow" | "medium" | "fast"} */
export function pace() {
  let kept = null;
  try { kept = localStorage.getItem(KEPT); } catch { /* private mode */ }
  return kept === "slow" || kept === "fast" ? kept : "medium";
}

/** Chooses how fast it goes, for this and later visits. */
export function setPace(/** @type {string} */ name) {
  try { localStorage.setItem(KEPT, name); } catch { /* private mode: as before */ }
  restart(PACES[name]);
}

/** Whether x_t is shown now. */
export const isNow = () => showsNow;

/** Begins with what is imagined; goes on by itself unless the visitor asked for less motion. */
export function start() {
  beating = true;
  restart();
}

export function stop() {
  beating = false;
  clearInterval(timer);
  turn(false);
}

/** The other picture, at once. */
export const swap = () => turn(!showsNow);

function restart(milliseconds = PACES[pace()]) {
  clearInterval(timer);
  if (!beating) return;
  turn(false);
  if (!calm()) timer = setInterval(() => document.hidden || swap(), milliseconds);
}

function turn(/** @type {boolean} */ toNow) {
  showsNow = toNow;
  emit("beat", showsNow);
}
