// @ts-check
/* One's own video on the map: chosen or dropped, sent, and placed among the pairs. */
import { limits } from "../../web/config.js";
import * as store from "../../web/store.js";
import { emit } from "../../web/topics.js";
import { megabytes } from "../../web/words.js";
import { BRING } from "./words.js";

const SENDING_MS = 120000;

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
    if (!file.size) return say(BRING.empty(file.name));
    if (file.size > limits.uploadBytes) return say(BRING.large(file.name, megabytes(file.size), megabytes(limits.uploadBytes)));
    button.disabled = true;
    button.textContent = BRING.reading;
    try {
      const { path } = await gradio.upload(file);
      const found = await ask("bring", { path }, SENDING_MS);
      if (found.error) return say(found.error);
      store.page.clips = [found.clip, ...store.page.clips];
      emit("brought", found);
      place(found.clip);
    } catch {
      say(BRING.lost(file.name));
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
