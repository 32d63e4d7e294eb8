// Topics, and wishes for a part that is not there yet.
import assert from "node:assert/strict";
import { test } from "node:test";
import { emit, on, wish } from "../../app/web/topics.js";

test("all who listen are told, in their order", () => {
  const told = [];
  on("state", (detail) => told.push(["first", detail]));
  on("state", (detail) => told.push(["second", detail]));
  emit("state", 7);
  emit("nobody listens", 8);
  assert.deepEqual(told, [["first", 7], ["second", 7]]);
});

test("a wish waits for the first who listens, an emit does not", async () => {
  const told = [];
  emit("atlas-find", "lost");
  wish("atlas-find", "kept");
  on("atlas-find", (detail) => told.push(detail));
  assert.deepEqual(told, []);
  await null;
  wish("atlas-find", "at once");
  on("atlas-find", () => {});
  await null;
  assert.deepEqual(told, ["kept", "at once"]);
});
