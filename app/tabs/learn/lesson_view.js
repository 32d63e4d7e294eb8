// @ts-check
/* Lessons: the words, the step one is at, the diagram above, and the teacher's view. */
import { copyAddress } from "../../web/copy.js";
import { finders, make } from "../../web/dom.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { wire } from "../../web/wire.js";
import { diagram } from "./diagram.js";
import { handout } from "./handout.js";
import { ownNotes } from "./notes.js";
import * as progress from "./progress.js";
import { question } from "./question.js";
import { summary } from "./summary.js";
import { tries } from "./tries.js";
import { TEACHER, VIEW } from "./words.js";

// pages besides the lessons, by their names in a link
const SUMMARY = "summary", HANDOUT = "handout";
const COPIED_MS = 2500, AGAIN_MS = 1500;
const wide = matchMedia("(min-width: 1001px)");

/**
 * @param {HTMLElement} element
 * @param {import("../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const { $, at } = finders(element);
  const { ask, drop } = wire(gradio);
  const map = diagram(at("map"));
  /** @type {{ lesson: number, step: number, page: string }} page: of those besides the lessons, or empty */
  let here = { lesson: 0, step: 0, page: "" };
  let lessons = [], teacher = false, opened = false, turn = 0, link = "", passing = "", copying = 0;

  /* ---- opening, and the link ---- */
  async function open() {
    if (opened || store.page.tab !== "learn") return;
    opened = true;
    const query = new URLSearchParams(store.asked("learn"));
    const found = await ask("open", {});
    if (found.error) return (at("wrong").textContent = found.error);
    lessons = found.lessons;
    if (query.get("teacher") === "1") progress.setTeaches(true);
    at("teacher").checked = teacher = progress.teaches();
    const page = query.get("lesson");
    if (page === SUMMARY || page === HANDOUT) return other(page);
    const whole = (name, most) => Math.min(Math.max(parseInt(query.get(name), 10) || 1, 1), most) - 1;
    const lesson = query.has("lesson") ? whole("lesson", lessons.length) : next();
    show(lesson, query.has("step") ? whole("step", lessons[lesson].steps.length + 1) : 0);
  }

  /* The first lesson that is not done. */
  function next() {
    const n = lessons.findIndex(({ name }) => !progress.of(name).done);
    return n < 0 ? 0 : n;
  }

  function address() {
    link = here.page ? `tab=learn&lesson=${here.page}` : `tab=learn&lesson=${here.lesson + 1}&step=${here.step + 1}`;
    store.link();
  }

  /* ---- the list ---- */
  function list() {
    const row = (mark, title, small, current, go) => make("li", {}, make("button", { type: "button", "aria-current": current ? "true" : null, onclick: go },
      make("i", { "aria-hidden": "true" }, mark), make("span", {}, title), make("small", {}, small)));
    at("list").replaceChildren(...lessons.map(({ name, title, minutes }, n) => {
      const own = progress.of(name), state = own.done ? VIEW.done : own.step ? VIEW.begun : "";
      return row(own.done ? "✓" : String(n + 1), title, VIEW.minutes(minutes, state), !here.page && n === here.lesson, () => show(n, 0, true));
    }), row("★", VIEW.learned, VIEW.toPrint, here.page === SUMMARY, () => other(SUMMARY, true)));
    at("current").textContent = here.page ? "" : VIEW.current(here.lesson, lessons[here.lesson].title);
    $('[data-do="handout"]').hidden = !teacher;
  }

  /* Words in which {word|term} is a word with a gloss. */
  function words(text) {
    return text.split(/(\{[^{}]+\})/).map((part) => {
      if (!part.startsWith("{")) return part;
      const [word, term = word] = part.slice(1, -1).split("|");
      return make("button", { type: "button", class: "lx-term", "data-term": term }, word);
    });
  }

  /* ---- drawing ---- */
  /* Empties the sheet for something else; the number of this turn, which an answer belongs to. */
  function begin(where, title, focus) {
    const mine = ++turn;
    drop(() => true);
    $(".ln-lesson").setAttribute("aria-busy", "true");
    at("where").textContent = where;
    at("title").textContent = title;
    at("wrong").textContent = "";
    at("text").replaceChildren();
    at("try").replaceChildren();
    at("question").hidden = at("note").hidden = true;
    at("map").hidden = Boolean(here.page);
    at("dots").replaceChildren();
    $('[data-do="back"]').disabled = !here.page && here.lesson === 0 && here.step === 0;
    if (!wide.matches) $(".ln-list").open = false;
    list();
    address();
    if (focus) { at("title").focus({ preventScroll: true }); if (!wide.matches) $(".ln-lesson").scrollIntoView({ block: "start" }); }
    return mine;
  }

  const ended = (mine) => mine === turn && $(".ln-lesson").setAttribute("aria-busy", "false");

  async function show(lesson, step, focus = false) {
    here = { lesson, step, page: "" };
    const told = lessons[lesson], asked = step === told.steps.length, part = asked ? told.question : told.steps[step];
    progress.keep(told.name, { step: Math.max(step, progress.of(told.name).step || 0) });
    const mine = begin(VIEW.lesson(lesson, told, step), asked ? VIEW.asked : part.title, focus);
    at("text").replaceChildren(...(asked ? [] : part.text.map((text) => make("p", {}, ...words(text)))));
    if (step === 0) at("text").prepend(make("p", { class: "ln-goal" }, make("b", {}, VIEW.goal), told.goal));
    at("dots").replaceChildren(...Array.from({ length: told.steps.length + 1 }, (_, n) => make("button", { type: "button", "aria-label": n < told.steps.length ? VIEW.step(n) : VIEW.question, "aria-current": n === step ? "step" : null, onclick: () => show(lesson, n, true) })));
    $('[data-do="next"]').textContent = asked ? (lesson + 1 < lessons.length ? VIEW.nextLesson : VIEW.finish) : VIEW.next;
    note(told, asked ? null : part);
    map.light(part.lit);
    await passes(told, mine);
    const put = asked && mine === turn ? await asks(told, mine) : null;
    if (mine === turn && (put || !asked)) await attempt(told, part.widget, mine);
    if (mine === turn && put) answers(told, put, mine);
    ended(mine);
    if (mine === turn) follow(mine);
  }

  function note(told, step) {
    at("note").hidden = !teacher;
    at("note").replaceChildren(...(step ? [make("b", {}, TEACHER.note), step.note]
      : [make("b", {}, TEACHER.discuss), `${told.discuss} `, make("b", {}, TEACHER.mistake), told.mistake]), ownNotes(told.name));
  }

  /* What goes through the diagram when a lesson begins; its widgets change it. */
  async function passes(told, mine) {
    if (passing === told.name && map.pairShown()) return map.pair(map.pairShown(), told.model);
    const found = await ask("pair", { lesson: told.name, number: 0 });
    if (mine !== turn) return;
    if (found.error) return (at("wrong").textContent = found.error);
    passing = told.name;
    map.pair(found, told.model);
  }

  /* Stages two and three, once their policies are loaded. */
  async function follow(mine, seen = at("predicted").childElementCount) {
    if (seen) return;
    const found = await ask("instructed", { number: 0 });
    if (found.error) return map.missing(found.error);
    if (!found.pending) return map.instructed(found);
    setTimeout(() => mine === turn && follow(mine), AGAIN_MS);
  }

  async function attempt(told, widget, mine) {
    if (!widget) return;
    const wanted = (number) => ask("widget", { lesson: told.name, widget, number });
    const found = await wanted(0);
    if (mine !== turn) return;
    if (found.error) return (at("wrong").textContent = found.error);
    tries[widget](at("try"), found, { again: (number) => answer(wanted(number), mine), imagine: imagines(told, mine), diagram: map, model: told.model,
      instruct: async (number) => {
        const passed = await answer(ask("instructed", { number, wait: true }), mine);
        if (passed) map.instructed(passed);
        return passed;
      } });
  }

  /* A record for who still waits for it; its error is shown. */
  async function answer(asking, mine) {
    const found = await asking;
    if (mine !== turn) return null;
    at("wrong").textContent = found.error || "";
    return found.error ? null : found;
  }

  /* Asks for pictures one at a time; of codes that wait, only the latest are imagined. */
  function imagines(told, mine) {
    let wish = null, flying = false;
    return (codes, of = map.pairShown()) => new Promise((resolve) => {
      if (wish) wish.resolve(null);
      wish = { codes, of, resolve };
      if (!flying) fly();
    });

    async function fly() {
      flying = true;
      while (wish) {
        const { codes, of, resolve } = wish;
        wish = null;
        const found = await answer(ask("imagine", { lesson: told.name, clip: of.clip, index: of.index, codes }), mine);
        resolve(found && !wish ? found.image : null);
      }
      flying = false;
    }
  }

  /* The question in words, and its options; null if there is none. */
  async function asks(told, mine) {
    at("text").replaceChildren(make("p", { class: "lx-foot" }, VIEW.making));
    const found = await answer(ask("options", { lesson: told.name }), mine);
    if (mine === turn) at("text").replaceChildren(...(found ? [make("p", { id: "ln-asked" }, found.asked)] : []));
    return found;
  }

  function answers(told, put, mine) {
    at("question").hidden = false;
    question(at("question"), put, { lesson: told, teacher, changed: list, check: async (chosen, wrong) => {
      const judged = await ask("check", { lesson: told.name, chosen, wrong });
      return mine === turn ? judged : null;
    } });
  }

  /* ---- the pages besides the lessons ---- */
  function other(page, focus = false) {
    here = { ...here, page };
    const mine = begin(page === SUMMARY ? VIEW.end : VIEW.teacher, page === SUMMARY ? VIEW.learned : VIEW.handouts, focus);
    $('[data-do="next"]').textContent = VIEW.lessons;
    if (page === SUMMARY) summary(at("try"), lessons);
    else {
      const where = location.origin + location.pathname;
      handout(at("try"), lessons, async (name) => {
        const found = await ask("sheet", { lesson: name, address: where });
        return mine === turn ? found : null;
      });
    }
    ended(mine);
  }

  /* ---- controls ---- */
  function move(by) {
    if (here.page) return by < 0 ? show(here.lesson, here.step, true) : show(next(), 0, true);
    const step = here.step + by, { length } = lessons[here.lesson].steps;
    if (step < 0) return show(here.lesson - 1, lessons[here.lesson - 1].steps.length, true);
    if (step <= length) return show(here.lesson, step, true);
    if (here.lesson + 1 < lessons.length) return show(here.lesson + 1, 0, true);
    other(SUMMARY, true);
  }

  $('[data-do="back"]').addEventListener("click", () => lessons.length && move(-1));
  $('[data-do="next"]').addEventListener("click", () => lessons.length && move(1));
  $('[data-do="copy"]').addEventListener("click", async (event) => {
    const button = event.currentTarget, problem = await copyAddress();
    if (problem) return emit("say", problem);
    button.textContent = VIEW.copied;
    clearTimeout(copying);
    copying = setTimeout(() => { button.textContent = VIEW.copy; }, COPIED_MS);
  });
  $('[data-do="handout"]').addEventListener("click", () => lessons.length && other(HANDOUT, true));
  $('[data-do="forget"]').addEventListener("click", () => {
    progress.forget();
    if (lessons.length) show(0, 0);
  });
  at("teacher").addEventListener("change", () => {
    progress.setTeaches(teacher = at("teacher").checked);
    if (!lessons.length) return;
    if (here.page) other(here.page);
    else show(here.lesson, here.step);
  });
  if (!wide.matches) $(".ln-list").open = false;
  store.writesLink("learn", () => link);
  on("tab", open);
  on("state", open);
  open();
}
