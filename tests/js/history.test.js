// Undo and redo.
import assert from "node:assert/strict";
import { test } from "node:test";
import { history } from "../../app/web/history.js";

function walked(...moments) {
  const past = history();
  for (const moment of moments) past.record(moment);
  return past;
}

test("steps go back to the first moment and forth to the last, and no further", () => {
  const past = walked("a", "b", "c");
  assert.deepEqual(past.steps(), { undo: true, redo: false });
  assert.equal(past.step(1), null);
  assert.equal(past.step(-1), "b");
  assert.deepEqual(past.steps(), { undo: true, redo: true });
  assert.equal(past.step(-1), "a");
  assert.deepEqual(past.steps(), { undo: false, redo: true });
  assert.equal(past.step(-1), null);
  assert.equal(past.step(1), "b");
  assert.equal(past.step(1), "c");
});

test("what was undone is gone once something else is done", () => {
  const past = walked("a", "b", "c");
  past.step(-1);
  past.record("d");
  assert.equal(past.step(1), null);
  assert.equal(past.step(-1), "b");
});

test("a gesture is one step", () => {
  const past = walked("a", "b1");
  past.record("b2", true);
  past.record("b3", true);
  assert.equal(past.step(-1), "a");
  assert.equal(past.step(1), "b3");
});

test("a moment is completed where it stands", () => {
  const past = walked("a", "b", "c");
  past.step(-1);
  past.amend("B");
  past.step(-1);
  assert.equal(past.step(1), "B");
  assert.equal(past.step(1), "c");
  const none = history();
  none.amend("x");
  assert.deepEqual(none.steps(), { undo: false, redo: false });
});

test("the oldest moments go first, and all at once on another page", () => {
  const past = history({ most: 3 });
  for (const moment of ["a", "b", "c", "d"]) past.record(moment);
  assert.deepEqual([past.step(-1), past.step(-1), past.step(-1)], ["c", "b", null]);
  past.clear();
  assert.deepEqual(past.steps(), { undo: false, redo: false });
  past.record("e", true);
  assert.equal(past.step(-1), null);
});
