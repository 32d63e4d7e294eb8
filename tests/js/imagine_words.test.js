// What Imagine says of its keys: those that the model and its robot have, and no other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keysHint } from "../../app/tabs/imagine/words.js";

const ends = "`Space` plays, `Enter` steps, `U` undoes, `R` resets.";

test("a model with every key is told of every key", () => {
  const every = ["up", "down", "left", "right", "close", "open", "stay"];
  assert.equal(keysHint(every, { values: 8, positions: 4 }),
    "Click the picture, then use `←``→``↑``↓`, `G` grip, `O` open, `S` stay; `0`–`7` step with that code at the chosen position, `P` the next position; " + ends);
});

test("a car does not stay", () => {
  assert.match(keysHint(["left", "right", "stay"], { values: 8, positions: 2 }, "straight on"), /`S` straight on; /);
});

test("keys that were not learned, and a second position that is not there, are not named", () => {
  const hint = keysHint(["down", "up", "left", "right"], { values: 8, positions: 1 });
  assert.equal(hint, "Click the picture, then use `←``→``↑``↓`; `0`–`7` step with that code; " + ends);
  assert.equal(keysHint([], { values: 16, positions: 1 }), "Click the picture, then use `0`–`9` step with that code; " + ends);
});
