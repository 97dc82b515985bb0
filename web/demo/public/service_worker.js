/// Keeps the page working offline. Files of the page's own origin are cached when they are fetched,
/// so the cache holds only used files (one of ONNX Runtime's bundles, not all). Built files carry a
/// content hash in their names and come from the cache. Pages and unhashed files come from the
/// network, or from the cache when offline. The library caches models itself and checks their
/// digests. `?version=` names the build; caches of other builds are deleted.

const prefix = "masklet-page-";
const cacheName = prefix + (new URL(self.location.href).searchParams.get("version") ?? "0");
const isHashed = (url) => /-[\w-]{8}\.\w+$/.test(url.pathname);
const isOurs = (url) =>
  url.origin === self.location.origin &&
  url.href.startsWith(self.registration.scope) &&
  !url.pathname.endsWith(".onnx");
const withoutHash = (address) => address.replace(/#.*$/, "");

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(prefix) && name !== cacheName) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

/**
 * Fetches a file and caches a complete, successful response. The page does not wait for the cache,
 * and a full cache is not an error.
 */
async function fetchAndKeep(event, cache) {
  const { request } = event;
  const response = await fetch(request);
  if (response.status === 200 && response.type === "basic") {
    event.waitUntil(cache.put(request, response.clone()).catch(() => undefined));
  }
  return response;
}

async function cacheFirst(event) {
  const cache = await caches.open(cacheName);
  return (await cache.match(event.request)) ?? fetchAndKeep(event, cache);
}

async function networkFirst(event) {
  const cache = await caches.open(cacheName);
  try {
    return await fetchAndKeep(event, cache);
  } catch (error) {
    const kept = await cache.match(event.request, {
      ignoreSearch: event.request.mode === "navigate",
    });
    if (kept !== undefined) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || !isOurs(url) || request.headers.has("range")) return;
  event.respondWith(isHashed(url) ? cacheFirst(event) : networkFirst(event));
});

self.addEventListener("message", (event) => {
  const addMissing = async () => {
    const cache = await caches.open(cacheName);
    for (const address of new Set(event.data.keep.map(withoutHash))) {
      if (!isOurs(new URL(address)) || (await cache.match(address)) !== undefined) continue;
      await cache.add(address).catch(() => undefined);
    }
  };
  event.waitUntil(addMissing());
});
