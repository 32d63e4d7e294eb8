// @ts-check
/* Copying the address of the page as it is now. */
import { COPY } from "./words.js";

/**
 * Copies an address, that of the page as a rule; resolves to what is to be said where the browser does not allow it, "" where
 * it was copied. Inside a frame the address bar is another page's, so the link itself is told.
 */
export async function copyAddress(address = location.href) {
  try {
    await navigator.clipboard.writeText(address);
    return "";
  } catch {
    return COPY.refused(window.top === window && address === location.href ? COPY.here : address);
  }
}
