// @ts-check
/* Charts that Python draws with plotly (charts.py): asked for when their disclosure is opened, so
 * that the 4.6 MB of its script are fetched by those alone who look at one. */

/**
 * @param {HTMLElement} details the disclosure, to which `components.chart` gives the chart by id
 * @param {import("./records").Gradio} gradio of a panel with the event "chart"
 * @param {() => object} what the chart shows now
 * @returns {() => void} to be called when there is something to show and when it changes: the
 *   disclosure, which its template hides, can be opened from the first call on. On a page that has
 *   no such chart it stays hidden.
 */
export function chart(details, gradio, what) {
  const open = /** @type {HTMLDetailsElement} */ (details);
  const place = () => document.getElementById(/** @type {string} */ (open.dataset.chart));
  const draw = () => {
    if (!place()) return;
    open.hidden = false;
    if (open.open) gradio.trigger("chart", what());
  };
  open.addEventListener("toggle", () => {
    // Gradio lays components side by side; this one belongs into the panel
    open.append(/** @type {HTMLElement} */ (place()));
    draw();
  });
  return draw;
}
