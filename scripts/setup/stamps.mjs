/// Stamps: the hash of all inputs of a step, stored with the caches. A second call with the same
/// inputs does nothing.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { inRoot, localCacheDir, makeDir, rootDir } from "./paths.mjs";

const ignoredNames = new Set(["node_modules", "generated", ".DS_Store"]);

function listFiles(path, found) {
  if (!existsSync(path)) return found;
  if (statSync(path).isFile()) found.push(path);
  else {
    for (const name of readdirSync(path).sort()) {
      if (!ignoredNames.has(name)) listFiles(join(path, name), found);
    }
  }
  return found;
}

/**
 * SHA-256 of the names and contents of `inputs` (files or folders, relative to the root) and of the
 * `extra` texts.
 */
export function hashInputs(inputs, extra = []) {
  const hash = createHash("sha256");
  for (const input of inputs) {
    hash.update(`input ${input}\n`);
    for (const file of listFiles(inRoot(input), [])) {
      hash
        .update(`${relative(rootDir, file)}\0`)
        .update(readFileSync(file))
        .update("\0");
    }
  }
  for (const text of extra) hash.update(`extra ${text}\n`);
  return hash.digest("hex");
}

const stampPath = (name) => join(makeDir(join(localCacheDir, "stamps")), name);

/** Whether step `name` last succeeded with this hash and its `outputs` still exist. */
export function isFresh(name, hash, outputs = []) {
  const path = stampPath(name);
  if (!existsSync(path) || readFileSync(path, "utf8") !== hash) return false;
  return outputs.every((output) => existsSync(inRoot(output)));
}

export function setStamp(name, hash) {
  writeFileSync(stampPath(name), hash);
}

export function clearStamp(name) {
  rmSync(stampPath(name), { force: true });
}
