import type { Server } from "node:http";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { expect, test } from "./demo_page.js";
import { demoPort } from "./servers.js";

interface Serving {
  server: Server;
  url: string;
}

/** A server that the test can stop: an offline page may leave its workers online. */
async function serveDemo(): Promise<Serving> {
  const path = "../../scripts/serve.mjs";
  const { serve } = (await import(path)) as {
    serve(folder: string, options: { port: number }): Promise<Serving>;
  };
  return serve(fileURLToPath(new URL("../../dist_demo", import.meta.url)), { port: demoPort + 20 });
}

const missingFromCaches = (page: Page, paths: readonly string[]): Promise<string[]> =>
  page.evaluate(async (paths) => {
    const found = await Promise.all(
      paths.map((path) => caches.match(path, { ignoreSearch: true })),
    );
    return paths.filter((_, k) => found[k] === undefined);
  }, paths);

test("DemoOffline_LoadedOnceThenServerGone_WorksAfterReload", async ({ demo, page }) => {
  const { server, url } = await serveDemo();
  const fetched: string[] = [];
  server.on("request", ({ url: path }: { url?: string }) => fetched.push(path ?? ""));
  try {
    await demo.open("", url);
    await demo.openSample("Beach");
    const online = await demo.rows.allTextContents();
    expect(online.length).toBeGreaterThan(0);
    // The page fetched only the wasm file of ONNX Runtime that this device uses.
    const runtimes = fetched.filter((path) => /ort-.*\.wasm$/.test(path));
    expect(runtimes).toHaveLength(1);
    expect(runtimes[0]).toMatch(/ort-wasm-simd-threaded-[\w-]{8}\.wasm$/);

    // The page does not wait for the cache, so the test does.
    const kept = fetched.filter((path) => !/\.onnx$|service_worker/.test(path));
    await expect.poll(() => missingFromCaches(page, kept), { timeout: 30_000 }).toEqual([]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await page.reload();
    await expect(page.locator("#device-now")).toHaveAttribute("data-device", "wasm", {
      timeout: 60_000,
    });
    await demo.openSample("Beach");
    expect(await demo.rows.allTextContents()).toEqual(online);
  } finally {
    server.close();
  }
});
