// Links that the browser writes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { tabOf, withLook, withTheme } from "../../app/web/link.js";

const SHOWN = "v=1&m=robots&c=panda-lift-1&f=12&a=3.1.0.6&p=0&o=diff";

test("position, overlay and tab are those of now, the rest is Python's", () => {
  assert.equal(withLook(SHOWN, { p: 2, o: "blink" }, "explore").toString(), "v=1&m=robots&c=panda-lift-1&f=12&a=3.1.0.6&p=2");
  assert.equal(withLook(SHOWN, { p: null, o: "none" }, "imagine").toString(), "v=1&m=robots&c=panda-lift-1&f=12&a=3.1.0.6&p=-&o=none&tab=imagine");
});

test("light or dark stays", () => {
  assert.equal(withTheme("m=robots", "?__theme=dark&c=x").toString(), "m=robots&__theme=dark");
  assert.equal(withTheme(new URLSearchParams("m=robots"), "?c=x").toString(), "m=robots");
});

test("a tab that does not exist is the first", () => {
  const tabs = ["explore", "imagine", "atlas"];
  assert.equal(tabOf("?tab=atlas&q=3", tabs), "atlas");
  assert.equal(tabOf("?tab=nowhere", tabs), "explore");
  assert.equal(tabOf("", tabs), "explore");
});
