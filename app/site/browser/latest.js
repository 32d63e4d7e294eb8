// @ts-check
/**
 * What is kept under a key, or made; the `most` that were used last are kept, and nothing that failed.
 * @template K, V
 * @param {Map<K, Promise<V>>} kept
 * @param {K} key
 * @param {number} most
 * @param {() => Promise<V>} make
 * @returns {Promise<V>}
 */
export function latest(kept, key, most, make) {
  const found = kept.get(key) || make();
  kept.delete(key);
  kept.set(key, found);
  found.catch(() => kept.delete(key));
  if (kept.size > most) kept.delete(kept.keys().next().value);
  return found;
}
