import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder =
  process.env.MASKLET_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));

/**
 * Path of a large image or model outside the repository. Undefined if it is missing; its tests are
 * then skipped.
 */
export function sharedFile(name: string): string | undefined {
  const path = `${folder}/${name}`;
  return existsSync(path) ? path : undefined;
}
