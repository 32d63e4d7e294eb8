// @ts-check
/* Links that the browser writes. Python writes what is shown (each tab's link.py); how it is shown
 * is known here first. */

/**
 * @param {string} shown the query that Python wrote for what is shown
 * @param {{ p: number | null, o: string }} state the position that is swept, and the overlay
 * @param {string} tab "explore" is the tab of a link that names none
 * @returns {URLSearchParams}
 */
export function withLook(shown, { p, o }, tab) {
  const query = new URLSearchParams(shown);
  query.set("p", p === null ? "-" : String(p));
  if (o === "blink") query.delete("o");
  else query.set("o", o);
  if (tab !== "explore") query.set("tab", tab);
  return query;
}

/**
 * Keeps Gradio's choice of light or dark, which is none of ours.
 * @param {string | URLSearchParams} written
 * @param {string} before the query that is in the address bar
 * @returns {URLSearchParams}
 */
export function withTheme(written, before) {
  const query = new URLSearchParams(written);
  const theme = new URLSearchParams(before).get("__theme");
  if (theme) query.set("__theme", theme);
  return query;
}

/**
 * The tab that a query asks for.
 * @param {string} query
 * @param {string[]} tabs all there are; the first is the usual one
 */
export function tabOf(query, tabs) {
  const wanted = new URLSearchParams(query).get("tab");
  return wanted && tabs.includes(wanted) ? wanted : tabs[0];
}
