// @ts-check
/* What printing needs of the page around a sheet. Gradio puts its own frame before every selector of
 * a style sheet, so that none of them reaches this frame; and pages break within blocks only. */

const AROUND = `@media print {
  :has(.ln-sheet) { display: block !important; overflow: visible !important; height: auto !important; min-height: 0 !important; background: #fff !important; }
  @page { margin: 14mm; }
}`;
let there = false;

/** Makes sheets printable; to be called before the first is shown. */
export function onPaper() {
  if (there) return;
  // an element would be an inline style, which a strict policy refuses
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(AROUND);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  there = true;
}
