// @ts-check
/* The second wire: gives the parts of the page what Gradio gives them on a server (web/records.d.ts,
 * Gradio), and answers their events in this browser. A part does not know which of the two it has. */
import { desk as atlas } from "./atlas.js";
import { desk as drawer } from "./drawer.js";
import { networks } from "./engine.js";
import { desk as explore } from "./explore.js";
import { desk as guess } from "./guess.js";
import { desk as imagine } from "./imagine.js";
import { desk as learn } from "./learn.js";
import { tabOf } from "../../web/link.js";

/** By the name of a panel (app/web/components.py), what answers its events and server functions. */
const DESKS = { ...explore, ...guess, ...imagine, ...learn, ...atlas, ...drawer };
const BROKEN = "Something went wrong in this page; load it again.";
/** @type {Map<string, { props: { value: any }, changed: (() => void)[] }>} */
const parts = new Map();
const opened = new Set();
/** @type {() => void} */
let answered;
/** When the first picture is there, or why there is none has been said. */
const first = new Promise((then) => { answered = () => then(); });

/** Hands a record to a panel as if a server had sent it; to one that is not there yet, once it is. */
function push(/** @type {string} */ panel, /** @type {any} */ value) {
  const part = partOf(panel);
  part.props.value = value;
  for (const changed of part.changed) changed();
}

function partOf(/** @type {string} */ panel) {
  if (!parts.has(panel)) parts.set(panel, { props: { value: null }, changed: [] });
  return parts.get(panel);
}

/* What is told of an error: a sentence of ours is an Error; all else is a fault. */
function failed(/** @type {any} */ error) {
  if (error && error.constructor === Error) return { error: error.message, .../** @type {any} */ (error).more };
  console.error(error);
  return { error: BROKEN };
}

/** A panel's own Gradio. */
function gradio(/** @type {string} */ panel) {
  const { props, changed } = partOf(panel), desk = DESKS[panel] || {};
  const asked = async (/** @type {string} */ name, /** @type {any} */ data) => {
    try {
      return await desk[name](data, push);
    } catch (error) {
      return failed(error);
    }
  };
  return {
    props,
    watch: (_, then) => changed.push(then),
    async trigger(event, data) {
      const told = await asked(event, data);
      if (panel === "stage") answered();
      // what goes on for a while tells by itself (a generator), what has nothing to say says nothing
      if (told && told[Symbol.asyncIterator]) for await (const record of told) push(panel, { ...record, seq: data.seq });
      else if (told) push(panel, { ...told, seq: data.seq });
    },
    server: new Proxy({}, { get: (_, name) => (data) => asked(String(name), data) }),
    upload: () => Promise.reject(new Error("This copy of the page has no server to send files to.")),
  };
}

function mount(/** @type {Element} */ place) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll("[data-panel]"))) {
    const { panel, module } = element.dataset;
    delete element.dataset.panel;
    Lapa.mount(module, element, gradio(panel));
  }
}

/* ---- tabs ---- */
const buttons = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#lx-tabs [role="tab"]')]);

function open(/** @type {string} */ name) {
  for (const button of buttons) {
    const chosen = button.dataset.tab === name;
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
    document.getElementById(button.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (!opened.has(name)) mount(document.getElementById(`tab-${name}`));
  opened.add(name);
  Lapa.tab(name);
}

for (const button of buttons) {
  button.addEventListener("click", () => open(button.dataset.tab));
  button.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const to = buttons[(buttons.indexOf(button) + by + buttons.length) % buttons.length];
    to.focus();
    to.click();
  });
}

/* ---- what is wrong with this copy ---- */
function say(/** @type {string} */ sentence) {
  const place = document.getElementById("site-problem");
  place.textContent = sentence;
  place.hidden = false;
}

async function checked() {
  const answer = await fetch(new URL("manifest.json", document.baseURI)).catch(() => null);
  if (!answer || !answer.ok) throw new Error("manifest.json is missing in this copy of the site; export it anew.");
  const manifest = await answer.json().catch(() => null);
  const whole = manifest && manifest.format === "lapa-site" && typeof manifest.files === "object";
  if (!whole) throw new Error("manifest.json of this site is damaged; export it anew.");
}

/* Once the page has been seen it is kept, to be there without a network, too, and what was looked at;
 * all else of the site with it unless the visitor asked to save data. */
async function keep() {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  try {
    await navigator.serviceWorker.register(new URL("service-worker.js", document.baseURI));
    const { active } = await navigator.serviceWorker.ready, { connection } = /** @type {any} */ (navigator);
    // what was fetched before there was a worker; networks are fetched by a worker of their own
    const seen = performance.getEntriesByType("resource").map(({ name }) => name);
    const folders = networks().map((name) => new URL(`models/${name}/`, document.baseURI).href);
    active.postMessage({ seen: [...seen, ...folders], all: !(connection && connection.saveData) });
  } catch (error) {
    console.warn(error);
  }
}

async function begin() {
  document.body.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);
  const query = location.search;
  for (const place of document.querySelectorAll("[data-always]")) mount(place);
  // what all tabs show is Explore's state, so it is there whichever tab is open
  mount(document.getElementById("tab-explore"));
  opened.add("explore");
  open(tabOf(query, Lapa.config.tabs));
  try {
    // the first picture waits for none of the rest
    await explore.load.open({ query }, push);
    await first;
    await checked();
  } catch (error) {
    say(failed(error).error);
  }
  await keep();
}

begin();
