// @ts-check
/* The bar at the top: which checkpoint, copy the link, light or dark. */
import { copyAddress } from "./copy.js";
import { finders } from "./dom.js";
import * as store from "./store.js";
import "./terms.js";
import { emit, on } from "./topics.js";
import * as tour from "./tour.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const { $ } = finders(element);
  const model = $(".lx-model span");
  const copied = $(".lx-copied");
  let fading = 0;

  // a page that is opened while its model loads knows none yet
  const name = () => (model.textContent = store.state.m || (store.page.shown && store.page.shown.pending ? "…" : "none"));

  function say(text) {
    copied.textContent = text;
    copied.classList.add("open");
    clearTimeout(fading);
    fading = setTimeout(() => copied.classList.remove("open"), 6000);
  }

  async function copy() {
    const clip = store.clip(), private_ = " Your upload stays private: whoever opens the link is asked to upload the file again.";
    let rest = clip && clip.uploaded ? private_ : " It opens exactly this frame and these codes.";
    if (store.page.tab === "transfer") rest = location.search.includes("=upload-") ? private_ : " It opens this tab with this pair and these frames.";
    if (store.page.tab === "atlas") rest = " It opens this map with what is open and found.";
    if (store.page.tab === "learn") rest = " It opens this step of this lesson.";
    if (store.page.tab === "checkup") rest = location.search.includes("=upload-") ? private_ : " It opens this tab with these checkpoints and clips.";
    say(await copyAddress() || "Link copied." + rest);
  }

  function theme() {
    const dark = !document.body.classList.contains("dark");
    document.body.classList.toggle("dark", dark);
    try { localStorage.setItem("lapa-theme", dark ? "dark" : "light"); } catch { /* private mode */ }
  }

  function remembered() {
    if (new URLSearchParams(location.search).get("__theme")) return;
    let wanted = null;
    try { wanted = localStorage.getItem("lapa-theme"); } catch { /* private mode */ }
    if (wanted) document.body.classList.toggle("dark", wanted === "dark");
  }

  $('[data-do="models"]').addEventListener("click", () => emit("drawer"));
  $('[data-do="copy"]').addEventListener("click", copy);
  $('[data-do="tour"]').addEventListener("click", tour.start);
  $('[data-do="theme"]').addEventListener("click", theme);
  on("say", say);
  on("catalogue", name);
  on("state", name);
  on("shown", name);
  remembered();
}
