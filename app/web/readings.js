// @ts-check
/* An official file that fits several networks: whoever opens it says which it is. */
import { make } from "./dom.js";

/**
 * Offers the readings in a place beside the sentence that asks for one; none leaves it empty.
 * @param {HTMLElement} place
 * @param {[number, number][] | undefined} readings image size in pixels and number of codes
 * @param {(reading: [number, number]) => void} choose
 */
export function offerReadings(place, readings, choose) {
  place.hidden = !readings;
  place.replaceChildren(...(readings || []).map((reading) => make("button", {
    type: "button", class: "lx-button", onclick: () => choose(reading),
  }, `${reading[0]} px, ${reading[1]} codes`)));
}
