"""One module a tab: layout first, wiring last, callbacks are named functions."""
