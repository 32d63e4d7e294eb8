// @ts-check
/* The pair whose latent action is carried over: a clip's frame, or one's own two pictures. */
import * as motion from "../../web/arrows.js";
import { limits } from "../../web/config.js";
import { finders, make, markChosen, pressNext } from "../../web/dom.js";
import { chosen, upload } from "../../web/sending.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { wire } from "../../web/wire.js";
import { SENDING } from "../../web/words.js";
import { FORM } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const PAUSE_MS = 150, SENDING_MS = 120000;
  // twice as often each time, as far as the server goes
  const STEPS = [1, 2, 4, 8, 16, 32].filter((steps) => steps <= limits.transferSteps);
  const { $, at } = finders(element);
  const { ask } = wire(gradio);
  const own = { first: null, second: null };
  let choice = null, link = "", opened = false, pause = 0, turn = 0;

  /* ---- what can be chosen: the clips that Explore lists ---- */
  const clipOf = (id) => store.page.clips.find((clip) => clip.id === id);
  const gapOf = (clip) => Math.max(1, Math.floor(gap() * clip.fps + 0.5));
  const gap = () => (store.page.model ? store.page.model.gap : 0);
  const long = (clip) => clip.frames > gapOf(clip);

  async function open() {
    if (opened || !store.page.clips.length || !store.page.model || store.page.tab !== "transfer") return;
    opened = true;
    const found = await ask("open", { query: store.asked("transfer") });
    at("notes").replaceChildren(...(found.notes || []).map((note) => make("p", {}, note)));
    choose(found.choice || usual());
  }

  /* Explore's own pair if it has a future, otherwise the first clip that has one. */
  function usual() {
    const { m, c, f } = store.state, shown = clipOf(c);
    const fits = shown && long(shown) && f < shown.frames - gapOf(shown);
    const clip = fits ? shown : store.page.clips.find(long);
    return { m, c: clip.id, f: fits ? f : clip.opening, d: null, n: 1, on: {} };
  }

  function list() {
    const bodies = [...new Set(store.page.clips.filter(long).map((clip) => clip.embodiment))].sort();
    const clip = clipOf(choice.c), body = clip ? clip.embodiment : bodies[0];
    const options = (select, all, chosen) => {
      select.replaceChildren(...all.map(([value, words]) => make("option", { value }, words)));
      select.value = chosen;
    };
    options(at("body"), bodies.map((name) => [name, name || FORM.uploads]), body);
    const clips = store.page.clips.filter((each) => each.embodiment === body && long(each));
    options(at("clip"), clips.map((each, n) => [each.id, `${n + 1} · ${each.instruction || each.task}`]), choice.c);
    const last = clip ? clip.frames - 1 - gapOf(clip) : 0;
    at("frame").max = Math.max(0, last);
    at("frame").value = choice.f;
    at("frame").disabled = Boolean(choice.d) || last < 1;
    at("index").textContent = choice.d ? FORM.own : FORM.frame(choice.f, last);
    markChosen($(".lx-segments").children, (button) => Number(button.dataset.steps) === choice.n);
  }

  /* ---- what is chosen ---- */
  function choose(change) {
    choice = { ...choice, ...change };
    list();
    $(".tf-form").setAttribute("aria-busy", "true");
    emit("carrying", choice);
    clearTimeout(pause);
    pause = setTimeout(carry, PAUSE_MS);
  }

  async function carry() {
    const mine = ++turn;
    // a few rows at once, all of them and what they say a moment later
    const first = await ask("carry", { ...choice, first: true });
    if (mine !== turn) return;
    if (!first.error) draw(first, true);
    const found = first.error ? first : await ask("carry", choice);
    if (mine !== turn) return;
    $(".tf-form").setAttribute("aria-busy", "false");
    at("wrong").textContent = found.error || "";
    if (found.error) return emit("carried", null);
    link = found.link;
    store.link();
    draw(found, false);
    const proof = await ask("nearest", choice);
    if (mine === turn) emit("nearest", proof.pairs || {});
  }

  function draw(found, partly) {
    at("codes").textContent = found.text;
    const past = { image: found.future, vector: [0, 0], centre: [0, 0] };
    const told = { aspect: found.aspect, kind: "truth" };
    at("pair").replaceChildren(
      figure(FORM.now, motion.picture(found.frame, { ...told, alt: FORM.first })),
      figure(FORM.later, motion.picture(past, { ...told, alt: FORM.second })));
    emit("carried", { ...found, choice, partly });
  }

  const figure = (words, picture) => make("figure", {}, picture, make("figcaption", { class: "lx-foot" }, words));

  function another(body) {
    const clip = store.page.clips.find((each) => each.embodiment === body && long(each));
    choose({ c: clip.id, f: Math.min(clip.opening, clip.frames - 1 - gapOf(clip)), d: null });
  }

  /* ---- one's own two frames ---- */
  let sending = "first";

  async function send(file) {
    const slot = sending, button = $(`[data-do="${slot}"]`), label = button.querySelector("span"), before = label.textContent;
    if (!file || button.disabled) return;
    at("wrong").textContent = "";
    button.disabled = true;
    label.textContent = SENDING.reading;
    try {
      const [path] = await upload(gradio, [file], FORM);
      const found = await ask("bring", { path }, SENDING_MS);
      if (found.error) throw new Error(found.error);
      own[slot] = found.clip;
      label.textContent = FORM.there(FORM.slots[slot], file.name.slice(0, 18));
    } catch (error) {
      label.textContent = before;
      return (at("wrong").textContent = error.message);
    } finally {
      button.disabled = false;
    }
    if (!own.first || !own.second) return (at("own").textContent = FORM.other);
    at("own").textContent = FORM.kept;
    choose({ c: own.first.id, f: 0, d: own.second.id });
  }

  /* ---- controls ---- */
  $(".lx-segments").append(...STEPS.map((steps) => make("button", {
    type: "button", role: "radio", "data-steps": steps, onclick: () => choice && choose({ n: steps }), onkeydown: (event) => pressNext(event, $(".lx-segments").children),
  }, FORM.times(steps))));


  at("body").addEventListener("change", () => another(at("body").value));
  at("clip").addEventListener("change", () => {
    const clip = clipOf(at("clip").value);
    choose({ c: clip.id, f: Math.min(clip.opening, clip.frames - 1 - gapOf(clip)), d: null });
  });
  at("frame").addEventListener("input", () => choose({ f: Number(at("frame").value) }));
  for (const slot of ["first", "second"]) {
    $(`[data-do="${slot}"]`).addEventListener("click", () => { sending = slot; $('input[type="file"]').click(); });
  }
  chosen($('input[type="file"]'), ([file]) => send(file));
  on("transfer-choice", (change) => choice && choose(change));
  store.writesLink("transfer", () => link);
  on("tab", open);
  on("catalogue", open);
  on("state", open);
  open();
}
