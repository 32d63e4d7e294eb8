// Numbers in words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { count, duration, megabytes, percent, waiting } from "../../app/web/words.js";

test("sizes, counts and times are rounded as people read them", () => {
  assert.deepEqual([50e6, 2.5e6, 1600e6].map(megabytes), ["50 MB", "2.5 MB", "1600 MB"]);
  assert.equal(count(1234567), "1\u202f234\u202f567");
  assert.deepEqual([1, 7.4, 43, 89, 100, 5000, 9000].map(duration),
    ["a second", "7 seconds", "45 seconds", "90 seconds", "2 minutes", "83 minutes", "2.5 hours"]);
  assert.deepEqual([1, 3].map((ahead) => waiting({ ahead })), ["1 visitor is before you.", "3 visitors are before you."]);
});

test("a share that nobody knows is not none", () => {
  assert.deepEqual([0, 0.256, 1, null, undefined].map(percent), ["0 %", "26 %", "100 %", "an unknown share", "an unknown share"]);
});
