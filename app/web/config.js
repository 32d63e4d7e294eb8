// @ts-check
/* What Python says with the page: its tabs, its words, and the limits that it holds everybody to. */

/** @type {import("./records").Config} */
const config = globalThis.Lapa.config;

export const { tabs, glossary, limits } = config;
