/* The latent actions that this embodiment's frame pairs have most often, with their share. */
Lapa.part("frequent", (element) => {
  "use strict";
  const SHOWN = 5;
  const $ = (selector) => element.querySelector(selector);
  let presets = [], drawnFor = "";

  /* "7.25 % of fetch pairs" -> 7.25 and "fetch" */
  const share = (preset) => Number((preset.note.match(/^[\d.]+/) || ["0"])[0]);
  const whose = (preset) => preset.note.replace(/^.* of /, "").replace(/ pairs$/, "");

  function shown(answer) {
    const key = JSON.stringify(answer.presets);
    if (key === drawnFor) return mark();
    drawnFor = key;
    presets = answer.presets.filter((preset) => preset.name.startsWith("frequent")).slice(0, SHOWN);
    $("section").hidden = !presets.length;
    if (!presets.length) return;
    const most = Math.max(...presets.map(share));
    $('[data-at="whose"]').textContent = whose(presets[0]) === "all" ? "all embodiments" : whose(presets[0]);
    $(".lx-ranks").replaceChildren(...presets.map((preset) => rank(preset, most)));
    mark();
  }

  function rank(preset, most) {
    const bar = Lapa.make("i", {});
    bar.style.width = `${(100 * share(preset)) / most}%`;
    return Lapa.make("button", { type: "button", class: "lx-rank", "data-preset": preset.name,
      title: `Take ${Lapa.written(preset.codes)}: ${preset.note}`,
      onclick: () => Lapa.go({ a: preset.codes }) },
    Lapa.make("code", {}, Lapa.written(preset.codes)),
    Lapa.make("span", { class: "lx-meter", "aria-hidden": "true" }, bar),
    Lapa.make("small", {}, `${share(preset).toFixed(1)} %`));
  }

  function mark() {
    [...$(".lx-ranks").children].forEach((button, i) =>
      button.setAttribute("aria-pressed", Lapa.same(presets[i].codes, Lapa.state.a)));
  }

  Lapa.on("painted", shown);
  Lapa.on("state", mark);
});
