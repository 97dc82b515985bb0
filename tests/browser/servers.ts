/// Addresses of the servers that playwright.config.ts starts.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Two test runs beside each other on one machine need a port pair each: MASKLET_TEST_PORT and the
 * one after it.
 */
export const demoPort = Number(process.env.MASKLET_TEST_PORT ?? 4183);
export const pagesPort = demoPort + 1;
export const demoUrl = `http://localhost:${demoPort}/`;
export const pagesUrl = `http://localhost:${pagesPort}/`;

/**
 * Large images and models outside the repository; null when this machine has none. Served under
 * /shared/.
 */
export function sharedData(): string | null {
  const folder =
    process.env.MASKLET_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
  return existsSync(folder) ? folder : null;
}
