// Names of codes, as Python measured them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inText, ofAction, ofCode } from "../../app/web/names.js";

const witness = (word, pairs, agree, named) => ({ word, pairs, agree, named });
const TWO = {
  whose: "arm", still: 0.01, base: [0, 0],
  effects: [[[-0.1, 0], [0.1, 0], [0, 0]], [[0, -0.1], [0, 0], [0, 0]]],
  codes: [
    [witness("left", 15, 12, true), witness("right", 22, 4, false), witness("stays", 40, 40, true)],
    [witness("up", 30, 30, true), witness("stays", 6, 5, false), witness("stays", 0, 0, false)],
  ],
  sums: { "up-left": witness("up-left", 80, 61, true), right: witness("right", 50, 9, false) },
};

test("a code has the word that its pairs bear out, and says how many", () => {
  assert.deepEqual(ofCode(TWO, 0, 0), { sign: "←", word: "left", told: "12 of 15 real pairs of this robot went left." });
  assert.equal(inText(ofCode(TWO, 0, 0)), "← left");
  assert.equal(inText(ofCode(TWO, 0, 2)), "stays");
  assert.equal(ofCode({ ...TWO, whose: "" }, 0, 2).told, "40 of 40 real pairs of all robots together stayed.");
});

test("without a common direction there is no word, and the reason is told", () => {
  for (const [position, code, told] of [
    [0, 1, "No common direction: only 4 of 22 real pairs of this robot went right, as their mean does."],
    [1, 1, "Too little for a name: 5 of 6 real pairs of this robot stayed."],
    [1, 2, "No real pair of this robot has this code."],
  ]) assert.deepEqual(ofCode(TWO, position, code), { sign: "", word: "no common direction", told });
});

test("a latent action is named by the sum of its codes, where pairs bear that out", () => {
  const name = ofAction(TWO, [0, 0]);
  assert.equal(inText(name), "↖ up-left");
  assert.match(name.told, /add up to “up-left”.* 61 of 80 real pairs of this robot went up-left/);
  assert.equal(ofAction(TWO, [1, 1]).word, "no common direction");
  assert.match(ofAction(TWO, [1, 1]).told, /9 of 50/);
  assert.match(ofAction(TWO, [2, 1]).told, /add up to “stays”, which no real pair of this robot tested/);
  assert.match(ofAction(TWO, [0, 2]).told, /No real pair of this robot has code 2 at position 1/);
});

test("where real pairs of the very latent action agree, it says what the gripper does", () => {
  const grips = { "0.0": witness("closes", 25, 15, true), "1.1": witness("opens", 12, 7, true), "2.0": witness("opens", 12, 5, false) };
  const gripped = { ...TWO, grips };
  assert.equal(inText(ofAction(gripped, [0, 0])), "↖ up-left, closes");
  assert.match(ofAction(gripped, [0, 0]).told, /went up-left\. With these very codes the gripper closes in 15 of 25 real pairs of this robot\.$/);
  assert.equal(inText(ofAction(gripped, [1, 1])), "opens");
  assert.deepEqual(ofAction(gripped, [2, 0]), ofAction(TWO, [2, 0]));
  const one = { ...TWO, effects: TWO.effects.slice(0, 1), codes: TWO.codes.slice(0, 1), grips: { 0: witness("closes", 20, 20, true) } };
  assert.equal(inText(ofCode(one, 0, 0)), "← left, closes");
});

test("of one code the latent action is the code, and nothing has no name", () => {
  const one = { ...TWO, effects: TWO.effects.slice(0, 1), codes: TWO.codes.slice(0, 1), sums: {} };
  assert.deepEqual(ofAction(one, [0]), ofCode(one, 0, 0));
  assert.equal(ofAction(null, [0]), null);
  assert.equal(ofCode(null, 0, 0), null);
  assert.equal(inText(null), "");
});

test("a car is told where to go, in words of its own", () => {
  const says = { left: "steers left", stays: "straight on", right: "steers right", "up-left": "speeds up, steers left" };
  const car = { ...TWO, says };
  assert.deepEqual(ofCode(car, 0, 0), { sign: "←", word: "steers left", told: "12 of 15 real pairs of the car were driven so: “steers left”." });
  assert.equal(inText(ofCode(car, 0, 2)), "straight on");
  assert.match(ofCode(car, 0, 1).told, /only 4 of 22 real pairs of the car were driven so: “steers right”/);
  assert.equal(ofCode(car, 0, 1).word, "no common direction");
  assert.match(ofAction(car, [0, 0]).told, /add up to “speeds up, steers left”: where codes did, 61 of 80/);
});
