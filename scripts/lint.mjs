/// npm run lint: clang-format and Biome, read-only. --write corrects in place (npm run format), and
/// --tidy adds clang-tidy.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cmakeBuild } from "./build.mjs";
import { runMain, StepError, step } from "./setup/log.mjs";
import { inRoot } from "./setup/paths.mjs";
import { run } from "./setup/run.mjs";
import { setUp, tools } from "./setup/tools.mjs";

const cppFolders = ["src", "wasm", "tests/cpp", "tests/fuzz", "tests/bench"];

/** All files below `folders` with one of the `extensions`, relative to the root. */
export function filesBelow(folders, extensions) {
  return folders.flatMap((folder) => {
    let names;
    try {
      names = readdirSync(inRoot(folder), { recursive: true });
    } catch {
      return [];
    }
    return names
      .filter((name) => extensions.some((extension) => name.endsWith(extension)))
      .map((name) => join(folder, name));
  });
}

const remedy = "npm run format corrects most problems";

async function clangFormat(write) {
  const files = filesBelow(cppFolders, [".cpp", ".h"]);
  if (files.length === 0) return "no C++ files";
  await run(tools().clangFormat, [...(write ? ["-i"] : ["--dry-run", "--Werror"]), ...files], {
    remedy,
  });
  return `${files.length} files`;
}

const biome = (write) =>
  run(
    "node",
    [
      "node_modules/@biomejs/biome/bin/biome",
      "check",
      "--error-on-warnings",
      ...(write ? ["--write"] : []),
      ".",
    ],
    { remedy },
  );

/** Runs for minutes, so it is a separate command outside `npm test`. */
async function clangTidy() {
  if (!tools().clangTidy) throw new StepError("clang-tidy was not found.", "npm run setup");
  await cmakeBuild("native-release");
  const files = filesBelow(["src", "wasm"], [".cpp"]).filter(
    (file) => !file.endsWith("bindings.cpp"),
  );
  await run(tools().clangTidy, ["-p", "build/native-release", "--quiet", ...files]);
  return `${files.length} files`;
}

/** Checks formatting and lint of all sources. */
export async function lint({ write = false } = {}) {
  await step("clang-format", () => clangFormat(write));
  await step("Biome", async () => {
    await biome(write);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(async () => {
    const tidy = process.argv.includes("--tidy");
    await setUp(tidy ? "all" : "test");
    await lint({ write: process.argv.includes("--write") });
    if (tidy) await step("clang-tidy", clangTidy);
  });
}
