/* The simulator's side of the tab Policy, the time of both sides, and how often it works out. */
Lapa.part("acting", (element, gradio) => {
  "use strict";
  const $ = (selector) => element.querySelector(selector), at = (name) => $(`[data-at="${name}"]`);
  const canvas = $("canvas"), slider = at("slider");
  let about = null, start = null, frames = [], latest = true, imagined = 0, actor = "", tried = [];
  const { ask, forget, answer } = Lapa.stream(gradio, "act", { heard, ended });

  const say = (text, verdict = "") => {
    at("says").textContent = text;
    at("says").className = `po-verdict ${verdict}`;
  };
  const seconds = (steps) => `${(steps / about.fps).toFixed(1)} s`;
  const named = (policy) => (about.policies.find(([name]) => name === policy) || ["", policy])[1];

  function draw(index) {
    const frame = frames[index];
    if (!frame) return;
    Lapa.images.paint(canvas, frame.src);
    at("step").textContent = index ? `after ${seconds(index)}` : "the start";
    const parts = [];
    if (frame.action && frame.action.length) parts.push(`move ${frame.action.map((mm) => mm.toFixed(0)).join(", ")} mm`);
    if (frame.distance !== null && frame.distance !== undefined) parts.push(`${frame.distance.toFixed(1)} cm from the goal`);
    at("line").textContent = parts.join(" · ") || "\u00a0";
  }

  /* ---- the time of both sides ---- */
  function stretch() {
    slider.max = Math.max(imagined, frames.length - 1);
    if (latest) slider.value = slider.max;
    place();
  }

  function place() {
    const time = Number(slider.value);
    at("time").textContent = seconds(time);
    draw(Math.min(time, frames.length - 1));
    Lapa.emit("policy-time", time);
  }

  /* ---- what the server sends ---- */
  const busy = (now) => $(".po-side").setAttribute("aria-busy", now);

  function heard(record) {
    if (record.kind === "queued") return say(Lapa.waiting(record));
    frames[record.step] = record;
    if (record.step === 1) say("");
    stretch();
  }

  function ended(record) {
    busy(false);
    judge(record.error);
    Lapa.emit("policy-ended", "acting");
  }

  function judge(error) {
    const last = frames[frames.length - 1], count = frames.length - 1, whose = start.recorded ? "The recorded policy" : named(actor);
    if (error) return say(error, "poor");
    if (!last.over) return say(`Stopped after ${seconds(count)}.`);
    if (last.success === null) return say(`It moved for ${seconds(count)}; nobody can say whether this instruction is done.`);
    say(last.success ? `Success: ${whose} did it in ${seconds(count)}.` : `Failure: ${whose} had not done it after ${seconds(count)}.`, last.success ? "good" : "poor");
    if (!start.recorded) {
      tried = tried.filter(({ policy }) => policy !== actor);
      tried.push({ policy: actor, words: last.success ? `success in ${seconds(count)}` : `failure after ${seconds(count)}`, good: last.success });
      at("tried").replaceChildren(Lapa.make("h3", {}, "On this start"), ...tried.map(({ policy, words, good }) =>
        Lapa.make("p", {}, Lapa.make("b", {}, named(policy)), " ", Lapa.make("span", { class: good ? "good" : "poor" }, words))));
    }
  }

  /* ---- how often it works out, as measured ---- */
  function rates() {
    if (!about.rates.length) return;
    const policies = about.policies.filter(([name]) => about.rates.some((row) => row.policies[name]));
    const head = Lapa.make("tr", {}, Lapa.make("th", { scope: "col" }, "Success within 10 s, measured with cylinder, plain"),
      ...policies.map(([, words]) => Lapa.make("th", { scope: "col" }, words)));
    const rows = about.rates.map((row) => Lapa.make("tr", { class: row.kind === "all" ? "all" : "" },
      Lapa.make("th", { scope: "row" }, row.words),
      ...policies.map(([name]) => {
        const rate = row.policies[name];
        return Lapa.make("td", rate ? { title: rate.interval } : {}, rate ? rate.words : "–");
      })));
    at("rates").replaceChildren(Lapa.make("table", {}, Lapa.make("thead", {}, head), Lapa.make("tbody", {}, ...rows)));
  }

  Lapa.on("policy-about", (told) => { about = told; rates(); });
  Lapa.on("policy-begun", (told) => {
    // what is still under way belongs to another start
    forget();
    busy(false);
    const same = start && start.frame === told.frame && start.instruction === told.instruction;
    start = told;
    if (!same) { tried = []; at("tried").replaceChildren(); }
    at("title").textContent = start.recorded ? "Recorded" : "Simulator";
    frames = [{ src: start.frame }];
    imagined = 0;
    latest = true;
    say(start.recorded ? "A recorded episode: the simulator does not run now." : "");
    stretch();
  });
  Lapa.on("policy-run", ({ policy }) => {
    frames.length = 1;
    imagined = 0;
    actor = policy;
    latest = true;
    busy(true);
    if (!start.recorded) say(`The run begins (${named(policy)})…`);
    ask({ policy });
  });
  Lapa.on("policy-halt", () => say("Stopping…"));
  Lapa.on("policy-frames", ({ count }) => { imagined = count; stretch(); });
  slider.addEventListener("input", () => { latest = Number(slider.value) >= Number(slider.max); place(); });
  Lapa.values(gradio, answer);
});
