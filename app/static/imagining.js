/* The imagined rollout of the tab Policy, its codes and how sure the policy is of each. */
Lapa.part("imagining", (element, gradio) => {
  "use strict";
  const $ = (selector) => element.querySelector(selector), at = (name) => $(`[data-at="${name}"]`);
  const canvas = $("canvas");
  let about = null, frames = [];
  const { ask, forget, answer } = Lapa.stream(gradio, "imagine", { heard, ended });

  const say = (text) => (at("says").textContent = text);

  function draw(index) {
    const frame = frames[index];
    if (!frame) return;
    Lapa.images.paint(canvas, frame.src);
    const seconds = (index * about.gap / about.fps).toFixed(1);
    at("step").textContent = index ? `step ${index} of ${about.steps} · ${seconds} s` : "the start";
    at("codes").textContent = frame.codes ? Lapa.written(frame.codes) : "[…]";
    at("shares").replaceChildren(...(frame.shares || []).map((row, position) => shares(row, frame.codes[position], position)));
  }

  function shares(row, chosen, position) {
    const told = `position ${position}: code ${chosen}, ${Math.round(100 * row[chosen])} %`;
    return Lapa.make("div", { class: "po-share", role: "img", "aria-label": told, title: told },
      ...row.map((share, code) => Lapa.make("span", { class: code === chosen ? "chosen" : "" },
        Lapa.make("i", { style: `height:${Math.max(2, Math.round(100 * share))}%` }),
        Lapa.make("small", {}, String(code)))));
  }

  /* ---- what the server sends ---- */
  const busy = (now) => $(".po-side").setAttribute("aria-busy", now);

  function heard(record) {
    if (record.kind === "queued") return say(Lapa.waiting(record));
    frames[record.step] = record;
    say("");
    Lapa.emit("policy-frames", { count: (frames.length - 1) * about.gap });
  }

  function ended(record) {
    busy(false);
    say(record.error || told());
    Lapa.emit("policy-ended", "imagining");
  }

  function told() {
    const count = frames.length - 1;
    if (count < about.steps) return `Stopped after ${count} of ${about.steps} steps.`;
    const sure = frames.slice(1).map(({ codes, shares }) => shares.reduce((all, row, p) => all + row[codes[p]], 0) / codes.length);
    const mean = sure.reduce((all, each) => all + each, 0) / sure.length;
    return `${count} latent actions; the policy was ${Math.round(100 * mean)} % sure of a code on average (guessing is ${Math.round(100 / frames[1].shares[0].length)} %).`;
  }

  Lapa.on("policy-about", (told) => (about = told));
  Lapa.on("policy-begun", (start) => {
    // what is still under way belongs to another start
    forget();
    busy(false);
    frames = [{ src: start.frame }];
    draw(0);
    say("");
  });
  Lapa.on("policy-run", ({ steps }) => {
    frames.length = 1;
    busy(true);
    ask({ steps });
  });
  Lapa.on("policy-halt", () => say("Stopping…"));
  Lapa.on("policy-time", (time) => draw(Math.min(Math.floor(time / about.gap), frames.length - 1)));
  Lapa.values(gradio, answer);
});
