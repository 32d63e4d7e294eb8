// @ts-check
/* The game "Which code did this?": two frames of a real pair, four latent actions. What a visitor
 * answers stays in this page; the server only lays out rounds, the same ones for a link. */
import * as beat from "../../../web/beat.js";
import { written } from "../../../web/codes.js";
import { copyAddress } from "../../../web/copy.js";
import { finders, make } from "../../../web/dom.js";
import * as images from "../../../web/images.js";
import { inText, ofAction } from "../../../web/names.js";
import * as store from "../../../web/store.js";
import { on } from "../../../web/topics.js";
import { wire } from "../../../web/wire.js";
import { GUESS } from "../words.js";
import { answered, beginning, challenge, challenged, total } from "./score.js";

/**
 * @param {HTMLElement} element
 * @param {import("../../../web/records").Gradio} gradio
 */
export function mount(element, gradio) {
  const ROUNDS = 10, SEEDS = 1000000, PATIENCE_MS = 60000;
  const { $, at } = finders(element);
  const dialog = $("dialog"), options = $(".gs-options"), next = $('[data-do="next"]');
  const { ask } = wire(gradio);
  const asked = challenged(location.search);
  let game = null, round = null, cards = [], pictures = [], frame = null, future = null, chosen = null;

  /* ---- a game ---- */
  function begin(seed, beaten = null) {
    game = { m: store.state.m, seed, beaten, score: beginning(), rounds: [] };
    $(".gs-round").hidden = false;
    $(".gs-end").hidden = true;
    if (!dialog.open) dialog.showModal();
    fetchRound(0);
    play(0);
  }

  const random = () => Math.floor(Math.random() * SEEDS);

  /* A round is asked for while the one before it is looked at. */
  function fetchRound(n) {
    if (n < ROUNDS && !game.rounds[n]) game.rounds[n] = ask("round", { m: game.m, game: game.seed, n }, PATIENCE_MS);
    return game.rounds[n];
  }

  async function play(n) {
    const own = game;
    chosen = round = null;
    next.hidden = true;
    at("verdict").textContent = "";
    at("about").textContent = GUESS.laying;
    score();
    options.replaceChildren();
    const answer = await fetchRound(n);
    if (own !== game || !dialog.open) return;
    $(".lx-error").textContent = answer.error || "";
    if (answer.error) return own.rounds.splice(n, 1);
    const [before, after, ...decoded] = await Promise.all(
      [answer.frame, answer.future, ...answer.options.map(({ image }) => image)].map(images.load));
    if (own !== game) return;
    round = answer;
    frame = before;
    pictures = decoded;
    dialog.style.setProperty("--aspect", String(answer.aspect));
    images.plain($(".gs-before"), before);
    future = after;
    beat.start();
    at("about").textContent = GUESS.about(own.beaten, answer, ROUNDS);
    cards = answer.options.map(card);
    options.replaceChildren(...cards.map(({ button }) => button));
    dialog.dataset.round = String(n);
    cards[0].button.focus();
    fetchRound(n + 1);
  }

  function card({ codes }, n) {
    const canvas = make("canvas", { role: "img", hidden: "" }), word = make("span", { class: "gs-word" });
    const button = make("button", { type: "button", class: "gs-option", "data-n": n, onclick: () => choose(n) },
      make("kbd", { "aria-hidden": "true" }, String(n + 1)), make("code", {}, written(codes)), word,
      make("span", { class: "lx-view", hidden: "" }, canvas));
    return { button, canvas, word };
  }

  /* ---- an answer ---- */
  function choose(n) {
    if (!round || chosen !== null || n >= cards.length) return;
    chosen = n;
    const right = n === round.right;
    game.score = answered(game.score, right);
    const labels = round.options.map(({ codes }) => ofAction(round.names, codes));
    cards.forEach(({ button, canvas, word }, k) => {
      button.classList.toggle("right", k === round.right);
      button.classList.toggle("wrong", k === n && !right);
      button.setAttribute("aria-disabled", "true");
      word.textContent = [inText(labels[k]), k === round.right ? GUESS.did : k === n ? GUESS.yours : ""].filter(Boolean).join(" · ");
      canvas.setAttribute("aria-label", GUESS.drawn(written(round.options[k].codes)));
      canvas.parentElement.hidden = canvas.hidden = false;
    });
    paint();
    at("verdict").textContent = GUESS.verdict(right, written(round.options[round.right].codes), inText(labels[round.right]));
    score();
    next.hidden = false;
    next.textContent = game.score.done < ROUNDS ? GUESS.next : GUESS.end;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  /* A motion of a few pixels is seen where the frames alternate in one place. */
  function paint() {
    if (!dialog.open || !round) return;
    images.plain($(".gs-after"), beat.isNow() ? frame : future);
    $(".lx-badge").textContent = beat.isNow() ? GUESS.before : GUESS.after;
    $(".lx-badge").classList.toggle("now", beat.isNow());
    if (chosen === null) return;
    cards.forEach(({ canvas }, k) => images.plain(canvas, beat.isNow() ? frame : pictures[k]));
  }

  function score() {
    at("score").textContent = GUESS.score(game.score, ROUNDS);
  }

  function goOn() {
    if (game.score.done < ROUNDS) return play(game.score.done);
    $(".gs-round").hidden = true;
    $(".gs-end").hidden = false;
    at("total").textContent = GUESS.total(total(game.score), game.beaten, ROUNDS);
    at("chance").textContent = GUESS.chance(ROUNDS);
    at("copied").textContent = "";
    $('[data-do="again"]').textContent = GUESS.again;
    $('[data-do="challenge"]').textContent = GUESS.challenge;
    $('[data-do="challenge"]').focus();
  }

  async function copy() {
    const address = new URL(challenge(game, total(game.score)), location.href).href;
    at("copied").textContent = await copyAddress(address) || GUESS.copied;
  }

  function close() {
    game = round = null;
    if (store.state.o !== "blink") beat.stop();
  }

  dialog.addEventListener("keydown", (event) => {
    const n = ["1", "2", "3", "4"].indexOf(event.key);
    if (n < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    choose(n);
  });
  dialog.addEventListener("close", close);
  $('[data-do="close"]').addEventListener("click", () => dialog.close());
  next.addEventListener("click", goOn);
  $('[data-do="again"]').addEventListener("click", () => begin(random()));
  $('[data-do="challenge"]').addEventListener("click", copy);
  on("beat", paint);
  on("guess", () => begin(random()));
  // the model of a link is shown by now
  on("opened", () => asked && begin(asked.seed, asked.beaten));
}
