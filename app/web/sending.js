// @ts-check
/* One's own files: chosen or dropped, held to the limit, and sent to the server. */
import { limits } from "./config.js";
import { megabytes, SENDING } from "./words.js";

/** What files have together. */
export const bytes = (/** @type {File[]} */ files) => files.reduce((sum, file) => sum + file.size, 0);

/**
 * Sends files to the server and says where they are there.
 * @param {import("./records").Gradio} gradio
 * @param {File[]} files at least one
 * @param {{ needed?: string, most?: number }} [accepted] needed: said of an empty file. most: bytes
 * @returns {Promise<string[]>} fails with a sentence for people
 */
export async function upload(gradio, files, { needed = "", most = limits.uploadBytes } = {}) {
  const empty = files.find((file) => !file.size);
  if (empty) throw new Error(SENDING.empty(empty.name, needed));
  if (bytes(files) > most) throw new Error(SENDING.large(files[0].name, megabytes(bytes(files)), megabytes(most)));
  try {
    const paths = [];
    for (const file of files) paths.push((await gradio.upload(file)).path);
    return paths;
  } catch {
    throw new Error(SENDING.lost(files[0].name));
  }
}

/**
 * Takes the files that an input is given, the same ones again, too.
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => void} take
 */
export function chosen(input, take) {
  input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
}

/**
 * Takes files that are dropped on a panel, unless this deployment takes none.
 * @param {HTMLElement} panel
 * @param {(files: File[]) => void} take
 */
export function dropped(panel, take) {
  panel.addEventListener("dragover", (event) => { event.preventDefault(); panel.classList.add("drop"); });
  panel.addEventListener("dragleave", () => panel.classList.remove("drop"));
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    panel.classList.remove("drop");
    if (document.documentElement.dataset.uploads !== "off") take([...event.dataTransfer.files]);
  });
}
