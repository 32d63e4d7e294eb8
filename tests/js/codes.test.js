// How a latent action is written and read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, random, same, written } from "../../app/web/codes.js";

const model = { positions: 4, values: 8 };

test("codes are written in brackets, and unknown ones as a gap", () => {
  assert.equal(written([3, 1, 0, 6]), "[3,1,0,6]");
  assert.equal(written([5]), "[5]");
  assert.equal(written(null), "[…]");
});

test("brackets, blanks, dots, commas and semicolons are read alike", () => {
  for (const text of ["[3,1,0,6]", " 3 1 0 6 ", "3.1.0.6", "(3; 1; 0; 6)", "[[3, 1, 0, 6]]"]) {
    assert.deepEqual(parse(text, model), [3, 1, 0, 6], text);
  }
});

test("what cannot be read is one sentence with what is accepted", () => {
  const accepted = "Accepted: 4 codes from 0 to 7, such as [3,6,1,4].";
  const cases = {
    "": `Nothing was entered. ${accepted}`,
    "[]": `Nothing was entered. ${accepted}`,
    "3,1,x,6": `“x” is not a code. ${accepted}`,
    "3,1,-1,6": `“-1” is not a code. ${accepted}`,
    "5": `That is 1 code. ${accepted}`,
    "3,1,0": `That is 3 codes. ${accepted}`,
    "3,1,0,6,2": `That is 5 codes. ${accepted}`,
    "3,8,0,9": `Code 8 at position 1 does not exist. ${accepted}`,
  };
  for (const [text, message] of Object.entries(cases)) assert.throws(() => parse(text, model), { message }, text);
});

test("a model of one code is asked for one", () => {
  assert.deepEqual(parse("7", { positions: 1, values: 8 }), [7]);
  assert.throws(() => parse("1,2", { positions: 1, values: 8 }), { message: "That is 2 codes. Accepted: 1 code from 0 to 7, such as [3]." });
});

test("codes at random are of the model", () => {
  for (let n = 0; n < 50; n++) {
    const codes = random({ positions: 3, values: 2 });
    assert.equal(codes.length, 3);
    assert.ok(codes.every((code) => code === 0 || code === 1));
  }
});

test("equal values are the same, whichever they are", () => {
  assert.ok(same([1, 2], [1, 2]) && same(null, null));
  assert.ok(!same([1, 2], [2, 1]) && !same(null, [1]));
});
