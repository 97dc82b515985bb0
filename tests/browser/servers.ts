/// Addresses of the servers that playwright.config.ts starts.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const demoPort = 4183;
export const pagesPort = 4184;
export const demoUrl = `http://localhost:${demoPort}/`;
export const pagesUrl = `http://localhost:${pagesPort}/`;

/** Large pictures and models outside the repository; null when this machine has none. Served under /shared/. */
export function sharedData(): string | null {
  const folder = process.env.MASKLET_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
  return existsSync(folder) ? folder : null;
}
