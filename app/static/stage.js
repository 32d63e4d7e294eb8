/* The stage: the frame, the imagined next frame beside it, its overlays and the scrubber. */
Lapa.part("stage", (element, gradio) => {
  "use strict";
  const BLINK_MS = 550;
  const $ = (selector) => element.querySelector(selector);
  const root = $(".lx-stage"), now = $(".lx-now"), next = $(".lx-next");
  const time = $(".lx-time"), split = $(".lx-split"), line = $(".lx-line"), badge = $(".lx-badge");
  const overlays = [...element.querySelectorAll("[data-overlay]")];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let pair = null, blinking = 0, showsNow = false, drawn = 0;

  /* ---- pictures ---- */
  async function shown({ answer, since }) {
    const turn = ++drawn;
    const [frame, image] = await Promise.all(
      [answer.frame, answer.image].map((url) => (url ? Lapa.images.load(url) : null)));
    if (turn !== drawn) return;
    pair = { frame, image: image || frame };
    root.style.setProperty("--aspect", answer.aspect);
    Lapa.images.plain(now, frame);
    paint();
    captions(answer);
    requestAnimationFrame(() => setTimeout(() => painted(answer, since), 0));
  }

  function painted(answer, since) {
    root.dataset.codes = answer.codes ? answer.codes.join(".") : "";
    root.dataset.frame = answer.index;
    root.dataset.clip = answer.clip;
    root.dataset.painted = Number(root.dataset.painted || 0) + 1;
    if (since !== null) {
      const latency = performance.now() - since;
      root.dataset.latency = latency.toFixed(1);
      Lapa.page.latencies.push(latency);
      if (Lapa.page.latencies.length > 500) Lapa.page.latencies.shift();
    }
    Lapa.emit("painted", answer);
  }

  function paint() {
    if (!pair) return;
    const mode = Lapa.state.o;
    if (mode === "diff") Lapa.images.heat(next, pair.frame, pair.image);
    else if (mode === "slider") Lapa.images.split(next, pair.frame, pair.image, split.value / 100);
    else Lapa.images.plain(next, mode === "blink" && showsNow ? pair.frame : pair.image);
    line.style.left = `${split.value}%`;
    badge.textContent = showsNow ? "now" : "imagined";
    badge.classList.toggle("now", showsNow);
  }

  function overlay() {
    const mode = Lapa.state.o;
    root.dataset.overlay = mode;
    for (const button of overlays) {
      const chosen = button.dataset.overlay === mode;
      button.setAttribute("aria-checked", chosen);
      button.tabIndex = chosen ? 0 : -1;
    }
    split.hidden = line.hidden = mode !== "slider";
    badge.hidden = mode !== "blink";
    $(".lx-legend").hidden = mode !== "diff";
    clearInterval(blinking);
    showsNow = false;
    if (mode === "blink" && !calm.matches) blinking = setInterval(blink, BLINK_MS);
    paint();
  }

  function blink() {
    showsNow = !showsNow;
    paint();
  }

  /* ---- words ---- */
  function captions(answer) {
    const clip = Lapa.clip(), model = answer.model;
    const seconds = clip ? (answer.index / clip.fps).toFixed(1) : "";
    $('[data-at="now"]').textContent = clip && clip.frames > 1
      ? `frame ${answer.index} of ${clip.frames - 1} · ${seconds} s` : "one image";
    $('[data-at="next"]').textContent = answer.codes
      ? `${Lapa.written(answer.codes)} · ${model.gap} s later` : "";
    now.setAttribute("aria-label", `Frame ${answer.index}${clip && clip.instruction ? `: ${clip.instruction}` : ""}`);
    next.setAttribute("aria-label", answer.codes
      ? `Imagined frame ${model.gap} s later for latent action ${Lapa.written(answer.codes)}` : "No imagined frame");
    broken(model.error);
    if (answer.codes) {
      say(`Latent action ${Lapa.written(answer.codes)} on frame ${answer.index}, ` +
        `imagined in ${Math.max(1, Math.round(answer.milliseconds))} ms.`);
    } else say(answer.pending ? "The model is starting; the imagined frame follows in a few seconds." : "");
    root.classList.remove("wrong");
  }

  function say(text) {
    $(".lx-says").textContent = text;
  }

  function broken(error) {
    $(".lx-broken").hidden = !error;
    $(".lx-broken").textContent = error ? `${error} You can still browse the frames.` : "";
    document.body.classList.toggle("lx-no-model", Boolean(error));
  }

  function notes(answer) {
    const list = (answer.notes || []).map((text) => Lapa.make("p", {}, text,
      Lapa.make("button", { type: "button", class: "lx-close", "aria-label": "Dismiss this note",
        onclick: (event) => event.target.parentElement.remove() }, "×")));
    $(".lx-notes").replaceChildren(...list);
    stranger(answer);
  }

  /* A robot that the model has not learned: said for as long as it is looked at. */
  function stranger(answer) {
    const told = $(".lx-stranger") || Lapa.make("p", { class: "lx-stranger", role: "status" });
    told.textContent = answer.stranger || "";
    if (answer.stranger) $(".lx-notes").append(told);
    else told.remove();
  }

  /* ---- controls ---- */
  function scrub() {
    const clip = Lapa.clip();
    time.max = clip ? clip.frames - 1 : 0;
    time.value = Lapa.state.f;
    $(".lx-scrub").hidden = !clip || clip.frames < 2;
    time.setAttribute("aria-valuetext", `frame ${Lapa.state.f}`);
    $('[data-step="-1"]').disabled = Lapa.state.f <= 0;
    $('[data-step="1"]').disabled = !clip || Lapa.state.f >= clip.frames - 1;
  }

  /* "Blink" pressed again shows the other picture: the way to blink where motion is reduced. */
  function choose(mode) {
    if (mode === "blink" && Lapa.state.o === "blink") blink();
    else Lapa.look({ o: mode });
  }

  let dragging = false;
  time.addEventListener("input", () => {
    Lapa.go({ f: Number(time.value) }, { merge: dragging });
    dragging = true;
  });
  time.addEventListener("change", () => (dragging = false));
  for (const button of element.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      const clip = Lapa.clip(), to = Lapa.state.f + Number(button.dataset.step);
      if (clip && to >= 0 && to < clip.frames) Lapa.go({ f: to });
    });
  }
  split.addEventListener("input", paint);
  overlays.forEach((button, at) => {
    button.addEventListener("click", () => choose(button.dataset.overlay));
    button.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const other = overlays[(at + by + overlays.length) % overlays.length];
      other.click();
      other.focus();
    });
  });
  next.addEventListener("click", () => Lapa.state.o === "blink" && blink());

  Lapa.on("state", scrub);
  Lapa.on("look", overlay);
  Lapa.on("opened", (answer) => { notes(answer); overlay(); });
  Lapa.on("shown", ({ answer }) => stranger(answer));
  Lapa.on("catalogue", scrub);
  Lapa.on("shown", shown);
  Lapa.on("busy", (busy) => root.setAttribute("aria-busy", busy));
  Lapa.on("error", (text) => { root.classList.add("wrong"); say(text); });
  Lapa.on("pending", () => gradio.trigger("open", { query: location.search }));
  Lapa.connect((wish) => gradio.trigger("predict", wish));
  Lapa.values(gradio, Lapa.receive);
});
