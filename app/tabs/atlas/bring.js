// @ts-check
/* One's own video on the map: chosen or dropped, sent, and placed among the pairs. */
import { limits } from "../../web/config.js";
import * as store from "../../web/store.js";
import { emit } from "../../web/topics.js";
import { megabytes } from "../../web/words.js";

const SENDING_MS = 120000;
const SAYS = {
  reading: "Reading…",
  empty: (/** @type {string} */ name) => `${name} is empty (0 bytes). A video is needed.`,
  large: (/** @type {string} */ name, /** @type {number} */ bytes) =>
    `${name} has ${megabytes(bytes)}. At most ${megabytes(limits.uploadBytes)} are accepted.`,
  lost: (/** @type {string} */ name) => `${name} could not be sent to the server. Check the connection and try again.`,
};

/**
 * @param {HTMLElement} panel where a file may be dropped; has the button and the input
 * @param {{ gradio: import("../../web/records").Gradio, ask: (event: string, data: object, patience: number) => Promise<any>,
 *   ready: () => boolean, say: (sentence: string) => void, place: (clip: any) => void }} map
 */
export function ownVideo(panel, { gradio, ask, ready, say, place }) {
  const button = /** @type {HTMLButtonElement} */ (panel.querySelector('[data-do="bring"]'));
  const input = /** @type {HTMLInputElement} */ (panel.querySelector('input[type="file"]'));
  const label = button.textContent;

  async function send(/** @type {File | undefined} */ file) {
    if (!file || button.disabled || !ready()) return;
    say("");
    if (!file.size) return say(SAYS.empty(file.name));
    if (file.size > limits.uploadBytes) return say(SAYS.large(file.name, file.size));
    button.disabled = true;
    button.textContent = SAYS.reading;
    try {
      const { path } = await gradio.upload(file);
      const found = await ask("bring", { path }, SENDING_MS);
      if (found.error) return say(found.error);
      store.page.clips = [found.clip, ...store.page.clips];
      emit("brought", found);
      place(found.clip);
    } catch {
      say(SAYS.lost(file.name));
    } finally {
      button.disabled = false;
      button.textContent = label;
    }
  }

  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => { send(input.files[0]); input.value = ""; });
  panel.addEventListener("dragover", (event) => { event.preventDefault(); panel.classList.add("drop"); });
  panel.addEventListener("dragleave", () => panel.classList.remove("drop"));
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    panel.classList.remove("drop");
    // where a deployment takes no files there is no button either
    if (document.documentElement.dataset.uploads !== "off") send(event.dataTransfer.files[0]);
  });
}
