/// npm run check:size: byte budgets and the contents of the npm package. Prints every figure; fails
/// when one is exceeded.
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { cardFiles, readBuiltInCards } from "./model_cards.mjs";
import { runMain, StepError, say } from "./setup/log.mjs";
import { inRoot } from "./setup/paths.mjs";
import { run } from "./setup/run.mjs";

const coreBudget = 120_000;
/** Without the models. 120 kB of it are the command line with its packages inside. */
const packageBudget = 1_050_000;
/** Unpacked, models included. A model that does not fit is not shipped. */
const wholeBudget = 8 * 2 ** 20;

/** Cards and files of the models that ship. */
function modelPaths() {
  return readBuiltInCards().flatMap((card) => [
    `models/${card.name}.json`,
    ...cardFiles(card).map(({ file }) => `models/${file}`),
  ]);
}

/** What may be in the package beside the models; anything else fails. */
const allowedInPackage = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|THIRD_PARTY\.md)$/,
  /^dist\/(?!demo\/)[\w/]+(\.gen)?\.(js|d\.ts)$/,
  /^dist\/core\/generated\/masklet_core\.wasm$/,
  /^models\/NOTICE$/,
];
/** What must be in it beside the models. */
const requiredInPackage = [
  "package.json",
  "README.md",
  "LICENSE",
  "dist/index.js",
  "dist/index.d.ts",
  "dist/cli/masklet.js",
  "dist/worker/worker.js",
  "dist/core/generated/masklet_core.js",
  "dist/core/generated/masklet_core.wasm",
  "models/NOTICE",
];

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/** Compressed size of the core: wasm and glue. */
export function coreSize() {
  const parts = ["masklet_core.wasm", "masklet_core.js"].map((name) => {
    const bytes = readFileSync(inRoot("dist/core/generated", name));
    return { name, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
  });
  return { parts, gzip: parts.reduce((sum, part) => sum + part.gzip, 0) };
}

/** Files of the package as `npm pack` would take them: [{ path, size }]. */
export async function packageFiles() {
  const { output } = await run("npm", ["pack", "--dry-run", "--json", "--loglevel=error"]);
  return JSON.parse(output.slice(output.indexOf("[")))[0].files;
}

/** What is wrong with the contents of the package: strays and missing files. */
export function packageProblems(files) {
  const problems = [];
  const models = modelPaths();
  for (const { path } of files) {
    if (!models.includes(path) && !allowedInPackage.some((pattern) => pattern.test(path)))
      problems.push(`${path} is not on the allow-list of the package`);
  }
  const paths = new Set(files.map(({ path }) => path));
  for (const path of [...requiredInPackage, ...models])
    if (!paths.has(path)) problems.push(`${path} is missing in the package`);
  return problems;
}

export async function checkSizes() {
  if (!existsSync(inRoot("dist/core/generated/masklet_core.wasm")))
    throw new StepError("The library is not built.", "npm run build");
  const problems = [];
  const core = coreSize();
  for (const { name, raw, gzip } of core.parts)
    say(`  ${name}: ${kilobytes(raw)}, ${kilobytes(gzip)} gzip`);
  say(`  core: ${kilobytes(core.gzip)} gzip of ${kilobytes(coreBudget)}`);
  if (core.gzip > coreBudget)
    problems.push(`the core is ${kilobytes(core.gzip)} gzip, more than ${kilobytes(coreBudget)}`);

  const files = await packageFiles();
  const bytesOf = (list) => list.reduce((sum, { size }) => sum + size, 0);
  const models = files.filter(({ path }) => path.endsWith(".onnx"));
  const whole = bytesOf(files);
  const withoutModels = whole - bytesOf(models);
  say(
    `  package: ${files.length} files, ${kilobytes(withoutModels)} unpacked of ${kilobytes(packageBudget)} without the models`,
  );
  for (const { path, size } of models) say(`  ${path}: ${kilobytes(size)}`);
  say(`  package with the models: ${kilobytes(whole)} unpacked of ${kilobytes(wholeBudget)}`);
  if (whole > wholeBudget)
    problems.push(`the package is ${kilobytes(whole)}, more than ${kilobytes(wholeBudget)}`);
  if (withoutModels > packageBudget)
    problems.push(
      `the package without models is ${kilobytes(withoutModels)}, more than ${kilobytes(packageBudget)}`,
    );
  problems.push(...packageProblems(files));
  if (problems.length > 0) {
    throw new StepError(
      problems.join("\n"),
      `"files" in package.json chooses; the largest: ${largest(files)}`,
    );
  }
  return `core ${kilobytes(core.gzip)} gzip, package ${kilobytes(withoutModels)} without models, ${kilobytes(whole)} with them`;
}

const largest = (files) =>
  [...files]
    .sort((a, b) => b.size - a.size)
    .slice(0, 5)
    .map(({ path, size }) => `${path} ${kilobytes(size)}`)
    .join(", ");

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(async () => say(`✓ sizes: ${await checkSizes()}`));
}
