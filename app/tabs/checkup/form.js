// @ts-check
/* What to examine: checkpoints, clips, size; one's own files; and the button that begins. */
import { limits } from "../../web/config.js";
import { finders, make, markChosen, pressNext } from "../../web/dom.js";
import { offerReadings } from "../../web/readings.js";
import { bytes, chosen, upload } from "../../web/sending.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { wire } from "../../web/wire.js";
import { megabytes, SENDING } from "../../web/words.js";
import { FORM } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const SENDING_MS = 600000, PAUSE_MS = 150;
  const { $, $$, at } = finders(element);
  let offer = { models: [], embodiments: [], uploads: [], sizes: [] };
  let followed = store.state.m;
  let choice = null, planned = 0, pause = 0, link = "", running = false;

  const { ask } = wire(gradio);

  /* ---- what is on offer ---- */
  async function open() {
    const found = await ask("open", { query: store.asked("checkup") });
    if (found.error) return (at("wrong").textContent = found.error);
    offer = found;
    choice = choice || found.choice;
    at("wrong").textContent = choice ? found.problem
      : FORM.none;
    emit("checkup-notes", found.notes);
    list();
    plan();
    $(".ck-form").setAttribute("aria-busy", "false");
  }

  /* The visitor may have sent a video in another tab. */
  async function refresh() {
    if (!choice || running) return;
    const found = await ask("open", { query: "" });
    if (found.error) return;
    accept(found);
    // the model that was chosen for the whole page since
    const wanted = store.state.m !== followed && found.models.find(({ name }) => name === store.state.m);
    followed = store.state.m;
    if (wanted && choice.model !== wanted.name) change({ model: wanted.name });
  }

  function accept(found) {
    offer = { ...offer, models: found.models, uploads: found.uploads };
    list();
  }

  function list() {
    const titles = (models, none) => [...(none ? [make("option", { value: "" }, none)] : []),
      ...models.map((model) => make("option", { value: model.name },
        model.own && !model.title.startsWith("your") ? FORM.yours(model.title) : model.own ? model.title : model.name))];
    at("model").replaceChildren(...titles(offer.models));
    const others = offer.models.filter((model) => choice && model.name !== choice.model);
    at("other").replaceChildren(...titles(others, FORM.other(others.length)));
    $(".ck-bodies").replaceChildren(...offer.embodiments.map(body));
    $(".ck-videos").replaceChildren(...offer.uploads.map(video));
    $(".lx-segments").replaceChildren(...offer.sizes.map(size));
    show();
  }

  function body({ name, clips, picture }) {
    const image = make("img", { alt: "", width: 30, height: 30 });
    if (picture) image.src = picture;
    return tick("embodiments", name, image, make("span", { class: "ck-name" }, name),
      make("small", { title: FORM.clips(clips) }, String(clips)));
  }

  const video = ({ id, name, seconds }) => tick("uploads", id,
    make("span", { class: "ck-name" }, name || FORM.video), make("small", {}, FORM.seconds(seconds)));

  function tick(list, name, ...inside) {
    const box = make("input", { type: "checkbox", value: name, "data-list": list, onchange: () => {
      const kept = choice[list].filter((each) => each !== name);
      change({ [list]: box.checked ? [...kept, name] : kept });
    } });
    return make("label", { class: "ck-tick", title: list === "embodiments" ? name : null }, box, ...inside);
  }

  function size(name) {
    const [word, why] = FORM.sizes[name] || [name, ""];
    return make("button", { type: "button", role: "radio", "data-size": name, title: why,
      onclick: () => change({ size: name }), onkeydown: (event) => pressNext(event, $$("[data-size]")) }, word);
  }


  /* ---- what is chosen ---- */
  /* The robots that a checkpoint is examined on, until others are ticked. */
  const usual = (name) => (offer.models.find((each) => each.name === name) || { embodiments: [] }).embodiments;

  function change(by) {
    if (by.model && choice.embodiments.join() === usual(choice.model).join()) by = { embodiments: usual(by.model), ...by };
    choice = { ...choice, ...by };
    if (choice.other === choice.model) choice.other = null;
    if (by.model) list();
    show();
    clearTimeout(pause);
    pause = setTimeout(plan, PAUSE_MS);
  }

  function show() {
    $(".ck-fields").disabled = running || !offer.sizes.length;
    $('[data-do="run"]').disabled = !choice;
    if (!choice) return;
    at("model").value = choice.model;
    at("other").value = choice.other || "";
    const model = offer.models.find((each) => each.name === choice.model);
    at("about").textContent = model ? model.about : "";
    for (const box of $$("[data-list]")) {
      box.checked = choice[box.dataset.list].includes(box.value);
    }
    markChosen($$("[data-size]"), (button) => button.dataset.size === choice.size);
    const clips = offer.embodiments.filter(({ name }) => choice.embodiments.includes(name))
      .reduce((sum, each) => sum + each.clips, choice.uploads.length);
    at("clips").textContent = FORM.chosen(clips);
    emit("checkup-choice", choice);
  }

  async function plan() {
    if (!choice) return;
    const turn = ++planned;
    const found = await ask("plan", choice);
    if (turn !== planned) return;
    const problem = found.error || found.problem || "";
    at("wrong").textContent = problem;
    $('[data-do="run"]').disabled = Boolean(problem);
    at("plan").textContent = problem ? "" : FORM.plan(found, Boolean(choice.other));
    if (found.error) return;
    link = found.link;
    store.link();
    emit("checkup-known", { choice, ...found });
  }

  /* ---- one's own files ---- */
  function busy(button, words) {
    const label = button.querySelector("span");
    button.dataset.words = button.dataset.words || label.textContent;
    button.disabled = Boolean(words);
    label.textContent = words || button.dataset.words;
  }

  async function take(kind, files, most) {
    const button = $(`[data-do="${kind}"]`), told = at(kind === "send" ? "sent" : "brought");
    if (!files.length || button.disabled) return null;
    told.textContent = "";
    busy(button, FORM.uploading(megabytes(bytes(files))));
    try {
      const paths = await upload(gradio, files, { most });
      return await read(kind, { paths, path: paths[0] });
    } catch (error) {
      told.textContent = error.message;
      return null;
    } finally {
      busy(button, "");
    }
  }

  /* What the server makes of files that it has; null where it refuses them. */
  async function read(kind, asked) {
    const button = $(`[data-do="${kind}"]`), told = at(kind === "send" ? "sent" : "brought");
    busy(button, SENDING.reading);
    const found = await ask(kind, asked, SENDING_MS);
    busy(button, "");
    told.textContent = found.error || "";
    if (kind === "send") offerReadings($(".ck-readings"), found.readings, async (reading) => sent(await read(kind, { ...asked, reading })));
    if (found.error) return null;
    accept(found);
    return found;
  }

  async function send(files) {
    offerReadings($(".ck-readings"), undefined, () => {});
    sent(await take("send", files, limits.checkpointBytes));
  }

  function sent(found) {
    if (!found) return;
    if (!choice) choice = { model: found.added, other: null, embodiments: usual(found.added), uploads: [], size: offer.sizes[0] };
    change({ model: found.added, other: null });
  }

  async function bring(files) {
    const found = await take("bring", files.slice(0, 1), limits.uploadBytes);
    if (found && choice) change({ uploads: [...choice.uploads, found.added] });
  }

  for (const { button, input, to } of [
    { button: $('[data-do="send"]'), input: $(".ck-checkpoint"), to: send },
    { button: $('[data-do="bring"]'), input: $(".ck-video"), to: bring },
  ]) {
    button.addEventListener("click", () => input.click());
    chosen(input, to);
  }

  /* ---- begin ---- */
  async function run() {
    running = true;
    show();
    at("wrong").textContent = "";
    const found = await ask("start", choice);
    if (found.error) {
      running = false;
      show();
      at("wrong").textContent = found.error;
      return;
    }
    emit("checkup-started", { tickets: found.tickets, choice });
  }

  at("model").addEventListener("change", () => change({ model: at("model").value }));
  at("other").addEventListener("change", () => change({ other: at("other").value || null }));
  $('[data-do="all"]').addEventListener("click", () => change({ embodiments: offer.embodiments.map(({ name }) => name) }));
  $('[data-do="none"]').addEventListener("click", () => change({ embodiments: [] }));
  $('[data-do="run"]').addEventListener("click", run);
  on("checkup-ended", () => { running = false; show(); });
  on("models", () => store.page.tab === "checkup" && refresh());
  on("state", () => store.page.tab === "checkup" && store.state.m !== followed && refresh());
  on("tab", (name) => { if (name === "checkup") refresh(); });
  store.writesLink("checkup", () => link);
  open();
}
