// @ts-check
/* The ways in: each model and the real clips, with what is said of them; a press opens one. */
import { finders, make, markChosen, pressNext } from "../../web/dom.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const { $ } = finders(element);
  const list = $(".lx-start-list");

  function draw(catalogue) {
    const all = catalogue.starts || [];
    list.hidden = all.length < 2;
    list.replaceChildren(...all.map((start) => make("button", {
      type: "button", role: "radio", class: "lx-start", "data-start": start.name,
      onclick: () => open(start), onkeydown: (event) => pressNext(event, list.children),
    }, make("b", {}, start.name), make("small", {}, start.about))));
    mark();
  }

  /* A model that knows what is shown is looked at there, to be compared with the one before it. */
  function open(start) {
    if (current() === start) return;
    const model = store.page.models.find(({ name }) => name === start.m);
    const clip = store.page.clips.find(({ id }) => id === start.c);
    const there = { c: clip.id, f: clip.opening };
    const stays = isModels(start) && !isReal(store.clip());
    store.go({ m: start.m, a: null, ...(stays ? store.opensOn(model) : there) });
  }

  const isModels = (start) => start.name === start.m;
  const real = () => store.page.starts.find((start) => !isModels(start));

  function isReal(clip) {
    const first = real() && store.page.clips.find(({ id }) => id === real().c);
    return Boolean(clip && first && clip.source === first.source);
  }

  const current = () => (isReal(store.clip()) ? real() : store.page.starts.find((start) => isModels(start) && start.m === store.state.m));

  function mark() {
    const chosen = current();
    guess.disabled = !store.page.model || Boolean(store.page.model.error) || !store.page.model.positions;
    markChosen(list.children, (button) => Boolean(chosen) && button.dataset.start === chosen.name);
    if (!chosen && list.firstElementChild) list.firstElementChild.tabIndex = 0;
  }

  const guess = $('[data-do="guess"]');
  guess.addEventListener("click", () => emit("guess"));
  on("catalogue", draw);
  on("state", mark);
}
