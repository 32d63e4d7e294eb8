// @ts-check
/* The bar at the top: which checkpoint, copy the link, light or dark. */
import { copyAddress } from "./copy.js";
import { finders } from "./dom.js";
import * as store from "./store.js";
import "./terms.js";
import { emit, on } from "./topics.js";
import * as tour from "./tour.js";
import { HEADER } from "./words.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const { $ } = finders(element);
  const model = $(".lx-model span");
  const copied = $(".lx-copied");
  let fading = 0;

  // a page that is opened while its model loads knows none yet
  const name = () => (model.textContent = store.state.m || (store.page.shown && store.page.shown.pending ? "…" : HEADER.none));

  function say(text) {
    copied.textContent = text;
    copied.classList.add("open");
    clearTimeout(fading);
    fading = setTimeout(() => copied.classList.remove("open"), 6000);
  }

  async function copy() {
    const opens = HEADER.opensOn[store.page.tab], clip = store.clip();
    const uploaded = opens ? location.search.includes("=upload-") : clip && clip.uploaded;
    say(await copyAddress() || `${HEADER.copied} ${uploaded ? HEADER.stays : opens || HEADER.opens}`);
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
