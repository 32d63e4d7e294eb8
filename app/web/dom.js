// @ts-check
/* Making and finding elements. */

/**
 * A new element. An attribute that begins with "on" is a listener; null and false leave one out.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    // written as an attribute it would be an inline style, which a strict policy refuses
    else if (name === "style") element.style.cssText = value || "";
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * How a part finds what is in its template: $ the first by selector, $$ all, at by the name in
 * data-at.
 * @param {HTMLElement} element
 * @returns {{ $: (selector: string) => any, $$: (selector: string) => any[], at: (name: string) => any }}
 */
export function finders(element) {
  const $ = (/** @type {string} */ selector) => element.querySelector(selector);
  return { $, $$: (selector) => [...element.querySelectorAll(selector)], at: (name) => $(`[data-at="${name}"]`) };
}

/**
 * The element around an event's target that a selector names; null where there is none.
 * @param {Event} event
 * @param {string} selector
 * @returns {any}
 */
export const around = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

/** The step that an arrow key takes in a list, 0 for every other key. */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/**
 * For the keydown of one button of a group: an arrow key goes round to the next one and presses it.
 * @param {KeyboardEvent} event
 * @param {Iterable<HTMLElement>} group
 */
export function pressNext(event, group) {
  const by = STEPS[event.key];
  if (!by) return;
  event.preventDefault();
  const all = [...group];
  const to = all[(all.indexOf(/** @type {HTMLElement} */ (event.currentTarget)) + by + all.length) % all.length];
  to.focus();
  to.click();
}

/**
 * Shows which button of a radio group is chosen; only that one is reached by Tab.
 * @param {Iterable<HTMLElement>} group
 * @param {(button: HTMLElement) => boolean} isChosen
 */
export function markChosen(group, isChosen) {
  for (const button of group) {
    const chosen = isChosen(button);
    button.setAttribute("aria-checked", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
}

/** Whether the visitor asked for less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
