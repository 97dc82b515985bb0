/**
 * How long the first model download waits for the service worker at most, so that it passes through
 * its cache.
 */
const waitMs = 1500;

/** Resolves when a service worker watches this page; may never. */
async function watched(container: ServiceWorkerContainer, version: string): Promise<void> {
  await container.register(`./service_worker.js?version=${version}`);
  const registration = await container.ready;
  if (container.controller === null) {
    await new Promise((resolve) =>
      container.addEventListener("controllerchange", resolve, { once: true }),
    );
  }
  // What was loaded before the worker watched: the page, its scripts and styles.
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  // Browsers do not list the icon among what was loaded.
  const icons = [...document.querySelectorAll<HTMLLinkElement>("link[rel~=icon]")].map(
    ({ href }) => href,
  );
  registration.active?.postMessage({ keep: [location.href, ...loaded, ...icons] });
}

/**
 * Registers the service worker that keeps the page working offline, and resolves when it watches
 * this page, at the latest after a short wait. The address of the built script carries its content
 * hash and so names the version; under the development server there is none.
 */
export async function goOfflineReady(scriptUrl: string): Promise<void> {
  const version = /-([\w-]{8})\.js$/.exec(scriptUrl)?.[1];
  if (version === undefined || !("serviceWorker" in navigator)) return;
  // Where it is forbidden (private windows, plain http) the page works all the same, only not
  // offline.
  const watching = watched(navigator.serviceWorker, version).catch(() => undefined);
  await Promise.race([watching, new Promise((resolve) => setTimeout(resolve, waitMs))]);
}
