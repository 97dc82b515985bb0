/// npm run check:size: byte budgets and contents of the npm package. Prints every figure, and fails
/// if one exceeds its budget.
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { cardFiles, readBuiltInCards } from "./model_cards.mjs";
import { runMain, StepError, say } from "./setup/log.mjs";
import { inRoot } from "./setup/paths.mjs";
import { run } from "./setup/run.mjs";

const coreBudget = 120_000;
/** Maximum size of the package without models. The bundled command line takes 120 kB of it. */
const packageBudget = 1_100_000;
/** Maximum size of the unpacked package with its models. */
const wholeBudget = 8 * 2 ** 20;

/** Cards and files of the models in the package. */
function modelPaths() {
  return readBuiltInCards().flatMap((card) => [
    `models/${card.name}.json`,
    ...cardFiles(card).map(({ file }) => `models/${file}`),
  ]);
}

/** Allowed files of the package besides the models. */
const allowedInPackage = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|THIRD_PARTY\.md)$/,
  /^dist\/(?!demo\/)[\w/]+(\.gen)?\.(js|d\.ts)$/,
  /^dist\/core\/generated\/masklet_core\.wasm$/,
  /^models\/NOTICE$/,
];
/** Required files of the package besides the models. */
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

/** The files of the package according to `npm pack`: [{ path, size }]. */
export async function packageFiles() {
  const { output } = await run("npm", ["pack", "--dry-run", "--json", "--loglevel=error"]);
  return JSON.parse(output.slice(output.indexOf("[")))[0].files;
}

/** Problems with the contents of the package: unexpected and missing files. */
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
    problems.push(`the core is ${kilobytes(core.gzip)} gzip, maximum ${kilobytes(coreBudget)}`);

  const files = await packageFiles();
  const bytesOf = (list) => list.reduce((sum, { size }) => sum + size, 0);
  const models = files.filter(({ path }) => path.endsWith(".onnx"));
  const whole = bytesOf(files);
  const withoutModels = whole - bytesOf(models);
  say(
    `  package without models: ${files.length} files, ` +
      `${kilobytes(withoutModels)} unpacked of ${kilobytes(packageBudget)}`,
  );
  for (const { path, size } of models) say(`  ${path}: ${kilobytes(size)}`);
  say(`  package with models: ${kilobytes(whole)} unpacked of ${kilobytes(wholeBudget)}`);
  if (whole > wholeBudget)
    problems.push(`the package is ${kilobytes(whole)}, maximum ${kilobytes(wholeBudget)}`);
  if (withoutModels > packageBudget)
    problems.push(
      `without models, the package is ${kilobytes(withoutModels)}, ` +
        `maximum ${kilobytes(packageBudget)}`,
    );
  problems.push(...packageProblems(files));
  if (problems.length > 0) {
    throw new StepError(
      problems.join("\n"),
      `"files" in package.json selects them; the largest: ${largest(files)}`,
    );
  }
  const sizes = `${kilobytes(withoutModels)} without models, ${kilobytes(whole)} with them`;
  return `core ${kilobytes(core.gzip)} gzip, package ${sizes}`;
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
