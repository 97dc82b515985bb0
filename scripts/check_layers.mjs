/// npm run check:layers: lists every import, include and word that violates the layer rules
/// (scripts/layers.mjs, scripts/web_layers.mjs), and fails if there are any.
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

/** The ladders in ARCHITECTURE.md must match the enforced ones. */
function checkPage(root) {
  const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  return [ladderText(), cppLadderText()]
    .filter((text) => !page.includes(text))
    .map((text) => `ARCHITECTURE.md: the ladder is out of date; it must show\n${text}`);
}

/**
 * Checks all files and returns their number. Throws a StepError with all violations.
 * @param root the folder of src/, wasm/, web/ and ARCHITECTURE.md
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
      "ARCHITECTURE.md lists the layers; move shared code down, or pass it in from above",
    );
  }
  return files.length;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(async () => say(`✓ layers: ${await checkLayers()} files`));
}
