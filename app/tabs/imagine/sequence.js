// @ts-check
/* Sequences of latent actions as text: run, branch, shuffle, repeat; errors point at the character. */
import { written } from "../../web/codes.js";
import { around, finders } from "../../web/dom.js";
import { on } from "../../web/topics.js";
import * as dream from "./store.js";
import { SEQUENCE } from "./words.js";
import { sequence } from "./tree.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const { state } = dream;
  const { $ } = finders(element);
  const text = $("textarea"), error = $(".lx-error");

  function fail(record) {
    error.hidden = !record;
    text.setAttribute("aria-invalid", Boolean(record));
    if (!record) return;
    $(".lx-error pre").textContent = record.pointer || "";
    $(".lx-error pre").hidden = !record.pointer;
    $(".lx-error p").textContent = record.error;
    if (record.position === undefined) return;
    text.focus();
    // places are counted in characters, a text field in halves of them
    const at = [...text.value].slice(0, record.position).join("").length;
    text.setSelectionRange(at, Math.min(at + 1, text.value.length));
  }

  function say(words) {
    $('[data-at="count"]').textContent = words;
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(text.value);
      say("copied");
    } catch {
      text.select();
      say(SEQUENCE.copy);
    }
  }

  async function paste() {
    try {
      text.value = await navigator.clipboard.readText();
      fail(null);
      say("pasted");
    } catch {
      text.focus();
      say(SEQUENCE.paste);
    }
  }

  const doing = {
    take: () => { text.value = sequence(dream.line(state.here)); fail(null); say(text.value ? "" : SEQUENCE.empty); },
    copy, paste,
    run: () => dream.flow("playing", "run", { text: text.value }),
    futures: () => dream.ask("futures", { n: state.here, text: text.value }),
    shuffle: () => dream.ask("shuffle", { text: text.value, seed: Math.floor(Math.random() * 1e9) }),
    repeat: () => dream.ask("read", { text: text.value, times: Number($(".lx-repeat input").value) || 0 }),
  };

  element.addEventListener("click", (event) => {
    const button = around(event, "[data-do]");
    if (!button) return;
    fail(null);
    doing[button.dataset.do]();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); fail(null); doing.run(); }
  });
  text.addEventListener("input", () => { fail(null); say(""); });
  // as many codes as this model has positions, so that what is suggested can be run
  on("dream-keys", () => {
    const start = Array.from({ length: state.positions }, (_, p) => (p * 3 + 3) % state.values);
    text.placeholder = `${written(start)} x4, ${written(start.map(() => 0))}`;
  });
  on("dream-answer", (record) => {
    if (record.kind === "problem") fail(record);
    if (record.kind === "error" && ["run", "futures", "read", "shuffle"].includes(record.op)) fail(record);
    if (record.kind !== "written") return;
    text.value = record.text;
    say(`${record.count} step${record.count === 1 ? "" : "s"}`);
  });
}
