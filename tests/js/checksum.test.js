// SHA-256 as it is written out for pages without crypto.subtle.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { sha256, written } from "../../lapa/web_export/browser/checksum.js";

const data = (length) => Uint8Array.from({ length }, (_, i) => i * 7 + length);
const hex = (bytes) => Buffer.from(bytes).toString("hex");

test("every filling of the last block", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 100003]) {
    assert.equal(hex(written(data(length))), createHash("sha256").update(data(length)).digest("hex"), `${length} bytes`);
  }
});

test("both ways say the same", async () => {
  assert.equal(await sha256(data(300).buffer), hex(written(data(300))));
});
