// @ts-check
/* The stage: the frame, the imagined next frame beside it, its overlays and the scrubber. */
import * as beat from "../../web/beat.js";
import { same, written } from "../../web/codes.js";
import { around, finders, make, markChosen, pressNext } from "../../web/dom.js";
import * as images from "../../web/images.js";
import { inText, ofAction } from "../../web/names.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { onValue } from "../../web/wire.js";
import * as frames from "./frames.js";
import { STAGE } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const REST_MS = 150;   // a slider that stands this long is looked at, though it is still held
  const { $, $$ } = finders(element);
  const root = $(".lx-stage"), now = $(".lx-now"), next = $(".lx-next");
  const time = $(".lx-time"), split = $(".lx-split"), line = $(".lx-line"), badge = $(".lx-badge");
  const overlays = $$("[data-overlay]");
  const pace = $(".lx-pace"), paces = $$("[data-pace]");
  let pair = null, looked = null, drawn = 0, files = "", at = 0;

  /* ---- pictures ---- */
  async function shown({ answer, since }) {
    files = answer.frames;
    if (passed(answer)) return;
    const turn = ++drawn;
    const [frame, image] = await Promise.all(
      [answer.frame, answer.image].map((url) => (url ? images.load(url) : null)));
    if (turn !== drawn) return;
    pair = { frame, image: image || frame };
    looked = null;
    at = answer.index;
    document.body.classList.remove("lx-passing");
    // a press is seen at once, whichever picture is shown
    if (store.state.o === "blink") beat.start();
    root.style.setProperty("--aspect", answer.aspect);
    images.plain(now, frame);
    paint();
    captions(answer);
    requestAnimationFrame(() => setTimeout(() => painted(answer, since), 0));
  }

  function painted(answer, since) {
    root.dataset.codes = answer.codes ? answer.codes.join(".") : "";
    root.dataset.frame = answer.index;
    root.dataset.clip = answer.clip;
    root.dataset.painted = Number(root.dataset.painted || 0) + 1;
    if (since !== null) {
      const latency = performance.now() - since;
      root.dataset.latency = latency.toFixed(1);
      store.page.latencies.push(latency);
      if (store.page.latencies.length > 500) store.page.latencies.shift();
    }
    emit("painted", answer);
  }

  function paint() {
    if (!pair || store.isPassing()) return;
    const mode = store.state.o, showsNow = beat.isNow(), image = looked ? looked.image : pair.image;
    if (mode === "diff") images.heat(next, pair.frame, image);
    else if (mode === "slider") images.split(next, pair.frame, image, split.value / 100);
    else images.plain(next, mode === "blink" && showsNow ? pair.frame : image);
    line.style.left = `${split.value}%`;
    badge.textContent = showsNow ? STAGE.badge.now : looked ? STAGE.badge.looked : STAGE.badge.imagined;
    badge.classList.toggle("now", showsNow);
    root.classList.toggle("looked", Boolean(looked));
  }

  /* ---- the slider: the frame itself is there at once, what is imagined from it when one stops ---- */
  const passed = (answer) => store.isPassing() && (answer.clip !== store.state.c || answer.index !== store.state.f);

  async function pass(since) {
    const turn = ++drawn, index = store.state.f, clip = store.clip(), by = index < at ? -1 : 1;
    at = index;
    const frame = await frames.frame(files, index);
    if (turn !== drawn || !frame) return;
    document.body.classList.add("lx-passing");
    images.plain(now, frame);
    nowCaption(clip, index);
    root.dataset.frame = String(index);
    requestAnimationFrame(() => setTimeout(() => {
      root.dataset.passed = (performance.now() - since).toFixed(1);
    }, 0));
    frames.ahead(files, index, clip.frames - 1, by);
  }

  /* A code that is looked at and not pressed: its picture for as long as that lasts. */
  async function preview(wanted) {
    if (!wanted && looked && same(looked.codes, store.state.a)) return;  // pressed: its answer follows
    if (wanted && same(wanted.codes, store.state.a)) return;
    const image = wanted ? await images.load(wanted.image) : null;
    looked = image && { image, codes: wanted.codes };
    if (!pair || !store.page.shown) return;
    if (looked && store.state.o === "blink") beat.start();
    nextCaption(store.page.shown, looked ? looked.codes : store.page.shown.codes);
    paint();
  }

  function overlay() {
    const mode = store.state.o;
    root.dataset.overlay = mode;
    markChosen(overlays, (button) => button.dataset.overlay === mode);
    split.hidden = line.hidden = mode !== "slider";
    badge.hidden = pace.hidden = mode !== "blink";
    $(".lx-legend").hidden = mode !== "diff";
    if (mode === "blink") beat.start();
    else beat.stop();
    paint();
  }

  /* ---- words ---- */
  function captions(answer) {
    const clip = store.clip(), model = answer.model;
    nowCaption(clip, answer.index);
    nextCaption(answer, answer.codes);
    next.setAttribute("aria-label", answer.codes
      ? STAGE.imagined(model.gap, written(answer.codes)) : STAGE.none);
    broken(model.error);
    if (answer.codes) {
      const name = ofAction(answer.names, answer.codes);
      say(STAGE.took(written(answer.codes), name ? name.word : "", answer.index, Math.max(1, Math.round(answer.milliseconds))));
    } else say(answer.pending ? STAGE.starting : "");
    root.classList.remove("wrong");
  }

  function nowCaption(clip, index) {
    $('[data-at="now"]').textContent = clip && clip.frames > 1
      ? STAGE.where(index, clip.frames - 1, index / clip.fps) : STAGE.single;
    now.setAttribute("aria-label", STAGE.heard(index, clip ? clip.instruction : ""));
  }

  function nextCaption(answer, codes) {
    const name = ofAction(answer.names, codes), caption = $('[data-at="next"]');
    caption.textContent = codes
      ? [inText(name), written(codes), STAGE.later(answer.model.gap)].filter(Boolean).join(" · ") : "";
    caption.title = name ? name.told : "";
  }

  function say(text) {
    $(".lx-says").textContent = text;
  }

  function broken(error) {
    $(".lx-broken").hidden = !error;
    $(".lx-broken").textContent = error ? STAGE.unusable(error) : "";
    document.body.classList.toggle("lx-no-model", Boolean(error));
  }

  function notes(answer) {
    const list = (answer.notes || []).map((text) => make("p", {}, text,
      make("button", { type: "button", class: "lx-close", "aria-label": STAGE.dismiss,
        onclick: (event) => event.target.parentElement.remove() }, "×")));
    $(".lx-notes").replaceChildren(...list);
    stranger(answer);
  }

  /* A robot that the model has not learned: said for as long as it is looked at. */
  function stranger(answer) {
    const told = $(".lx-stranger") || make("p", { class: "lx-stranger", role: "status" });
    told.textContent = answer.stranger || "";
    if (answer.stranger) $(".lx-notes").append(told);
    else told.remove();
  }

  /* ---- controls ---- */
  function scrub() {
    const clip = store.clip();
    time.max = clip ? clip.frames - 1 : 0;
    time.value = store.state.f;
    $(".lx-scrub").hidden = !clip || clip.frames < 2;
    time.setAttribute("aria-valuetext", STAGE.value(store.state.f));
    $('[data-step="-1"]').disabled = store.state.f <= 0;
    $('[data-step="1"]').disabled = !clip || store.state.f >= clip.frames - 1;
  }

  /* "Blink" pressed again shows the other picture: the way to blink where motion is reduced. */
  function choose(mode) {
    if (mode === "blink" && store.state.o === "blink") beat.swap();
    else store.look({ o: mode });
  }

  /* A gesture is one step in the history, however many frames it passes. */
  let dragging = false, resting = 0;
  function drag(to) {
    const since = performance.now();
    store.go({ f: to }, { merge: dragging, pass: true });
    dragging = true;
    clearTimeout(resting);
    pass(since);
  }
  const rest = () => { dragging = false; store.stop(); };

  /* ---- playing ---- */
  let playing = 0;
  const play = $('[data-do="play"]');
  function setPlaying(on) {
    clearInterval(playing);
    const clip = store.clip();
    playing = on && clip ? setInterval(tick, 1000 / clip.fps) : 0;
    play.setAttribute("aria-label", playing ? STAGE.pause : STAGE.play);
    play.classList.toggle("on", Boolean(playing));
    if (!playing) return rest();
    if (store.state.f >= clip.frames - 1) drag(0);
  }

  function tick() {
    const clip = store.clip();
    if (document.hidden || store.page.tab !== "explore" || store.state.f >= clip.frames - 1) return setPlaying(false);
    drag(store.state.f + 1);
  }

  /* Space plays, unless it presses what is in focus; a chosen code cannot be pressed again. */
  function space(event) {
    if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey || store.page.tab !== "explore") return;
    const busy = 'button:not(.lx-code[aria-checked="true"]), a, summary, select, textarea, input:not([type="range"]), [contenteditable="true"], dialog';
    if (around(event, busy) || $(".lx-scrub").hidden) return;
    event.preventDefault();
    setPlaying(!playing);
  }

  play.addEventListener("click", () => setPlaying(!playing));
  document.addEventListener("keydown", space);
  // whatever else is done ends it
  on("state", () => playing && !store.isPassing() && setPlaying(false));

  time.addEventListener("input", () => {
    if (playing) setPlaying(false);
    drag(Number(time.value));
    resting = setTimeout(store.stop, REST_MS);
  });
  time.addEventListener("change", rest);

  for (const button of $$("[data-step]")) {
    button.addEventListener("click", () => {
      const clip = store.clip(), to = store.state.f + Number(button.dataset.step);
      if (clip && to >= 0 && to < clip.frames) store.go({ f: to });
    });
  }
  split.addEventListener("input", paint);
  for (const button of overlays) {
    button.addEventListener("click", () => choose(button.dataset.overlay));
    button.addEventListener("keydown", (event) => pressNext(event, overlays));
  }
  next.addEventListener("click", () => store.state.o === "blink" && beat.swap());
  const markPace = () => markChosen(paces, (button) => button.dataset.pace === beat.pace());
  for (const button of paces) {
    button.addEventListener("click", () => { beat.setPace(button.dataset.pace); markPace(); });
    button.addEventListener("keydown", (event) => pressNext(event, paces));
  }
  markPace();

  on("state", scrub);
  on("beat", paint);
  on("preview", preview);
  on("look", overlay);
  on("opened", (answer) => { notes(answer); overlay(); });
  on("shown", ({ answer }) => stranger(answer));
  on("catalogue", scrub);
  on("shown", shown);
  on("busy", (busy) => root.setAttribute("aria-busy", busy));
  on("error", (text) => {
    document.body.classList.remove("lx-passing");
    root.classList.add("wrong");
    say(text);
  });
  on("pending", () => gradio.trigger("open", { query: location.search }));
  store.connect((wish) => gradio.trigger("predict", wish));
  store.writesLink("explore", store.shownLink);
  onValue(gradio, store.receive);
}
