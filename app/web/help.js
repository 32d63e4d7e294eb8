// @ts-check
/* The facts about the checkpoint in the help at the bottom. */
import { make } from "./dom.js";
import { on } from "./topics.js";
import { counted, HELP } from "./words.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const facts = element.querySelector(".lx-facts");

  function fact(name, value, term) {
    const label = term
      ? make("button", { type: "button", class: "lx-term", "data-term": term }, name) : name;
    return make("div", {}, make("dt", {}, label), make("dd", {}, value));
  }

  on("shown", ({ answer }) => {
    const { model } = answer;
    if (model.error || answer.pending) return facts.replaceChildren();
    facts.replaceChildren(
      fact(HELP.checkpoint, model.name, "checkpoint"),
      fact(HELP.parameters, model.parameters),
      fact(HELP.action, `${counted(model.positions, "position")} × ${model.values} codes`, "codebook"),
      fact(HELP.gap, `${model.gap} s`, "gap"),
      fact(HELP.resolution, HELP.pixels(model.size)));
  });
}
