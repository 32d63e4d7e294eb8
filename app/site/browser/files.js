// @ts-check
/* The site's own files, each read once. */

/** @type {Map<string, Promise<any>>} */
const read = new Map();

/**
 * A JSON file of the site.
 * @param {string} path relative to the page
 * @returns {Promise<any>}
 */
export function json(path) {
  if (!read.has(path)) {
    read.set(path, fetched(path).catch((error) => {
      read.delete(path);
      throw error;
    }));
  }
  return read.get(path);
}

async function fetched(path) {
  const answer = await fetch(new URL(path, document.baseURI)).catch(() => null);
  if (!answer) throw new Error(`${path} could not be fetched; check the connection and load the page again.`);
  if (!answer.ok) throw new Error(`${path} is missing in this copy of the site; export it anew.`);
  try {
    return await answer.json();
  } catch {
    throw new Error(`${path} of this site is damaged; export it anew.`);
  }
}
