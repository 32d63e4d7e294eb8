// @ts-check
/* numpy's default generator, bit for bit, so that a link to a game opens the same pairs as on a
 * server: SeedSequence (O'Neill 2015, "Developing a seed_seq Alternative") into PCG64 (XSL-RR
 * 128/64, O'Neill 2014), whole numbers by Lemire's method (2019, arXiv 1805.10941). Pure. */
const WORD = 0xffffffff, ALL = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

const multiplied = (/** @type {number} */ a, /** @type {number} */ b) => Math.imul(a, b) >>> 0;

/** Eight 32-bit words that a list of seeds becomes: SeedSequence(seeds).generate_state(8). */
function words(/** @type {number[]} */ seeds) {
  let hash = 0x43b0d7e5;
  const mixedIn = (/** @type {number} */ value) => {
    value = (value ^ hash) >>> 0;
    hash = multiplied(hash, 0x931e8875);
    value = multiplied(value, hash);
    return (value ^ (value >>> 16)) >>> 0;
  };
  const mix = (/** @type {number} */ x, /** @type {number} */ y) => {
    const both = (multiplied(0xca01f9dd, x) - multiplied(0x4973f715, y)) >>> 0;
    return (both ^ (both >>> 16)) >>> 0;
  };
  const pool = Array.from({ length: 4 }, (_, n) => mixedIn(n < seeds.length ? seeds[n] : 0));
  for (let from = 0; from < 4; from++) for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], mixedIn(pool[from]));
  for (let n = 4; n < seeds.length; n++) for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], mixedIn(seeds[n]));
  let other = 0x8b51f9dd;
  return Array.from({ length: 8 }, (_, n) => {
    let value = (pool[n % 4] ^ other) >>> 0;
    other = multiplied(other, 0x58f38ded);
    value = multiplied(value, other);
    return (value ^ (value >>> 16)) >>> 0;
  });
}

/**
 * The generator `numpy.random.default_rng(seeds)`.
 * @param {number[]} seeds whole numbers below 2^32
 */
export function generator(seeds) {
  const all = words(seeds).map(BigInt), pair = (/** @type {number} */ n) => all[n] | (all[n + 1] << 32n);
  const start = (pair(0) << 64n) | pair(2), step = ((((pair(4) << 64n) | pair(6)) << 1n) | 1n) & ALL;
  const next = (/** @type {bigint} */ state) => (state * MULTIPLIER + step) & ALL;
  let state = next((next(0n) + start) & ALL), left = null;

  function whole() {
    state = next(state);
    const folded = ((state >> 64n) ^ state) & ((1n << 64n) - 1n), turn = state >> 122n;
    return ((folded >> turn) | (folded << ((64n - turn) & 63n))) & ((1n << 64n) - 1n);
  }

  /* A 64-bit number gives two of 32 bits, the lower one first. */
  function half() {
    if (left !== null) {
      const kept = left;
      left = null;
      return kept;
    }
    const both = whole();
    left = Number(both >> 32n);
    return Number(both & BigInt(WORD));
  }

  /**
   * A whole number from 0 to most - 1, most up to 2^32 - 1.
   * @param {number} most
   */
  function integer(most) {
    if (most === 1) return 0;
    const threshold = BigInt((WORD - most + 1) % most), range = BigInt(most);
    let product = BigInt(half()) * range;
    while ((product & BigInt(WORD)) < threshold) product = BigInt(half()) * range;
    return Number(product >> 32n);
  }

  /* As integer, but by throwing away what is too large, as numpy does where it shuffles. */
  function below(/** @type {number} */ most) {
    const mask = 2 ** (32 - Math.clz32(most - 1)) - 1;
    let value = half() & mask;
    while (value >= most) value = half() & mask;
    return value;
  }

  /** The numbers from 0 to count - 1 in another order. */
  function permutation(/** @type {number} */ count) {
    const order = Array.from({ length: count }, (_, n) => n);
    for (let n = count - 1; n > 0; n--) {
      const other = below(n + 1);
      [order[n], order[other]] = [order[other], order[n]];
    }
    return order;
  }

  return { integer, permutation };
}
