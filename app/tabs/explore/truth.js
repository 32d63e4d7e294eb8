// @ts-check
/* The true future, the codes inferred from it, and how close the imagined frame comes to it. */
import { same, written } from "../../web/codes.js";
import { tabs } from "../../web/config.js";
import { finders } from "../../web/dom.js";
import * as images from "../../web/images.js";
import * as store from "../../web/store.js";
import { on, wish } from "../../web/topics.js";
import { TRUTH } from "./words.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const { $ } = finders(element);
  const use = $('[data-do="use"]');
  let drawn = 0;

  async function shown(answer) {
    const turn = ++drawn;
    const known = Boolean(answer.future);
    $(".lx-known").hidden = !known;
    $(".lx-none").hidden = known;
    $(".lx-none").textContent = answer.model.error
      ? TRUTH.bare
      : answer.pending ? TRUTH.starting : answer.note || TRUTH.unknown;
    $('[data-at="when"]').textContent = known ? TRUTH.frame(answer.futureIndex) : "";
    element.querySelector("section").style.setProperty("--aspect", answer.aspect);
    if (!known) return;
    words(answer);
    const [frame, image, future] = await Promise.all(
      [answer.frame, answer.image, answer.future].map(images.load));
    if (turn !== drawn) return;
    images.plain($(".lx-future"), future);
    images.heat($(".lx-error-dream"), future, image);
    images.heat($(".lx-error-copy"), future, frame);
  }

  function words(answer) {
    $(".lx-use code").textContent = written(answer.inferred);
    $(".lx-sentence").textContent = answer.figures.sentence;
    $(".lx-chance").textContent = answer.figures.chance;
    $(".lx-blur").textContent = answer.figures.blur;
    $('[data-at="psnr"]').textContent = answer.figures.psnr;
    $('[data-at="copy"]').textContent = answer.figures.copy;
    $(".lx-future").setAttribute("aria-label", TRUTH.heard(answer.futureIndex));
  }

  function state() {
    const { shown } = store.page;
    const used = Boolean(shown && same(store.state.a, shown.inferred));
    use.disabled = used;
    use.textContent = used ? TRUTH.used : TRUTH.use;
  }

  use.addEventListener("click", () => store.go({ a: store.page.shown.inferred }));
  $('[data-do="atlas"]').hidden = !tabs.includes("atlas");
  $('[data-do="atlas"]').addEventListener("click", () => {
    store.visit("atlas");
    wish("atlas-find");
  });
  on("painted", shown);  // after the imagined frame, which a visitor waits for
  on("state", state);
  on("painted", state);
}
