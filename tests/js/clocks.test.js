// When words came and something acted, as the tab Policy draws both.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ticks } from "../../app/tabs/policy/clocks.js";
import { CLOCKS } from "../../app/tabs/policy/words.js";

const clock = (word, came = false) => ({ clock: { word, age: 0.2, came, speaks: 5 } });

test("a hierarchy has two rows: words come from time to time, the head acts once there was one", () => {
  const frames = [{}, clock([]), clock([]), clock([3, 1], true), clock([3, 1]), clock([0, 1], true)];
  assert.deepEqual(ticks(frames), { words: [3, 5], acts: [3, 4, 5] });
});

test("a policy that acts by itself has one row, and the start is no step", () => {
  assert.deepEqual(ticks([{}, { clock: null }, { clock: null }]), { words: [], acts: [1, 2] });
  assert.deepEqual(ticks([{}]), { words: [], acts: [] });
});

test("clocks in words", () => {
  assert.equal(CLOCKS.speaks(2.5), "the large model speaks 2.5 times a second");
  assert.equal(CLOCKS.speaks(1), "the large model speaks once a second");
  assert.equal(CLOCKS.acts("the oracle", 10), "the oracle acts 10 times a second");
  assert.deepEqual([1, 2].map(CLOCKS.words), ["1 word", "2 words"]);
  assert.equal(CLOCKS.rows(10, 0.4), "Each row is 10 s of the robot's time. A word comes 0.4 s after the frame that it was said of.");
});
