// @ts-check
/* A row of buttons of which one is chosen. */
import { make, markChosen, pressNext } from "../../web/dom.js";

/**
 * @param {string} label
 * @param {string[]} names
 * @param {number} chosen
 * @param {(n: number) => void} pick
 */
export function choices(label, names, chosen, pick) {
  const group = make("div", { class: "lx-segments ln-choices", role: "radiogroup", "aria-label": label });
  names.forEach((name, n) => group.append(make("button", { type: "button", role: "radio",
    onclick: (event) => {
      markChosen(group.children, (button) => button === event.currentTarget);
      pick(n);
    }, onkeydown: (event) => pressNext(event, group.children) }, name)));
  markChosen(group.children, (button) => button === group.children[chosen]);
  return group;
}
