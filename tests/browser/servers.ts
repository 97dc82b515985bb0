/// Addresses of the servers that playwright.config.ts starts.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Concurrent test runs on one machine need separate pairs of ports: MASKLET_TEST_PORT and the next
 * one.
 */
export const demoPort = Number(process.env.MASKLET_TEST_PORT ?? 4183);
export const pagesPort = demoPort + 1;
export const demoUrl = `http://localhost:${demoPort}/`;
export const pagesUrl = `http://localhost:${pagesPort}/`;

/**
 * Large images and models outside the repository; null if absent. Served under /shared/.
 */
export function sharedData(): string | null {
  const folder =
    process.env.MASKLET_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
  return existsSync(folder) ? folder : null;
}
