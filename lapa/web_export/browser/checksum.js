// @ts-check
/* SHA-256 of a file. Browsers have it for pages of https and of their own machine only; a class's
 * site may come from the teacher's laptop without either, so it is written out here as well
 * (FIPS 180-4, section 6.2). */

/**
 * @param {ArrayBuffer} data
 * @returns {Promise<string>} in hexadecimal
 */
export async function sha256(data) {
  const found = globalThis.crypto?.subtle
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", data))
    : written(new Uint8Array(data));
  return Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/* The first 32 bits of the fractional parts of roots of the first primes: the square roots of eight,
 * the cube roots of sixty-four. */
function constants() {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const bits = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  return { start: primes.slice(0, 8).map((p) => bits(Math.sqrt(p))), rounds: Int32Array.from(primes, (p) => bits(Math.cbrt(p))) };
}

/**
 * @param {Uint8Array} data
 * @returns {Uint8Array} 32 bytes
 */
export function written(data) {
  const { start, rounds } = constants();
  const state = Int32Array.from(start), words = new Int32Array(64);
  // a one, zeros, and the length in bits fill the last block
  const rest = data.length % 64, end = new Uint8Array(rest < 56 ? 64 : 128), tail = new DataView(end.buffer);
  end.set(data.subarray(data.length - rest));
  end[rest] = 0x80;
  tail.setUint32(end.length - 8, Math.floor(data.length / 2 ** 29));
  tail.setUint32(end.length - 4, (data.length << 3) >>> 0);
  const whole = new DataView(data.buffer, data.byteOffset, data.length - rest);
  for (const view of [whole, tail]) {
    for (let at = 0; at < view.byteLength; at += 64) block(view, at, state, words, rounds);
  }
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => out.setInt32(4 * i, word));
  return new Uint8Array(out.buffer);
}

const turn = (/** @type {number} */ x, /** @type {number} */ by) => (x >>> by) | (x << (32 - by));

function block(/** @type {DataView} */ view, at, /** @type {Int32Array} */ state, /** @type {Int32Array} */ w, /** @type {Int32Array} */ rounds) {
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + rounds[i] + w[i]) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0;
    d = c; c = b; b = a; a = (one + two) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] += value; });
}
