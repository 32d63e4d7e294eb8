/* The pair whose latent action is carried over: a clip's frame, or one's own two pictures. */
Lapa.part("transfer", (element, gradio) => {
  "use strict";
  const PAUSE_MS = 150, SENDING_MS = 120000, LARGEST = 50e6, STEPS = [1, 2, 4, 8];
  const $ = (selector) => element.querySelector(selector), at = (name) => $(`[data-at="${name}"]`);
  const { ask, answer } = Lapa.wire(gradio);
  const own = { first: null, second: null };
  let choice = null, link = "", opened = false, pause = 0, turn = 0;

  /* ---- what can be chosen: the clips that Explore lists ---- */
  const clipOf = (id) => Lapa.page.clips.find((clip) => clip.id === id);
  const gapOf = (clip) => Math.max(1, Math.floor(gap() * clip.fps + 0.5));
  const gap = () => (Lapa.page.model ? Lapa.page.model.gap : 0);
  const long = (clip) => clip.frames > gapOf(clip);

  async function open() {
    if (opened || !Lapa.page.clips.length || !Lapa.page.model || Lapa.page.tab !== "transfer") return;
    opened = true;
    const found = await ask("open", { query: Lapa.asked("transfer") });
    at("notes").replaceChildren(...(found.notes || []).map((note) => Lapa.make("p", {}, note)));
    choose(found.choice || usual());
  }

  /* Explore's own pair if it has a future, otherwise the first clip that has one. */
  function usual() {
    const { m, c, f } = Lapa.state, shown = clipOf(c);
    const fits = shown && long(shown) && f < shown.frames - gapOf(shown);
    const clip = fits ? shown : Lapa.page.clips.find(long);
    return { m, c: clip.id, f: fits ? f : clip.opening, d: null, n: 1, on: {} };
  }

  function list() {
    const bodies = [...new Set(Lapa.page.clips.filter(long).map((clip) => clip.embodiment))].sort();
    const clip = clipOf(choice.c), body = clip ? clip.embodiment : bodies[0];
    const options = (select, all, chosen) => {
      select.replaceChildren(...all.map(([value, words]) => Lapa.make("option", { value }, words)));
      select.value = chosen;
    };
    options(at("body"), bodies.map((name) => [name, name || "your uploads"]), body);
    const clips = Lapa.page.clips.filter((each) => each.embodiment === body && long(each));
    options(at("clip"), clips.map((each, n) => [each.id, `${n + 1} · ${each.instruction || each.task}`]), choice.c);
    const last = clip ? clip.frames - 1 - gapOf(clip) : 0;
    at("frame").max = Math.max(0, last);
    at("frame").value = choice.f;
    at("frame").disabled = Boolean(choice.d) || last < 1;
    at("index").textContent = choice.d ? "Your two frames" : `Frame ${choice.f} of ${last}`;
    for (const button of $(".lx-segments").children) {
      const chosen = Number(button.dataset.steps) === choice.n;
      button.setAttribute("aria-checked", chosen);
      button.tabIndex = chosen ? 0 : -1;
    }
  }

  /* ---- what is chosen ---- */
  function choose(change) {
    choice = { ...choice, ...change };
    list();
    $(".tf-form").setAttribute("aria-busy", "true");
    Lapa.emit("carrying", choice);
    clearTimeout(pause);
    pause = setTimeout(carry, PAUSE_MS);
  }

  async function carry() {
    const mine = ++turn;
    const found = await ask("carry", choice);
    if (mine !== turn) return;
    $(".tf-form").setAttribute("aria-busy", "false");
    at("wrong").textContent = found.error || "";
    if (found.error) return Lapa.emit("carried", null);
    link = found.link;
    address();
    at("codes").textContent = found.text;
    const past = { image: found.future, vector: [0, 0], centre: [0, 0] };
    const told = { aspect: found.aspect, kind: "truth" };
    at("pair").replaceChildren(
      figure("Now", Lapa.arrows.picture(found.frame, { ...told, alt: "The first frame of the pair" })),
      figure("A gap later", Lapa.arrows.picture(past, { ...told, alt: "The second frame of the pair" })));
    Lapa.emit("carried", { ...found, choice });
    const proof = await ask("nearest", choice);
    if (mine === turn) Lapa.emit("nearest", proof.pairs || {});
  }

  const figure = (words, picture) => Lapa.make("figure", {}, picture, Lapa.make("figcaption", { class: "lx-foot" }, words));

  function address() {
    if (Lapa.page.tab === "transfer" && link) Lapa.address(link);
  }

  function another(body) {
    const clip = Lapa.page.clips.find((each) => each.embodiment === body && long(each));
    choose({ c: clip.id, f: Math.min(clip.opening, clip.frames - 1 - gapOf(clip)), d: null });
  }

  /* ---- one's own two frames ---- */
  let sending = "first";

  async function send(file) {
    if (!file) return;
    at("wrong").textContent = "";
    if (!file.size) return (at("wrong").textContent = `${file.name} is empty (0 bytes). A picture is needed.`);
    if (file.size > LARGEST) return (at("wrong").textContent = `${file.name} has ${Math.round(file.size / 1e6)} MB. At most 50 MB are accepted.`);
    const slot = sending, label = $(`[data-do="${slot}"] span`);
    label.textContent = "Reading…";
    try {
      const { path } = await gradio.upload(file);
      const found = await ask("bring", { path }, SENDING_MS);
      if (found.error) throw new Error(found.error);
      own[slot] = found.clip;
      label.textContent = `${slot === "first" ? "First" : "Second"}: ${file.name.slice(0, 18)}`;
    } catch (error) {
      label.textContent = slot === "first" ? "First frame" : "Second frame";
      at("wrong").textContent = error.message || `${file.name} could not be sent to the server.`;
    }
    if (!own.first || !own.second) return (at("own").textContent = "Now the other one.");
    at("own").textContent = "Kept only until you close this page.";
    choose({ c: own.first.id, f: 0, d: own.second.id });
  }

  /* ---- controls ---- */
  $(".lx-segments").append(...STEPS.map((steps) => Lapa.make("button", {
    type: "button", role: "radio", "data-steps": steps, onclick: () => choice && choose({ n: steps }), onkeydown: arrows,
  }, steps === 1 ? "once" : `${steps} times`)));

  function arrows(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = [...$(".lx-segments").children];
    const to = all[(all.indexOf(event.currentTarget) + by + all.length) % all.length];
    to.focus();
    to.click();
  }

  at("body").addEventListener("change", () => another(at("body").value));
  at("clip").addEventListener("change", () => {
    const clip = clipOf(at("clip").value);
    choose({ c: clip.id, f: Math.min(clip.opening, clip.frames - 1 - gapOf(clip)), d: null });
  });
  at("frame").addEventListener("input", () => choose({ f: Number(at("frame").value) }));
  for (const slot of ["first", "second"]) {
    $(`[data-do="${slot}"]`).addEventListener("click", () => { sending = slot; $('input[type="file"]').click(); });
  }
  $('input[type="file"]').addEventListener("change", (event) => { send(event.target.files[0]); event.target.value = ""; });
  Lapa.on("transfer-choice", (change) => choice && choose(change));
  Lapa.on("tab", (name) => { if (name === "transfer") { open(); address(); } });
  Lapa.on("catalogue", open);
  Lapa.on("state", open);
  Lapa.values(gradio, answer);
  open();
});
