// @ts-check
/* Saves chosen pairs as a file that the server makes. */
import { make } from "../../web/dom.js";
import { FILES } from "./words.js";

/**
 * @param {import("../../web/records").Gradio} gradio
 * @param {{ m: string, rows: number[], words: string, as: "csv" | "json" | "webp" }} wish
 * @returns {Promise<string>} what is said of it
 */
export async function save(gradio, wish) {
  const found = await gradio.server.export(wish);
  if (!found || found.error) return found ? found.error : FILES.failed;
  const bytes = Uint8Array.from(atob(found.data), (letter) => letter.charCodeAt(0));
  const link = make("a", { href: URL.createObjectURL(new Blob([bytes], { type: found.type })), download: found.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  return FILES.saved(found.name);
}
