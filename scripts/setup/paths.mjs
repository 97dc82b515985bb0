/// The folders that the scripts write to.
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Root of this checkout. */
export const rootDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Cache of this checkout: stamps and paths of tools. */
export const localCacheDir = join(rootDir, ".cache");

/** Shared cache of all checkouts: Emscripten and stb_image. */
export const sharedCacheDir = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "masklet",
);

export const inRoot = (...parts) => join(rootDir, ...parts);

export function makeDir(path) {
  mkdirSync(path, { recursive: true });
  return path;
}
