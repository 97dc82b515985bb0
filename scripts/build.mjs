/// npm run build: the wasm module, the library (dist/) and the demo (dist_demo/). It builds only
/// what has changed inputs. Usage: node scripts/build.mjs [wasm] [lib] [demo] [pages]
import { chmodSync, cpSync, existsSync, rmSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { runMain, StepError, say, step } from "./setup/log.mjs";
import { inRoot } from "./setup/paths.mjs";
import { run } from "./setup/run.mjs";
import { hashInputs, isFresh, setStamp } from "./setup/stamps.mjs";
import { setUp, tools } from "./setup/tools.mjs";
import { stripDocsBelow } from "./strip_docs.mjs";

const generated = "web/core/generated";
const wasmOutputs = ["js", "wasm", "d.ts"].map(
  (extension) => `${generated}/masklet_core.${extension}`,
);
const cmakeInputs = ["CMakeLists.txt", "CMakePresets.json", "cmake", "src", "wasm"];
const webInputs = [
  "web",
  "models",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  ...wasmOutputs,
];

/** Configures (if needed) and builds a CMake preset. */
export async function cmakeBuild(preset) {
  const byHand = `cmake --preset ${preset} && cmake --build --preset ${preset}`;
  const remedy = `the compiler's messages are above; by hand: ${byHand}`;
  await run("cmake", ["--preset", preset], { remedy });
  await run("cmake", ["--build", "--preset", preset], { remedy });
}

async function buildWasm() {
  await cmakeBuild("wasm-release");
}

/**
 * Bundles the command line into one file with the packages that only it needs, so that a web app
 * does not install them.
 */
async function bundleCommandLine() {
  // Imported late: `npm start` loads this file before it has installed the packages.
  const { build: bundle } = await import("rolldown");
  const ofLibrary = (id, importer) => id.startsWith("../") && !importer?.includes("node_modules");
  await bundle({
    input: inRoot("web", "cli", "masklet.ts"),
    platform: "node",
    external: ofLibrary,
    transform: { target: "es2022" },
    output: { file: inRoot("dist", "cli", "masklet.js"), minify: true },
  });
}

/**
 * Compiles the library with tsc and the command line with Rolldown, and copies glue and wasm next
 * to the code that loads them.
 */
async function buildLib() {
  rmSync(inRoot("dist"), { recursive: true, force: true });
  rmSync(inRoot(".cache", "tsconfig.build.tsbuildinfo"), { force: true });
  await run("node", ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
    remedy: "correct the types above",
  });
  stripDocsBelow(inRoot("dist"));
  await bundleCommandLine();
  cpSync(inRoot(generated), inRoot("dist", "core", "generated"), { recursive: true });
  // `npx masklet` in this checkout runs the file directly.
  chmodSync(inRoot("dist", "cli", "masklet.js"), 0o755);
}

const viteBuild = (...args) =>
  run("node", ["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", ...args]);

/** All targets with their inputs and outputs. */
const targets = {
  wasm: {
    title: "core as WebAssembly",
    inputs: cmakeInputs,
    outputs: wasmOutputs,
    work: buildWasm,
  },
  lib: {
    title: "library",
    inputs: [...webInputs, "tsconfig.build.json", "scripts/build.mjs", "scripts/strip_docs.mjs"],
    outputs: ["dist/index.js", "dist/cli/masklet.js", "dist/core/generated/masklet_core.wasm"],
    work: buildLib,
  },
  demo: {
    title: "demo page",
    inputs: [...webInputs, "vite.config.ts", "tests/data/scenes"],
    outputs: ["dist_demo/index.html"],
    work: () => viteBuild(),
  },
  pages: {
    title: "pages for the browser tests",
    inputs: [...webInputs, "vite.config.ts", "tests/browser"],
    outputs: ["build/browser_pages"],
    work: () => viteBuild("--config", "tests/browser/vite.config.ts"),
  },
};

/** Builds the named targets in order. */
export async function build(names) {
  for (const name of names) {
    const target = targets[name];
    if (!target)
      throw new StepError(
        `The target "${name}" is unknown.`,
        `choose from ${Object.keys(targets).join(", ")}`,
      );
    const hash = hashInputs(target.inputs, [JSON.stringify(tools().emscripten)]);
    if (isFresh(`build-${name}`, hash, target.outputs)) {
      say(`✓ ${target.title}: up to date`);
      continue;
    }
    await step(target.title, target.work);
    const missing = target.outputs.filter((output) => !existsSync(inRoot(output)));
    if (missing.length > 0)
      throw new StepError(`The build of "${name}" did not write ${missing.join(", ")}.`);
    setStamp(`build-${name}`, hash);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(async () => {
    const names = process.argv.slice(2);
    await setUp("build");
    await build(names.length > 0 ? names : ["wasm", "lib", "demo"]);
  });
}
