/// npm run check:layers: fails with file:line for every import or word that the layer rules
/// (scripts/layers.mjs) forbid.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { layerViolations } from "./layers.mjs";
import { filesBelow } from "./lint.mjs";
import { runMain, StepError, say } from "./setup/log.mjs";
import { inRoot } from "./setup/paths.mjs";

/** Throws a StepError that lists all violations; returns the number of files checked. */
export function checkLayers() {
  const files = [...filesBelow(["src", "wasm"], [".cpp", ".h"]), ...filesBelow(["web"], [".ts"])]
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !file.startsWith("web/core/generated/"));
  const violations = files.flatMap((file) =>
    layerViolations(file, readFileSync(inRoot(file), "utf8")),
  );
  if (violations.length > 0) {
    throw new StepError(
      `${violations.length} violations of the layer rules:\n${violations.join("\n")}`,
      "ARCHITECTURE.md has the layers; move what is shared down, or hand it in from above",
    );
  }
  return files.length;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(() => say(`✓ layers: ${checkLayers()} files`));
}
