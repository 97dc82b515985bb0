/** The first downloads wait this long at most for the service worker, so that it can cache them. */
const waitMs = 1500;

/** Resolves when a service worker controls this page; may never resolve. */
async function takeControl(container: ServiceWorkerContainer, version: string): Promise<void> {
  await container.register(`./service_worker.js?version=${version}`);
  const registration = await container.ready;
  if (container.controller === null) {
    await new Promise((resolve) =>
      container.addEventListener("controllerchange", resolve, { once: true }),
    );
  }
  // Loaded before the worker took control: the page, its scripts and styles.
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  // Browsers do not list the icon among the resources.
  const icons = [...document.querySelectorAll<HTMLLinkElement>("link[rel~=icon]")].map(
    ({ href }) => href,
  );
  registration.active?.postMessage({ keep: [location.href, ...loaded, ...icons] });
}

/**
 * Registers the service worker that keeps the page working offline. Resolves when the worker
 * controls this page, or after a short wait. The content hash in the address of the built script
 * names the version; the development server has neither hash nor service worker.
 */
export async function goOfflineReady(scriptUrl: string): Promise<void> {
  const version = /-([\w-]{8})\.js$/.exec(scriptUrl)?.[1];
  if (version === undefined || !("serviceWorker" in navigator)) return;
  // Where service workers are blocked (private windows, plain http) the page works online only.
  const controlled = takeControl(navigator.serviceWorker, version).catch(() => undefined);
  await Promise.race([controlled, new Promise((resolve) => setTimeout(resolve, waitMs))]);
}
