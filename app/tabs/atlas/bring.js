// @ts-check
/* One's own video on the map: chosen or dropped, sent, and placed among the pairs. */
import { chosen, dropped, upload } from "../../web/sending.js";
import * as store from "../../web/store.js";
import { emit } from "../../web/topics.js";
import { SENDING } from "../../web/words.js";
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
    button.disabled = true;
    button.textContent = SENDING.reading;
    try {
      const [path] = await upload(gradio, [file], BRING);
      const found = await ask("bring", { path }, SENDING_MS);
      if (found.error) return say(found.error);
      store.page.clips = [found.clip, ...store.page.clips];
      emit("brought", found);
      place(found.clip);
    } catch (error) {
      say(error.message);
    } finally {
      button.disabled = false;
      button.textContent = label;
    }
  }

  button.addEventListener("click", () => input.click());
  chosen(input, ([file]) => send(file));
  dropped(panel, ([file]) => send(file));
}
