// @ts-check
/* How the parts of the page hear of one another: by topic, so that none needs to know who listens. */

/** @type {Record<string, ((detail: any) => void)[]>} */
const listeners = {};
/** @type {Record<string, any>} */
const wishes = {};

/**
 * Calls listener(detail) for every emit of a topic; at once for a wish that waited for it.
 * @param {string} topic
 * @param {(detail: any) => void} listener
 */
export function on(topic, listener) {
  (listeners[topic] = listeners[topic] || []).push(listener);
  if (!(topic in wishes)) return;
  const detail = wishes[topic];
  delete wishes[topic];
  queueMicrotask(() => listener(detail));
}

/**
 * @param {string} topic
 * @param {any} [detail]
 */
export function emit(topic, detail) {
  (listeners[topic] || []).forEach((listener) => listener(detail));
}

/**
 * As emit, for a part that may not be there yet: a tab is mounted when it is first opened.
 * @param {string} topic
 * @param {any} [detail]
 */
export function wish(topic, detail) {
  if (listeners[topic]) emit(topic, detail);
  else wishes[topic] = detail;
}
