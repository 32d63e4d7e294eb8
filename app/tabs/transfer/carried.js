// @ts-check
/* What a carried latent action does: a row an embodiment, with real pairs that bear it out or not. */
import * as motion from "../../web/arrows.js";
import { limits } from "../../web/config.js";
import { finders, make } from "../../web/dom.js";
import * as store from "../../web/store.js";
import { emit, on } from "../../web/topics.js";
import { CARRIED } from "./words.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const { $, $$, at } = finders(element);
  const VERDICTS = {
    same: ["✓", CARRIED.verdicts.same, "good"], aside: ["~", CARRIED.verdicts.aside, "fair"],
    opposite: ["✗", CARRIED.verdicts.opposite, "poor"], still: ["–", CARRIED.verdicts.still, "unknown"],
  };


  let shown = null;
  const head = () => ($("h2").textContent = CARRIED.others(store.moves()));

  const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
  const verdictOf = (cosine) => (cosine >= limits.along ? "same" : cosine <= -limits.along ? "opposite" : "aside");

  function badge(verdict) {
    const [sign, words, kind] = VERDICTS[verdict];
    return make("span", { class: `ck-badge ${kind}` }, make("i", { "aria-hidden": "true" }, sign), words);
  }

  const captioned = (words, ...inside) =>
    make("figure", {}, ...inside, make("figcaption", { class: "lx-foot" }, ...[words].flat()));

  /* Leads to another tab at this moment. */
  function leads(words, tab, change) {
    return make("button", { type: "button", class: "lx-see", onclick: () => {
      store.go(change);
      store.visit(tab);
    } }, words);
  }

  function row(each, found) {
    const own = each.embodiment === found.embodiment;
    const imagined = { image: each.images[each.images.length - 1], vector: [0, 0], centre: [0, 0] };
    const steps = each.images.length;
    const told = { aspect: each.aspect };
    return make("li", { class: "tf-row", "data-body": each.embodiment },
      make("div", { class: "tf-name" },
        make("h3", {}, each.embodiment), own ? make("small", {}, CARRIED.itself) : null,
        make("p", {}, badge(each.verdict), " ", make("span", { class: "lx-side", title: CARRIED.cosine }, each.verdict === "still" ? "" : signed(each.cosine))),
        make("p", { class: "lx-foot" }, CARRIED.back, make("code", {}, each.returned)),
        make("p", { class: "tf-leads" }, leads(CARRIED.explore, "explore", { c: each.c, f: each.f, a: found.codes }), chooser(each, found))),
      make("div", { class: "tf-two" },
        captioned(CARRIED.now, motion.picture(each.frame, { ...told, alt: CARRIED.frame(each.embodiment) })),
        captioned(CARRIED.imagined(steps), motion.picture(imagined, { ...told, alt: CARRIED.from }))),
      make("div", { class: "tf-nearest" }, make("p", { class: "lx-foot" }, CARRIED.looking)));
  }

  /* Real pairs with the nearest codes: do they move the same way? */
  function proof(each, found, known) {
    const pairs = known.map((pair) => {
      const equal = found.codes.length - pair.differ;
      const verdict = VERDICTS[verdictOf(pair.cosine)];
      const later = make("img", { src: pair.future, alt: CARRIED.later, class: "tf-later" });
      const picture = motion.picture(pair.frame, { alt: CARRIED.real(each.embodiment), kind: "truth", aspect: each.aspect });
      picture.insertBefore(later, picture.children[1] || null);
      const open = make("button", { type: "button", class: "tf-known", title: CARRIED.equal(equal, found.codes.length), onclick: () => {
        store.go({ c: pair.c, f: pair.f, a: null });
        store.visit("explore");
      } }, picture, make("span", { class: "lx-foot" }, make("code", {}, pair.text), ` ${equal}/${found.codes.length}`),
      make("span", { class: `tf-said ${verdict[2]}` }, `${verdict[0]} ${signed(pair.cosine)}`));
      return make("li", {}, open);
    });
    const proven = known.filter((pair) => verdictOf(pair.cosine) === "same").length;
    return [make("p", { class: "lx-foot" }, CARRIED.proof(proven, pairs.length)), make("ul", {}, ...pairs)];
  }

  /* Another frame of this embodiment. */
  function chooser(each, found) {
    const clips = store.page.clips.filter((clip) => clip.embodiment === each.embodiment && !clip.uploaded);
    const select = make("select", { "aria-label": CARRIED.clip(each.embodiment) },
      ...clips.map((clip, n) => make("option", { value: clip.id }, `${n + 1} · ${clip.instruction || clip.task}`)));
    select.value = each.c;
    const range = make("input", { type: "range", class: "lx-time", min: 0, "aria-label": CARRIED.index(each.embodiment) });
    const fit = () => { range.max = (clips.find((clip) => clip.id === select.value) || { frames: 1 }).frames - 1; };
    fit();
    range.value = each.f;
    const change = () => emit("transfer-choice", { on: { ...found.choice.on, [each.embodiment]: [select.value, Number(range.value)] } });
    select.addEventListener("change", () => { fit(); range.value = Math.floor(range.max / 3); change(); });
    range.addEventListener("change", change);
    return make("details", {}, make("summary", {}, CARRIED.another), make("div", { class: "tf-pick" }, select, range));
  }

  function prove(known) {
    if (!shown) return;
    for (const each of shown.rows) {
      const place = element.querySelector(`[data-body="${each.embodiment}"] .tf-nearest`);
      if (place) place.replaceChildren(...proof(each, shown, known[each.embodiment] || []));
    }
  }

  function draw(found) {
    shown = found;

    const panel = element.querySelector(".tf-carried");
    panel.setAttribute("aria-busy", String(Boolean(found && found.partly)));
    if (!found) {
      at("sentence").textContent = CARRIED.nothing;
      return at("rows").replaceChildren();
    }
    at("sentence").textContent = found.partly ? CARRIED.partly : found.sentence;
    at("scale").textContent = CARRIED.arrows(motion.LONGER);
    const kept = $(".tf-row:focus-within"), body = kept && kept.dataset.body;
    const open = $$(".tf-row details[open]").map((each) => each.closest(".tf-row").dataset.body);
    at("rows").replaceChildren(...found.rows.map((each) => row(each, found)));
    for (const each of $$(".tf-row")) {
      if (open.includes(each.dataset.body)) each.querySelector("details").open = true;
      if (body === each.dataset.body) each.querySelector("input").focus();
    }
  }

  on("carrying", () => element.querySelector(".tf-carried").setAttribute("aria-busy", "true"));
  on("carried", draw);
  on("nearest", prove);
  on("state", head);
}
