// @ts-check
/* Makes the site work without a network once it was loaded: what the page is made of is kept at once,
 * the clips and all else as far as MOST allows, and whatever else is looked at when it is looked at.
 * The exporter puts a line with self.VERSION before this one; a new export is a new version. */
const PREFIX = "lapa-site-", NAME = PREFIX + /** @type {any} */ (self).VERSION;
// bytes that are fetched without being asked for: a class on a phone's contract shall not pay for more
const MOST = 60000000;
// milliseconds between two of them: thousands of frames at once would take the processor from who presses
const BETWEEN = 100;
// what no picture can be shown without; the runtime for graphics cards is large, and kept with the rest
const NEEDED = /^(index\.html|style\.css|config\.js|app\/|runtime\/(?!.*(asyncify|webgpu))|data\/(catalogue|models|episodes))/;
// of the rest, what is kept first
const ORDER = ["models/", "data/learn/", "clips/", "data/"];
const worker = /** @type {any} */ (self);
const scope = new URL("./", worker.location.href);

const address = (/** @type {string} */ name) => new URL(name, scope).href;

async function manifest() {
  const answer = await fetch(address("manifest.json"), { cache: "no-cache" });
  if (!answer.ok) throw new Error("manifest.json is missing");
  return answer.json();
}

async function keepNeeded() {
  const { files } = await manifest(), cache = await caches.open(NAME);
  await cache.addAll(["manifest.json", ...Object.keys(files).filter((name) => NEEDED.test(name))].map(address));
}

/* What was looked at, and all the rest if that is wanted, as far as there is room. seen: how the
 * addresses of what was looked at begin. */
async function keepRest(/** @type {{ seen: string[], all: boolean }} */ { seen, all }) {
  const { files } = await manifest(), cache = await caches.open(NAME);
  const starts = seen.filter((start) => start.startsWith(scope.href)).map((start) => decodeURI(start.slice(scope.href.length)));
  const looked = (/** @type {string} */ name) => starts.some((start) => start && name.startsWith(start));
  // what was looked at comes first, what is in no list last
  const rank = (/** @type {string} */ name) => (looked(name) ? -1 : ORDER.findIndex((start) => name.startsWith(start)) >>> 0);
  const ranked = Object.keys(files).filter((name) => !NEEDED.test(name)).map((name) => ({ name, place: rank(name) }));
  const names = ranked.filter(({ place }) => all || place < 0).sort((a, b) => a.place - b.place).map(({ name }) => name);
  let room = MOST;
  for (const name of names) {
    room -= files[name].bytes;
    if (room < 0) return;
    if (await cache.match(address(name))) continue;
    await new Promise((then) => setTimeout(then, BETWEEN));
    try {
      await cache.add(address(name));
    } catch { return; /* no network now, or no room: what is kept is kept */ }
  }
}

async function answer(/** @type {Request} */ request) {
  const cache = await caches.open(NAME), url = new URL(request.url);
  // the page is one file, whatever its link asks for; to look past a query the cache would go
  // through all that is in it
  const page = request.mode === "navigate" && (url.pathname === scope.pathname || url.pathname.endsWith("/index.html"));
  const key = page ? address("index.html") : url.origin + url.pathname;
  const kept = await cache.match(key);
  if (kept) return kept;
  const found = await fetch(request);
  if (found.ok && found.status === 200) await cache.put(key, found.clone()).catch(() => {});
  return found;
}

worker.addEventListener("install", (event) => {
  worker.skipWaiting();
  event.waitUntil(keepNeeded());
});
worker.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  await worker.clients.claim();
})()));
worker.addEventListener("message", (event) => event.waitUntil(keepRest(event.data)));
worker.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method === "GET" && url.origin === scope.origin && url.pathname.startsWith(scope.pathname)) event.respondWith(answer(request));
});
