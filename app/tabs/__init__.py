"""One module a tab (layout first, wiring last), and what tabs share: components, links, words."""
