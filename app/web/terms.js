// @ts-check
/* Glosses: every [data-term] opens a one-sentence explanation on hover, focus and tap. */
import { glossary } from "./config.js";
import { around, make } from "./dom.js";

const MARGIN = 8;
let bubble = null, owner = null;

function open(term) {
  const text = glossary[term.dataset.term];
  if (!text || owner === term) return;
  close();
  bubble = bubble || document.body.appendChild(
    make("div", { id: "lx-gloss", class: "lx-gloss", role: "tooltip" }));
  bubble.textContent = text;
  bubble.classList.add("open");
  owner = term;
  term.setAttribute("aria-describedby", "lx-gloss");
  const at = term.getBoundingClientRect(), size = bubble.getBoundingClientRect();
  const left = Math.min(Math.max(MARGIN, at.left), innerWidth - size.width - MARGIN);
  const below = at.bottom + MARGIN + size.height < innerHeight;
  bubble.style.left = `${left}px`;
  bubble.style.top = `${below ? at.bottom + 6 : at.top - size.height - 6}px`;
}

function close() {
  if (!owner) return;
  owner.removeAttribute("aria-describedby");
  owner = null;
  bubble.classList.remove("open");
}

const term = (event) => around(event, "[data-term]");
document.addEventListener("mouseover", (event) => term(event) && open(term(event)));
document.addEventListener("mouseout", (event) => term(event) && close());
document.addEventListener("focusin", (event) => (term(event) ? open(term(event)) : close()));
document.addEventListener("focusout", close);
document.addEventListener("click", (event) => (term(event) ? open(term(event)) : close()));
document.addEventListener("scroll", close, { capture: true, passive: true });
document.addEventListener("keydown", (event) => event.key === "Escape" && close());
