// @ts-check
/* The question of a lesson: a hint and a second try after a wrong answer, then the right one. */
import { make } from "../../web/dom.js";
import * as progress from "./progress.js";
import { QUESTION } from "./words.js";

/**
 * @param {HTMLFormElement} form
 * @param {{ options: string[] }} put
 * @param {{ lesson: any, teacher: boolean, check: (chosen: number | null, wrong: number) => Promise<any>, changed: () => void }} how
 *   check: judges a choice, null to be told. changed: something was kept.
 */
export function question(form, { options }, { lesson, teacher, check, changed }) {
  const said = make("div", { class: "ln-said", role: "status" }), before = progress.of(lesson.name);
  // who answers a question again, after it was answered, practises: the first time counts
  let wrong = before.done ? 0 : before.wrong || 0;
  const button = make("button", { type: "submit", class: "ck-primary" }, teacher ? QUESTION.reveal : QUESTION.check);
  form.replaceChildren(
    make("fieldset", { "aria-labelledby": "ln-asked" }, ...options.map((option, n) => make("label", { class: "ck-tick" },
      make("input", { type: "radio", name: "ln-answer", value: n }), make("span", {}, option)))),
    button, said, make("p", { class: "lx-foot" }, QUESTION.source(lesson.source)));

  function say({ right, best, text }, chosen) {
    const verdict = chosen === null ? "" : right ? QUESTION.right : best === null ? QUESTION.again : QUESTION.wrong;
    [...form.querySelectorAll("label")].forEach((label, n) => label.classList.toggle("best", n === best));
    said.className = `ln-said ${right ? "good" : "poor"}`;
    said.replaceChildren(make("b", {}, verdict), best !== null && !right ? QUESTION.answer(options[best]) : best === null ? make("b", {}, QUESTION.hint) : "", text);
  }

  form.onsubmit = async (event) => {
    event.preventDefault();
    const picked = /** @type {HTMLInputElement | null} */ (form.querySelector("input:checked"));
    if (!picked && !teacher) { said.className = "ln-said"; return (said.textContent = QUESTION.choose); }
    const chosen = teacher || !picked ? null : Number(picked.value);
    const judged = await check(chosen, wrong);
    if (!judged) return;
    if (judged.error) return (said.textContent = judged.error);
    say(judged, chosen);
    if (teacher) return;
    if (!judged.right) wrong += 1;
    if (!progress.of(lesson.name).done) progress.keep(lesson.name, { wrong, done: judged.right });
    changed();
  };
}
