/* Lessons: the words, the step one is at, the question, the teacher's view, and what is kept. */
Lapa.part("learn", (element, gradio) => {
  "use strict";
  const $ = (selector) => element.querySelector(selector), at = (name) => $(`[data-at="${name}"]`);
  const { ask, answer } = Lapa.wire(gradio);
  const KEPT = "lapa-lessons", make = Lapa.make;
  let lessons = [], here = { lesson: 0, step: 0 }, teacher = false, opened = false, turn = 0, link = "";

  /* ---- what the browser keeps: the furthest step and whether the question was answered ---- */
  function kept() {
    try { return JSON.parse(localStorage.getItem(KEPT)) || {}; } catch { return {}; }
  }

  function keep(name, change) {
    const all = kept();
    all[name] = { ...all[name], ...change };
    try { localStorage.setItem(KEPT, JSON.stringify(all)); } catch { /* private mode */ }
    list();
  }

  /* ---- opening, and the link ---- */
  async function open() {
    if (opened || Lapa.page.tab !== "learn" || !Lapa.state.m) return;
    opened = true;
    const query = new URLSearchParams(Lapa.asked("learn"));
    const found = await ask("open", {});
    if (found.error) return (at("wrong").textContent = found.error);
    lessons = found.lessons;
    teacher = query.get("teacher") === "1";
    at("teacher").checked = teacher;
    const whole = (name, most) => Math.min(Math.max(parseInt(query.get(name), 10) || 1, 1), most) - 1;
    const lesson = query.has("lesson") ? whole("lesson", lessons.length) : next();
    show(lesson, query.has("step") ? whole("step", lessons[lesson].steps.length + 1) : 0);
  }

  /* The first lesson that is not done. */
  function next() {
    const done = kept(), n = lessons.findIndex(({ name }) => !(done[name] || {}).done);
    return n < 0 ? 0 : n;
  }

  function address() {
    link = new URLSearchParams({ tab: "learn", lesson: here.lesson + 1, step: here.step + 1, ...(teacher ? { teacher: 1 } : {}) }).toString();
    if (Lapa.page.tab === "learn") Lapa.address(link);
  }

  /* ---- drawing ---- */
  function list() {
    const done = kept();
    at("list").replaceChildren(...lessons.map(({ name, title, minutes }, n) => {
      const own = done[name] || {};
      const state = own.done ? "done" : own.step ? "begun" : "";
      return make("li", {}, make("button", { type: "button", "aria-current": n === here.lesson ? "true" : null, onclick: () => show(n, 0) },
        make("i", { "aria-hidden": "true" }, own.done ? "✓" : String(n + 1)), make("span", {}, title),
        make("small", {}, `${minutes} min${state ? `, ${state}` : ""}`)));
    }));
  }

  /* Words in which {word|term} is a word with a gloss. */
  function words(text) {
    return text.split(/(\{[^{}]+\})/).map((part) => {
      if (!part.startsWith("{")) return part;
      const [word, term = word] = part.slice(1, -1).split("|");
      return make("button", { type: "button", class: "lx-term", "data-term": term }, word);
    });
  }

  async function show(lesson, step, focus = false) {
    here = { lesson, step };
    const mine = ++turn, told = lessons[lesson], asked = step === told.steps.length;
    const part = asked ? null : told.steps[step];
    $(".ln-lesson").setAttribute("aria-busy", "true");
    at("where").textContent = `Lesson ${lesson + 1}: ${told.title} · ${asked ? "question" : `step ${step + 1} of ${told.steps.length}`} · ${told.minutes} minutes`;
    at("title").textContent = asked ? "A question" : part.title;
    at("wrong").textContent = "";
    at("text").replaceChildren(...(asked ? [] : part.text.map((text) => make("p", {}, ...words(text)))));
    if (step === 0) at("text").prepend(make("p", { class: "ln-goal" }, make("b", {}, "Goal: "), told.goal));
    at("question").hidden = !asked;
    at("note").hidden = !teacher;
    at("note").replaceChildren(make("b", {}, "For the teacher: "), asked ? `To discuss: ${told.discuss} Source: ${told.source}.` : part.note);
    at("dots").replaceChildren(...Array.from({ length: told.steps.length + 1 }, (_, n) => make("button", { type: "button", "aria-label": n < told.steps.length ? `Step ${n + 1}` : "Question", "aria-current": n === step ? "step" : null, onclick: () => show(lesson, n) })));
    $('[data-do="back"]').disabled = lesson === 0 && step === 0;
    $('[data-do="next"]').textContent = asked ? (lesson + 1 < lessons.length ? "Next lesson" : "To the first lesson") : "Next";
    keep(told.name, { step: Math.max(step, (kept()[told.name] || {}).step || 0) });
    address();
    if (focus) at("title").focus();
    at("try").replaceChildren();
    if (asked) await question(told, mine);
    else if (part.widget) await attempt(part.widget, mine);
    if (mine === turn) $(".ln-lesson").setAttribute("aria-busy", "false");
  }

  async function attempt(widget, mine) {
    const wanted = (number) => ask("widget", { m: Lapa.state.m, widget, number });
    const found = await wanted(0);
    if (mine !== turn) return;
    if (found.error) return (at("wrong").textContent = found.error);
    Lapa.tries[widget](at("try"), found, async (number) => {
      const other = await wanted(number);
      at("wrong").textContent = other.error || "";
      return other.error || mine !== turn ? null : other;
    });
  }

  /* ---- the question ---- */
  async function question(told, mine) {
    const form = at("question");
    form.replaceChildren(make("p", { class: "lx-foot" }, "…"));
    const found = await ask("options", { m: Lapa.state.m, lesson: told.name });
    if (mine !== turn) return;
    if (found.error) { form.replaceChildren(); return (at("wrong").textContent = found.error); }
    const said = make("div", { class: "ln-said", role: "status" });
    const button = make("button", { type: "submit", class: "ck-primary" }, teacher ? "Reveal the answer" : "Check");
    form.replaceChildren(make("fieldset", {}, make("legend", {}, told.asked), ...found.options.map((option, n) => make("label", { class: "ck-tick" },
      make("input", { type: "radio", name: "ln-answer", value: n }), make("span", {}, option)))), button, said,
    make("p", { class: "lx-foot" }, `Source: ${told.source}.`));
    form.onsubmit = async (event) => {
      event.preventDefault();
      const picked = form.querySelector("input:checked");
      if (!picked && !teacher) return (said.textContent = "Choose an answer first.");
      const judged = await ask("check", { m: Lapa.state.m, lesson: told.name, chosen: picked ? Number(picked.value) : 0 });
      if (mine !== turn) return;
      if (judged.error) return (said.textContent = judged.error);
      const verdict = teacher && !picked ? "" : judged.right ? "✓ Right. " : "✗ Not quite. ";
      [...form.querySelectorAll("label")].forEach((label, n) => label.classList.toggle("best", n === judged.best));
      said.className = `ln-said ${judged.right ? "good" : "poor"}`;
      said.replaceChildren(make("b", {}, verdict), teacher || !judged.right ? `The answer is “${found.options[judged.best]}”. ` : "", judged.why);
      if (judged.right && !teacher) keep(told.name, { done: true });
    };
  }

  /* ---- controls ---- */
  function move(by) {
    const told = lessons[here.lesson], step = here.step + by;
    if (step < 0) return show(here.lesson - 1, lessons[here.lesson - 1].steps.length, true);
    if (step > told.steps.length) return show((here.lesson + 1) % lessons.length, 0, true);
    show(here.lesson, step, true);
  }

  $('[data-do="back"]').addEventListener("click", () => lessons.length && move(-1));
  $('[data-do="next"]').addEventListener("click", () => lessons.length && move(1));
  $('[data-do="copy"]').addEventListener("click", async (event) => {
    const button = event.currentTarget, before = button.textContent;
    try { await navigator.clipboard.writeText(location.href); button.textContent = "Copied"; } catch { button.textContent = "See the address bar"; }
    setTimeout(() => { button.textContent = before; }, 2500);
  });
  $('[data-do="forget"]').addEventListener("click", () => {
    try { localStorage.removeItem(KEPT); } catch { /* private mode */ }
    if (lessons.length) show(0, 0);
  });
  at("teacher").addEventListener("change", () => { teacher = at("teacher").checked; if (lessons.length) show(here.lesson, here.step); });
  Lapa.on("tab", (tab) => { if (tab === "learn") { open(); if (lessons.length) address(); } });
  Lapa.on("state", open);
  Lapa.values(gradio, answer);
  open();
});
