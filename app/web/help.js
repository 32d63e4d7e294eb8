// @ts-check
/* The facts about the checkpoint in the help at the bottom. */
import { make } from "./dom.js";
import { on } from "./topics.js";
import { counted } from "./words.js";

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
      fact("Checkpoint", model.name, "checkpoint"),
      fact("Parameters", model.parameters),
      fact("Latent action", `${counted(model.positions, "position")} × ${model.values} codes`, "codebook"),
      fact("Gap", `${model.gap} s`, "gap"),
      fact("Resolution", `${model.size} × ${model.size} pixels`));
  });
}
