// @ts-check
/* The gallery of clips with its filters, and the upload of one's own image or video. */
import { finders, make } from "../../web/dom.js";
import { chosen, dropped, upload } from "../../web/sending.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { onValue, wire } from "../../web/wire.js";
import { SENDING } from "../../web/words.js";
import { PICKER } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const BATCH = 12;
  const { $ } = finders(element);
  const gallery = $(".lx-gallery"), file = $(".lx-file"), button = $('[data-do="upload"]');
  const robots = $('[data-filter="embodiment"]'), tasks = $('[data-filter="task"]');
  const thumbs = new Map();
  let tiles = new Map(), wanted = new Set(), fetching = false;
  const { ask } = wire(gradio);

  /* ---- catalogue and filters ---- */
  function catalogue(value) {
    store.page.models = value.models;
    store.page.starts = value.starts;
    store.page.clips = value.clips.concat(store.page.clips.filter((clip) => clip.uploaded));
    options(robots, PICKER.all, store.page.clips.map((clip) => clip.embodiment));
    filter();
    if (value.uploads === false) document.documentElement.dataset.uploads = "off";
    emit("catalogue", value);
  }

  function options(select, all, names) {
    const kept = select.value;
    const unique = [...new Set(names.filter(Boolean))].sort();
    select.replaceChildren(make("option", { value: "" }, all),
      ...unique.map((name) => make("option", { value: name }, name)));
    select.value = unique.includes(kept) ? kept : "";
  }

  function filter() {
    const ofRobot = store.page.clips.filter((clip) => !robots.value || clip.embodiment === robots.value);
    options(tasks, PICKER.all, ofRobot.map((clip) => clip.task));
    const listed = ofRobot.filter((clip) => !tasks.value || clip.task === tasks.value);
    tiles = new Map(listed.map((clip) => [clip.id, tile(clip)]));
    gallery.replaceChildren(...tiles.values());
    $('[data-at="count"]').textContent = PICKER.clips(listed.length);
    mark();
  }

  function tile(clip) {
    const words = clip.uploaded ? clip.task || PICKER.unnamed : clip.instruction || clip.task;
    const image = make("img", { alt: "", draggable: "false" });
    const option = make("button", { type: "button", role: "option", class: "lx-clip", tabindex: -1,
      "data-clip": clip.id, title: words,
      onclick: () => pick(clip), onkeydown: arrows },
    make("span", { class: "lx-thumb" }, image), make("span", { class: "lx-words" }, words),
    make("span", { class: "lx-robot" }, clip.uploaded ? PICKER.own : clip.embodiment));
    if (thumbs.has(clip.id)) image.src = thumbs.get(clip.id);
    else seen.observe(option);
    return option;
  }

  function pick(clip) {
    if (clip.id !== store.state.c) store.go({ c: clip.id, f: clip.opening, a: null });
  }

  function arrows(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = [...tiles.values()];
    const to = all[all.indexOf(event.currentTarget) + by];
    if (to) to.focus();
  }

  function mark() {
    let first = null;
    for (const [id, option] of tiles) {
      const chosen = id === store.state.c;
      option.setAttribute("aria-selected", chosen);
      option.tabIndex = chosen ? 0 : -1;
      first = first || option;
    }
    if (first && !tiles.has(store.state.c)) first.tabIndex = 0;
  }

  function reveal() {
    const chosen = tiles.get(store.state.c);
    if (!chosen) return;
    gallery.scrollTop = chosen.offsetTop - gallery.offsetTop - 40;
    gallery.scrollLeft = chosen.offsetLeft - gallery.offsetLeft - 40;
  }

  /* ---- thumbnails: only those on screen, a dozen a request ---- */
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const { isIntersecting } = entry, target = /** @type {HTMLElement} */ (entry.target);
      if (isIntersecting && !thumbs.has(target.dataset.clip)) wanted.add(target.dataset.clip);
      else wanted.delete(target.dataset.clip);
    }
    fetchThumbs();
  }, { rootMargin: "200px" });

  async function fetchThumbs() {
    if (fetching || !wanted.size || !store.page.shown) return;
    fetching = true;
    const ids = [...wanted].slice(0, BATCH);
    const found = (await gradio.server.thumbnails(ids)) || {};
    for (const id of ids) {
      wanted.delete(id);
      if (!found[id]) continue;
      thumbs.set(id, found[id]);
      const option = tiles.get(id);
      if (option) {
        option.querySelector("img").src = found[id];
        seen.unobserve(option);
      }
    }
    fetching = false;
    fetchThumbs();
  }

  /* ---- upload ---- */
  function fail(sentence) {
    $(".lx-upload .lx-error").textContent = sentence;
  }

  function busy(text) {
    button.disabled = Boolean(text);
    button.querySelector("span").textContent = text || PICKER.button;
  }

  async function send(own) {
    if (!own || button.disabled) return;
    fail("");
    busy(PICKER.uploading);
    try {
      const [path] = await upload(gradio, [own], PICKER);
      busy(SENDING.reading);
      received(await ask("uploaded", { path, name: own.name }));
    } catch (error) {
      busy("");
      fail(error.message);
    }
  }

  /* A clip of the visitor's own, sent here or in another tab, is in the gallery from now on. */
  function list({ clip, thumbnail }) {
    store.page.clips = [clip, ...store.page.clips.filter((each) => each.id !== clip.id)];
    thumbs.set(clip.id, thumbnail);
    robots.value = tasks.value = "";
    options(robots, PICKER.all, store.page.clips.map((each) => each.embodiment));
    filter();
  }

  function received(value) {
    busy("");
    fail(value.error || "");
    if (value.error) return;
    list(value);
    pick(value.clip);
    reveal();
    $(".lx-upload .lx-foot").textContent = value.clip.note || PICKER.kept;
  }

  button.addEventListener("click", () => file.click());
  chosen(file, ([own]) => send(own));
  dropped($(".lx-picker"), ([own]) => send(own));

  robots.addEventListener("change", filter);
  tasks.addEventListener("change", filter);
  on("state", mark);
  on("brought", list);
  on("opened", () => { mark(); reveal(); });
  on("painted", fetchThumbs);
  onValue(gradio, (value) => value.kind !== "upload" && catalogue(value));
}
