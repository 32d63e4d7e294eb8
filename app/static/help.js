/* The facts about the checkpoint in the help at the bottom. */
Lapa.part("help", (element) => {
  "use strict";
  const facts = element.querySelector(".lx-facts");

  function fact(name, value, term) {
    const label = term
      ? Lapa.make("button", { type: "button", class: "lx-term", "data-term": term }, name) : name;
    return Lapa.make("div", {}, Lapa.make("dt", {}, label), Lapa.make("dd", {}, value));
  }

  Lapa.on("shown", ({ answer }) => {
    const { model } = answer;
    if (model.error) return facts.replaceChildren();
    facts.replaceChildren(
      fact("Checkpoint", model.name, "checkpoint"),
      fact("Parameters", model.parameters),
      fact("Latent action", `${model.positions} positions × ${model.values} codes`, "codebook"),
      fact("Gap", `${model.gap} s`, "gap"),
      fact("Resolution", `${model.size} × ${model.size} pixels`));
  });
});
