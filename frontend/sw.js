/**
 * Keeps the pages for when the gateway is out of reach: the network first, what was kept where it fails.
 * What the gateway says over its API is never kept here.
 */

const CACHE = "iaqverse.pages";
const PAGES = ["/index.html", "/digital-twin.html", "/wall.html", "/alerts.html", "/admin.html"];
/** What no file names in full. */
const UNNAMED = ["/js/i18n/fr.json", "/js/i18n/en.json", "/icons/icon-192.png"];
const API = /^\/(api|auth|ws|health|metrics)(\/|$)/;
/** Milliseconds after which a network that does not answer is none. */
const PATIENCE = 4000;

/** How one file names another: `href` and `src` in pages, `import` and `from` in scripts. */
const NAMES = {
  html: /(?:href|src)="([^"#:]+)"/g,
  js: /(?:\bfrom|\bimport) ?\(?"(\.[^"]+)"/g,
};

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin || API.test(pathname)) return;
  event.respondWith(answer(event, pathname === "/" ? "/index.html" : pathname));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show());
});

/** @param {FetchEvent} event @param {string} path */
async function answer(event, path) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(path);
  const network = fetch(event.request).then((response) => {
    if (response.ok) event.waitUntil(cache.put(path, response.clone()));
    return response;
  });
  if (!kept) return network;
  network.catch(() => {});
  return Promise.race([network.catch(() => kept), late(kept)]);
}

/** @param {Response} kept */
async function late(kept) {
  await new Promise((done) => setTimeout(done, PATIENCE));
  return kept;
}

/** Every page with all that it names, and what that names in turn. */
async function keep() {
  const cache = await caches.open(CACHE);
  const found = new Set([...PAGES, ...UNNAMED]);
  for (const path of found) {
    const response = await fetch(path, { cache: "no-cache" });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await cache.put(path, response.clone());
    const names = NAMES[path.split(".").pop()];
    if (!names) continue;
    const base = new URL(path, location.origin);
    for (const [, name] of (await response.text()).matchAll(names)) found.add(new URL(name, base).pathname);
  }
}

async function show() {
  const [page] = await self.clients.matchAll({ type: "window" });
  await (page ? page.focus() : self.clients.openWindow("/index.html"));
}
