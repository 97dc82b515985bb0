/// npm run check:layers: fails with the file for every import, include or word that the layer rules
/// (scripts/layers.mjs, scripts/web_layers.mjs) forbid.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cppLadderText, layerViolations } from "./layers.mjs";
import { runMain, StepError, say } from "./setup/log.mjs";
import { rootDir } from "./setup/paths.mjs";
import { ladderText, webViolations } from "./web_layers.mjs";

function sourcesBelow(root) {
  const below = (folder, pattern) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .filter((path) => pattern.test(path) && !path.startsWith("web/core/generated/"));
  return [
    ...["src", "wasm"].flatMap((folder) => below(folder, /\.(cpp|h|def)$/)),
    ...below("web", /\.ts$/),
  ];
}

/** The ladders of ARCHITECTURE.md must be those that are enforced. */
function checkPage(root) {
  const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  return [ladderText(), cppLadderText()]
    .filter((text) => !page.includes(text))
    .map((text) => `ARCHITECTURE.md: the ladder is out of date; it must show\n${text}`);
}

/**
 * Throws a StepError that lists all violations; returns the number of files checked.
 * @param root folder that holds src/, wasm/, web/ and ARCHITECTURE.md
 */
export async function checkLayers(root = rootDir) {
  const files = sourcesBelow(root);
  const violations = [
    ...files.flatMap((file) => layerViolations(file, readFileSync(join(root, file), "utf8"))),
    ...(await webViolations(root)),
    ...checkPage(root),
  ];
  if (violations.length > 0) {
    throw new StepError(
      `${violations.length} violations of the layer rules:\n${violations.join("\n")}`,
      "ARCHITECTURE.md has the layers; move what is shared down, or hand it in from above",
    );
  }
  return files.length;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(async () => say(`✓ layers: ${await checkLayers()} files`));
}
