// @ts-check
/* A dream as a tree of moments: the line to one of them, and the text that a link has of it. */

/** @typedef {import("../../web/records").Moment} Moment */

/**
 * The moments from the start to one of them.
 * @param {Moment[]} nodes by their number; some may be missing
 * @param {number} to
 * @returns {Moment[]}
 */
export function line(nodes, to) {
  const found = [];
  for (let at = nodes[to]; at; at = at.parent === null ? null : nodes[at.parent]) found.unshift(at);
  return found;
}

/**
 * @param {Moment[]} nodes
 * @param {number} n
 * @returns {Moment[]} the moments that follow moment n
 */
export const children = (nodes, n) => nodes.filter((each) => each && each.parent === n);

/**
 * The tree as a link has it, and the new number of every moment (tabs/imagine/link.py reads it): a
 * chain a branch, `[@where it leaves:]codes_codes*times`, with ~ between chains.
 * @param {Moment[]} nodes
 * @returns {{ text: string, order: Map<number, number> }}
 */
export function written(nodes) {
  const order = new Map([[0, 0]]);
  const chains = [];

  function grow(from) {
    for (const first of children(nodes, from)) {
      const words = [], later = [];
      let at = first;
      while (at) {
        order.set(at.n, order.size);
        words.push(at.codes.join("."));
        const next = children(nodes, at.n);
        if (next.length > 1) later.push(at.n);
        at = next.length === 1 ? next[0] : null;
      }
      const leaves = order.get(first.parent);
      chains.push((leaves ? `@${leaves}:` : "") + packed(words));
      later.forEach(grow);
    }
  }

  if (nodes.length) grow(0);
  return { text: chains.join("~"), order };
}

function packed(words) {
  return runs(words).map(([word, n]) => (n > 1 ? `${word}*${n}` : word)).join("_");
}

/**
 * The dream so far as a sequence that can be run: `[3,1,0,6] x4, [0,0,2,1]`.
 * @param {Moment[]} moments a line, the start first
 */
export function sequence(moments) {
  const actions = moments.slice(1).map(({ codes }) => `[${codes.join(",")}]`);
  return runs(actions).map(([action, n]) => action + (n > 1 ? ` x${n}` : "")).join(", ");
}

/* Equal neighbours as one, with how many they are. */
function runs(words) {
  const found = [];
  for (const word of words) {
    const last = found[found.length - 1];
    if (last && last[0] === word) last[1] += 1;
    else found.push([word, 1]);
  }
  return found;
}
