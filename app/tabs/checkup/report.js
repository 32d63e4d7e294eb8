// @ts-check
/* The health report: what is known at once, a running checkup with its progress, and its result. */
import { calm, finders, make } from "../../web/dom.js";
import { emit, on } from "../../web/topics.js";
import { cards, sides, tiles } from "./cards.js";
import { REPORT } from "./words.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const ASK_MS = 600, TRIES = 8;
  const { $, $$, at } = finders(element);
  const root = $(".ck-report");
  let run = null, report = null, announced = "";

  /* ---- what is known ---- */
  function draw({ columns, differences }) {
    root.classList.toggle("two", columns.length > 1);
    $(".ck-sides").replaceChildren(...sides(columns, differences));
    $(".ck-tiles").replaceChildren(...tiles(columns));
    $(".ck-cards").replaceChildren(...cards(columns, differences));
    root.dataset.known = columns.map(({ known }) => known).join(" ");
    const all = columns.every(({ known }) => known !== "nothing");
    for (const button of $$("[data-save]")) button.disabled = !all;
  }

  /* Another checkpoint: its published figures. The same one: its report stays. */
  function known(found) {
    if (run) return;
    const names = JSON.stringify([found.choice.model, found.choice.other]);
    if (report && report.names === names) return;
    forget();
    report = { models: [found.choice.model, found.choice.other].filter(Boolean), columns: found.columns };
    draw(found);
  }

  function forget() {
    report = null;
    for (const button of $$("[data-save]")) button.disabled = true;
  }

  /* ---- a run ---- */
  function started({ tickets, choice }) {
    forget();
    const names = [choice.model, choice.other].filter(Boolean);
    run = { tickets, names: JSON.stringify([choice.model, choice.other]), failures: 0 };
    at("failed").textContent = "";
    $(".ck-bars").replaceChildren(...tickets.map((_, side) => bar(names, side)));
    $(".ck-run").hidden = false;
    root.dataset.state = "running";
    $('[data-do="cancel"]').disabled = false;
    $('[data-do="cancel"]').focus({ preventScroll: true });
    if (innerWidth < 1061) root.scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
    poll(run);
  }

  function bar(names, side) {
    const title = names.length > 1 ? `${"AB"[side]} ` : "";
    return make("div", { class: "ck-bar" },
      make("div", { class: "ck-stage" }, make("b", {}, title), make("span", { "data-at": "stage" }, REPORT.starting),
        make("small", { "data-at": "count" }), make("span", { class: "ck-left", "data-at": "left" })),
      make("progress", { max: 1, value: 0, "aria-label": REPORT.progress(title) }));
  }

  async function poll(mine) {
    const told = await gradio.server.progress({ tickets: mine.tickets });
    if (run !== mine) return;
    if (!told) {
      mine.failures += 1;
      if (mine.failures > TRIES) return end(REPORT.silent);
      return setTimeout(() => poll(mine), 2 * ASK_MS);
    }
    mine.failures = 0;
    if (told.error) return end(told.error);
    told.progress.forEach(tell);
    const failed = told.progress.find(({ state }) => state === "failed");
    if (failed) return stop(mine, failed.error);
    if (told.progress.some(({ state }) => state === "cancelled")) return end(REPORT.cancelledBefore);
    if (told.progress.every(({ state }) => state === "done")) return finish(mine);
    setTimeout(() => poll(mine), ASK_MS);
  }

  function tell(progress, side) {
    const row = $(".ck-bars").children[side];
    if (!row) return;
    const words = inWords(progress);
    row.querySelector('[data-at="stage"]').textContent = words;
    row.querySelector('[data-at="count"]').textContent = progress.state === "running" ? progress.count : "";
    row.querySelector('[data-at="left"]').textContent = left(progress);
    row.querySelector("progress").value = progress.share;
    row.dataset.state = progress.state;
    /* A screen reader hears the stages, not every step. */
    if (progress.state !== "done" && words !== announced) {
      announced = words;
      at("heard").textContent = REPORT.heard(words, left(progress));
    }
  }

  function inWords({ state, stage, ahead }) {
    if (state === "waiting") return REPORT.waiting(ahead);
    return state === "done" ? REPORT.done : stage || REPORT.starting;
  }

  function left({ state, secondsLeft, others }) {
    if (state === "done") return "";
    const time = secondsLeft === null ? REPORT.estimating : REPORT.left(secondsLeft);
    return others ? REPORT.others(time, others) : time;
  }

  async function finish(mine) {
    at("heard").textContent = REPORT.writing;
    const found = await gradio.server.report({ tickets: mine.tickets });
    if (run !== mine) return;
    if (!found || found.error) return end((found && found.error) || REPORT.lost);
    const focused = element.contains(document.activeElement);
    report = { tickets: mine.tickets, names: mine.names, columns: found.columns };
    end("");
    draw(found);
    at("heard").textContent = REPORT.here;
    if (focused) at("title").focus({ preventScroll: true });
  }

  function end(sentence) {
    run = null;
    announced = "";
    $(".ck-run").hidden = true;
    root.dataset.state = "";
    at("failed").textContent = sentence;
    emit("checkup-ended");
  }

  /* Waits no longer, here and on the server. */
  function stop(mine, sentence) {
    gradio.server.cancel({ tickets: mine.tickets });
    end(sentence);
  }

  function cancel() {
    if (!run) return;
    stop(run, "");
    at("heard").textContent = REPORT.cancelled;
    emit("checkup-cancelled");
  }

  /* ---- files ---- */
  async function save(kind) {
    const button = $(`[data-save="${kind}"]`), mine = report;
    button.disabled = true;
    at("failed").textContent = "";
    const found = await gradio.server.export({ ...(mine.tickets ? { tickets: mine.tickets } : { models: mine.models }), as: kind });
    button.disabled = report !== mine;
    if (!found || found.error) {
      at("failed").textContent = (found && found.error) || REPORT.again;
      return;
    }
    const text = kind === "html" ? found.html : `${JSON.stringify(found.json.length > 1 ? found.json : found.json[0], null, 2)}\n`;
    const name = mine.columns.map(({ checkpoint }) => checkpoint.replace(/[^\w.-]+/g, "-")).join("-and-");
    const address = URL.createObjectURL(new Blob([text], { type: kind === "html" ? "text/html" : "application/json" }));
    make("a", { href: address, download: `checkup-${name}.${kind}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  }

  /* ---- the teaching switch ---- */
  function teach() {
    root.classList.toggle("teaching", at("teach").checked);
    try { localStorage.setItem("lapa-teach", at("teach").checked ? "1" : ""); } catch { /* private mode */ }
  }

  function note(notes) {
    at("notes").replaceChildren(...notes.map((sentence) => make("p", {}, sentence,
      make("button", { type: "button", class: "lx-close", "aria-label": REPORT.dismiss,
        onclick: (event) => event.currentTarget.parentElement.remove() }, "×"))));
  }

  try { at("teach").checked = Boolean(localStorage.getItem("lapa-teach")); } catch { /* private mode */ }
  teach();
  at("teach").addEventListener("change", teach);
  $('[data-do="cancel"]').addEventListener("click", cancel);
  for (const button of $$("[data-save]")) {
    button.addEventListener("click", () => save(button.dataset.save));
  }
  on("checkup-known", known);
  on("checkup-started", started);
  on("checkup-notes", note);
}
