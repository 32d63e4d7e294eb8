/* The tour of a first visit: five stops, a minute; skipped or seen, it does not come again by itself. */
(() => {
  "use strict";
  const KEPT = "lapa-tour", make = Lapa.make;
  const STOPS = [
    [".lx-stage", "A robot, and a guess", "Left is a real frame, right what the model imagines a moment later. Nobody told it what the robot did."],
    ["#lx-pads", "Press a code", "Four codes from 0 to 7 are one latent action. Press one and watch the right picture change."],
    ["#lx-sweep", "All eight at once", "The sweep shows what every code of one position does to this frame; click a picture to take its code."],
    ["#lx-truth", "What really happened", "Where the future is known, it is here, with its inferred codes and how close the guess came."],
    ["#lx-tabs .tab-container", "Go on", "Imagine dreams many steps ahead, Policy starts from an instruction, Transfer carries an action to other robots, Atlas maps 25,000 frame pairs, and Learn explains it in six short lessons."],
  ];
  let veil = null, at = 0, before = null;

  const seen = () => { try { return localStorage.getItem(KEPT); } catch { return "unknown"; } };

  function start() {
    if (veil) return;
    if (Lapa.page.tab !== "explore") Lapa.visit("explore");
    before = document.activeElement;
    veil = document.body.appendChild(make("div", { class: "tr-veil", id: "lx-tour" }, make("div", { class: "tr-spot" }),
      make("div", { class: "tr-card", role: "dialog", "aria-modal": "false", "aria-labelledby": "tr-title" })));
    addEventListener("resize", place);
    addEventListener("scroll", place, { capture: true, passive: true });
    go(0);
  }

  function end() {
    try { localStorage.setItem(KEPT, "seen"); } catch { /* private mode */ }
    if (!veil) return;
    removeEventListener("resize", place);
    removeEventListener("scroll", place, { capture: true });
    veil.remove();
    veil = null;
    if (before && before.focus) before.focus();
  }

  function go(to) {
    if (to >= STOPS.length) return end();
    at = Math.max(0, to);
    const [selector, title, text] = STOPS[at], target = document.querySelector(selector);
    if (!target || !target.offsetParent) return go(at + 1);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    const card = veil.querySelector(".tr-card"), last = at === STOPS.length - 1;
    card.replaceChildren(make("h2", { id: "tr-title" }, title), make("p", {}, text),
      make("div", {}, make("small", {}, `${at + 1} of ${STOPS.length}`), make("button", { type: "button", class: "lx-button", onclick: end }, last ? "Close" : "Skip the tour"),
        make("button", { type: "button", class: "ck-primary ln-next", onclick: () => (last ? (end(), Lapa.visit("learn")) : go(at + 1)) }, last ? "First lesson" : "Next")));
    card.querySelector(".ck-primary").focus({ preventScroll: true });
    place();
    setTimeout(place, calm ? 0 : 400);
  }

  function place() {
    if (!veil) return;
    const box = document.querySelector(STOPS[at][0]).getBoundingClientRect(), spot = veil.querySelector(".tr-spot"), card = veil.querySelector(".tr-card");
    Object.assign(spot.style, { left: `${box.left - 6}px`, top: `${box.top - 6}px`, width: `${box.width + 12}px`, height: `${box.height + 12}px` });
    const below = box.bottom + 14 + card.offsetHeight < innerHeight, top = below ? box.bottom + 14 : Math.max(12, Math.min(box.top - card.offsetHeight - 14, innerHeight - card.offsetHeight - 12));
    Object.assign(card.style, { left: `${Math.max(12, Math.min(box.left, innerWidth - card.offsetWidth - 12))}px`, top: `${box.top - card.offsetHeight - 14 < 12 && !below ? innerHeight - card.offsetHeight - 12 : top}px` });
  }

  document.addEventListener("keydown", (event) => {
    if (!veil) return;
    if (event.key === "Escape") end();
    else if (event.key === "ArrowRight") go(at + 1);
    else if (event.key === "ArrowLeft") go(at - 1);
  });

  Lapa.tour = start;
  // never over a state that somebody was sent, and only once the first picture is there
  const asked = location.search.length > 1;
  Lapa.on("painted", () => { if (!asked && !seen() && Lapa.page.tab === "explore" && !Lapa.tour.done) { Lapa.tour.done = true; setTimeout(start, 700); } });
})();
