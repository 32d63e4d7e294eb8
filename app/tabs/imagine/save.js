// @ts-check
/* Keep what was made: files to save, a JSON that opens again, a link to exactly this state. */
import { limits } from "../../web/config.js";
import { copyAddress } from "../../web/copy.js";
import { around, finders, make } from "../../web/dom.js";
import { chosen } from "../../web/sending.js";
import * as store from "../../web/store.js";
import { on } from "../../web/topics.js";
import { megabytes } from "../../web/words.js";
import * as dream from "./store.js";
import { KEEP } from "./words.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const { state } = dream;
  const { $, $$ } = finders(element);
  const foot = $(".lx-foot"), file = $("input[type=file]");

  function say(text, wrong = false) {
    foot.textContent = text;
    foot.classList.toggle("wrong", wrong);
  }

  function keep(kind) {
    say(KEEP.making(kind.toUpperCase()));
    dream.ask("keep", { what: kind, of: state.mode === "replay" && kind !== "json" ? "replay" : "dream",
      rate: state.rate, pins: state.pins, ...Object.fromEntries($$("[data-film]").map((box) => [box.dataset.film, box.type === "number" ? Number(box.value) : box.checked])) });
  }

  async function save({ name, url }) {
    const [kind, text] = url.split(",");
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const blob = new Blob([bytes], { type: kind.slice(5, kind.indexOf(";")) });
    const link = make("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    const size = bytes.length < 1e6 ? `${Math.ceil(bytes.length / 1000)} kB` : `${(bytes.length / 1e6).toFixed(1)} MB`;
    say(`${name}, ${size}`);
  }

  async function open(own) {
    if (!own) return;
    if (own.size > limits.dreamBytes) return say(KEEP.large(own.name, megabytes(own.size), megabytes(limits.dreamBytes)), true);
    const text = await own.text();
    say(KEEP.again(own.name));
    dream.flow("playing", "recall", { text });
  }

  async function link() {
    store.link();
    say(await copyAddress() || KEEP.linked);
  }

  element.addEventListener("click", (event) => {
    const button = around(event, "button");
    if (!button) return;
    if (button.dataset.kind) keep(button.dataset.kind);
    else if (button.dataset.do === "link") link();
    else if (button.dataset.do === "open") file.click();
  });
  chosen(file, ([own]) => open(own));
  on("dream-answer", (record) => {
    if (record.kind === "file") save(record);
    if (record.kind === "note") say(record.note);
    if (record.kind === "error" && ["keep", "recall"].includes(record.op)) say(record.error, true);
  });
  on("dream", () => {
    if (state.flow) return;
    const count = state.mode === "replay" ? state.replay.steps.length : dream.line(state.here).length;
    $('[data-at="what"]').textContent = KEEP.frames(count);
  });
}
