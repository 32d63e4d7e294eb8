/* What to examine: checkpoints, clips, size; one's own files; and the button that begins. */
Lapa.part("checkup", (element, gradio) => {
  "use strict";
  const SENDING_MS = 600000, PAUSE_MS = 150;
  const LARGEST_CHECKPOINT = 1600e6, LARGEST_VIDEO = 50e6;
  const $ = (selector) => element.querySelector(selector), at = (name) => $(`[data-at="${name}"]`);
  const WORDS = { quick: ["Quick", "a sample, enough for a first verdict"],
    thorough: ["Thorough", "every frame pair, for narrow intervals"] };
  let offer = { models: [], embodiments: [], uploads: [], sizes: [] };
  let followed = Lapa.state.m;
  let choice = null, planned = 0, pause = 0, link = "", running = false;

  const { ask, answer } = Lapa.wire(gradio);

  /* ---- what is on offer ---- */
  async function open() {
    const found = await ask("open", { query: Lapa.asked("checkup") });
    if (found.error) return (at("wrong").textContent = found.error);
    offer = found;
    choice = choice || found.choice;
    at("wrong").textContent = choice ? found.problem
      : "No checkpoint that came with the page can be examined; upload one of yours.";
    Lapa.emit("checkup-notes", found.notes);
    list();
    plan();
    $(".ck-form").setAttribute("aria-busy", "false");
  }

  /* The visitor may have sent a video in another tab. */
  async function refresh() {
    if (!choice || running) return;
    const found = await ask("open", { query: "" });
    if (found.error) return;
    accept(found);
    // the model that was chosen for the whole page since
    const wanted = Lapa.state.m !== followed && found.models.find(({ name }) => name === Lapa.state.m);
    followed = Lapa.state.m;
    if (wanted && choice.model !== wanted.name) change({ model: wanted.name });
  }

  function accept(found) {
    offer = { ...offer, models: found.models, uploads: found.uploads };
    list();
  }

  function list() {
    const titles = (models, none) => [...(none ? [Lapa.make("option", { value: "" }, none)] : []),
      ...models.map((model) => Lapa.make("option", { value: model.name },
        model.own && !model.title.startsWith("your") ? `${model.title} (yours)` : model.own ? model.title : model.name))];
    at("model").replaceChildren(...titles(offer.models));
    const others = offer.models.filter((model) => choice && model.name !== choice.model);
    at("other").replaceChildren(...titles(others, others.length ? "nothing" : "nothing (upload a second one)"));
    $(".ck-bodies").replaceChildren(...offer.embodiments.map(body));
    $(".ck-videos").replaceChildren(...offer.uploads.map(video));
    $(".lx-segments").replaceChildren(...offer.sizes.map(size));
    show();
  }

  function body({ name, clips, picture }) {
    const image = Lapa.make("img", { alt: "", width: 30, height: 30 });
    if (picture) image.src = picture;
    return tick("embodiments", name, image, Lapa.make("span", { class: "ck-name" }, name),
      Lapa.make("small", { title: `${clips} clips` }, String(clips)));
  }

  const video = ({ id, name, seconds }) => tick("uploads", id,
    Lapa.make("span", { class: "ck-name" }, name || "Your video"), Lapa.make("small", {}, `${seconds} s`));

  function tick(list, name, ...inside) {
    const box = Lapa.make("input", { type: "checkbox", value: name, "data-list": list, onchange: () => {
      const kept = choice[list].filter((each) => each !== name);
      change({ [list]: box.checked ? [...kept, name] : kept });
    } });
    return Lapa.make("label", { class: "ck-tick", title: list === "embodiments" ? name : null }, box, ...inside);
  }

  function size(name) {
    const [word, why] = WORDS[name] || [name, ""];
    return Lapa.make("button", { type: "button", role: "radio", "data-size": name, title: why,
      onclick: () => change({ size: name }), onkeydown: arrows }, word);
  }

  function arrows(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = [...element.querySelectorAll("[data-size]")];
    const to = all[(all.indexOf(event.currentTarget) + by + all.length) % all.length];
    to.focus();
    to.click();
  }

  /* ---- what is chosen ---- */
  /* The robots that a checkpoint is examined on, until others are ticked. */
  const usual = (name) => (offer.models.find((each) => each.name === name) || { embodiments: [] }).embodiments;

  function change(by) {
    if (by.model && choice.embodiments.join() === usual(choice.model).join()) by = { embodiments: usual(by.model), ...by };
    choice = { ...choice, ...by };
    if (choice.other === choice.model) choice.other = null;
    if (by.model) list();
    show();
    clearTimeout(pause);
    pause = setTimeout(plan, PAUSE_MS);
  }

  function show() {
    $(".ck-fields").disabled = running || !offer.sizes.length;
    $('[data-do="run"]').disabled = !choice;
    if (!choice) return;
    at("model").value = choice.model;
    at("other").value = choice.other || "";
    const model = offer.models.find((each) => each.name === choice.model);
    at("about").textContent = model ? model.about : "";
    for (const box of element.querySelectorAll("[data-list]")) {
      box.checked = choice[box.dataset.list].includes(box.value);
    }
    for (const button of element.querySelectorAll("[data-size]")) {
      const chosen = button.dataset.size === choice.size;
      button.setAttribute("aria-checked", chosen);
      button.tabIndex = chosen ? 0 : -1;
    }
    const clips = offer.embodiments.filter(({ name }) => choice.embodiments.includes(name))
      .reduce((sum, each) => sum + each.clips, choice.uploads.length);
    at("clips").textContent = `${clips} chosen`;
    Lapa.emit("checkup-choice", choice);
  }

  async function plan() {
    if (!choice) return;
    const turn = ++planned;
    const found = await ask("plan", choice);
    if (turn !== planned) return;
    const problem = found.error || found.problem || "";
    at("wrong").textContent = problem;
    $('[data-do="run"]').disabled = Boolean(problem);
    at("plan").textContent = problem ? "" : inWords(found);
    if (found.error) return;
    link = found.link;
    address();
    Lapa.emit("checkup-known", { choice, ...found });
  }

  function inWords(found) {
    const number = (count) => count.toLocaleString("en").replace(",", "\u202f");
    const part = found.pairs < found.allPairs ? `${number(found.pairs)} of ${number(found.allPairs)}` : `all ${number(found.pairs)}`;
    const time = found.seconds === null ? "the time is known once the checkpoint is loaded"
      : `about ${Lapa.duration(found.seconds)}`;
    return `Looks at ${part} frame pairs of ${found.episodes} clips${choice.other ? ", with both checkpoints" : ""}: ${time}.`;
  }

  function address() {
    if (Lapa.page.tab === "checkup" && link) Lapa.address(link);
  }

  /* ---- one's own files ---- */
  function busy(button, words) {
    const label = button.querySelector("span");
    button.dataset.words = button.dataset.words || label.textContent;
    button.disabled = Boolean(words);
    label.textContent = words || button.dataset.words;
  }

  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

  async function upload(kind, files, most) {
    const button = $(`[data-do="${kind}"]`), told = at(kind === "send" ? "sent" : "brought");
    if (!files.length || button.disabled) return null;
    told.textContent = "";
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const refuse = (sentence) => { told.textContent = sentence; return null; };
    const empty = files.find((file) => !file.size);
    if (empty) return refuse(`${empty.name} is empty (0 bytes).`);
    if (total > most) return refuse(`${files[0].name} has ${megabytes(total)}. At most ${megabytes(most)} are accepted.`);
    busy(button, `Uploading ${megabytes(total)}…`);
    try {
      const paths = [];
      for (const file of files) paths.push((await gradio.upload(file)).path);
      busy(button, "Reading…");
      const found = await ask(kind, { paths, path: paths[0] }, SENDING_MS);
      if (found.error) return refuse(found.error);
      accept(found);
      return found;
    } catch {
      return refuse(`${files[0].name} could not be sent to the server. Check the connection and try again.`);
    } finally {
      busy(button, "");
    }
  }

  async function send(files) {
    const found = await upload("send", files, LARGEST_CHECKPOINT);
    if (!found) return;
    if (!choice) choice = { model: found.added, other: null, embodiments: usual(found.added), uploads: [], size: offer.sizes[0] };
    change({ model: found.added, other: null });
  }

  async function bring(files) {
    const found = await upload("bring", files.slice(0, 1), LARGEST_VIDEO);
    if (found && choice) change({ uploads: [...choice.uploads, found.added] });
  }

  for (const [kind, take, input] of [["send", send, ".ck-checkpoint"], ["bring", bring, ".ck-video"]]) {
    $(`[data-do="${kind}"]`).addEventListener("click", () => $(input).click());
    $(input).addEventListener("change", () => { take([...$(input).files]); $(input).value = ""; });
  }

  /* ---- begin ---- */
  async function run() {
    running = true;
    show();
    at("wrong").textContent = "";
    const found = await ask("start", choice);
    if (found.error) {
      running = false;
      show();
      at("wrong").textContent = found.error;
      return;
    }
    Lapa.emit("checkup-started", { tickets: found.tickets, choice });
  }

  at("model").addEventListener("change", () => change({ model: at("model").value }));
  at("other").addEventListener("change", () => change({ other: at("other").value || null }));
  $('[data-do="all"]').addEventListener("click", () => change({ embodiments: offer.embodiments.map(({ name }) => name) }));
  $('[data-do="none"]').addEventListener("click", () => change({ embodiments: [] }));
  $('[data-do="run"]').addEventListener("click", run);
  Lapa.on("checkup-ended", () => { running = false; show(); });
  Lapa.on("models", () => Lapa.page.tab === "checkup" && refresh());
  Lapa.on("state", () => Lapa.page.tab === "checkup" && Lapa.state.m !== followed && refresh());
  Lapa.on("tab", (name) => { if (name === "checkup") { address(); refresh(); } });
  Lapa.values(gradio, answer);
  open();
});
