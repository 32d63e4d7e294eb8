// A dream as the text of its link and as a sequence.
import assert from "node:assert/strict";
import { test } from "node:test";
import { children, line, sequence, written } from "../../app/tabs/imagine/tree.js";

/** Moments from [parent, codes], numbered in their order; the first is the start. */
const dream = (...moments) => [{ n: 0, parent: null, codes: null }, ...moments.map(([parent, codes], at) => ({ n: at + 1, parent, codes }))];

test("a line without branches is one chain, equal steps counted", () => {
  const nodes = dream([0, [3, 1]], [1, [3, 1]], [2, [0, 2]]);
  const { text, order } = written(nodes);
  assert.equal(text, "3.1*2_0.2");
  assert.deepEqual([...order], [[0, 0], [1, 1], [2, 2], [3, 3]]);
});

test("a branch names the moment that it leaves, by the numbers of the text", () => {
  // moment 1 goes on in 2 and in 4; 2 goes on in 3; the start in 5, too
  const nodes = dream([0, [1]], [1, [2]], [2, [3]], [1, [4]], [0, [5]]);
  const { text, order } = written(nodes);
  assert.equal(text, "1~@1:2_3~@1:4~5");
  assert.deepEqual(Object.fromEntries(order), { 0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5 });
});

test("numbers follow the text where the dream grew in another order", () => {
  const nodes = dream([0, [1]], [0, [2]], [1, [3]]);
  const { text, order } = written(nodes);
  assert.equal(text, "1_3~2");
  assert.equal(order.get(3), 2);
  assert.equal(order.get(2), 3);
});

test("a dream of its start alone, or of nothing, has no text", () => {
  assert.equal(written(dream()).text, "");
  assert.equal(written([]).text, "");
});

test("the line to a moment begins at the start; moments may be missing", () => {
  const nodes = dream([0, [1]], [1, [2]], [0, [3]]);
  assert.deepEqual(line(nodes, 2).map(({ n }) => n), [0, 1, 2]);
  assert.deepEqual(line(nodes, 9), []);
  delete nodes[1];
  assert.deepEqual(children(nodes, 0).map(({ n }) => n), [3]);
});

test("a line is a sequence that runs again", () => {
  const nodes = dream([0, [3, 1]], [1, [3, 1]], [2, [0, 2]], [3, [3, 1]]);
  assert.equal(sequence(line(nodes, 4)), "[3,1] x2, [0,2], [3,1]");
  assert.equal(sequence(line(nodes, 0)), "");
});
