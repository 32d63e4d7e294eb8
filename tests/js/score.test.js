// The score of the game and its link.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, beginning, challenge, challenged, total } from "../../app/tabs/explore/guess/score.js";

test("a streak ends with a wrong answer and the longest is kept", () => {
  const score = [true, true, true, false, true].reduce(answered, beginning());
  assert.deepEqual(score, { done: 5, right: 4, streak: 1, longest: 3 });
  assert.deepEqual(total(score), { right: 4, longest: 3 });
});

test("a challenge opens the same game and says what there is to beat", () => {
  const link = challenge({ m: "eight", seed: 7 }, { right: 6 });
  assert.equal(link, "?m=eight&guess=7&beat=6");
  assert.deepEqual(challenged(link), { seed: 7, beaten: 6 });
  assert.deepEqual(challenged("?guess=123456"), { seed: 123456, beaten: null });
  for (const junk of ["", "?guess=", "?guess=-3", "?guess=1234567", "?guess=x", "?beat=3"]) assert.equal(challenged(junk), null);
  assert.equal(challenged("?guess=1&beat=999").beaten, null);
});
