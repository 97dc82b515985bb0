/// The test runners: their inputs, how to run them, and how to count their reports.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { build, cmakeBuild } from "./build.mjs";
import { checkLayers } from "./check_layers.mjs";
import { fuzz } from "./fuzz.mjs";
import { lint } from "./lint.mjs";
import { StepError, say, step } from "./setup/log.mjs";
import { findFirefox, findWebkit } from "./setup/other_browsers.mjs";
import { inRoot, makeDir } from "./setup/paths.mjs";
import { run } from "./setup/run.mjs";
import { checkSizes } from "./size_budget.mjs";

const coreInputs = ["CMakeLists.txt", "CMakePresets.json", "cmake", "src", "wasm"];
const cppTestInputs = [...coreInputs, "tests/cpp", "tests/golden", "tests/data"];
const webInputs = [
  ...coreInputs,
  "web",
  "models",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
];

/** Of each target; findings come from longer runs of `npm run fuzz`. */
const fuzzSeconds = 3;
/** The same inputs each time: a change of the code must be what breaks a test. */
const fuzzSeed = 1;

function readReport(name) {
  const path = inRoot("build", "reports", `${name}.json`);
  if (!existsSync(path))
    throw new StepError(`The runner "${name}" did not write a report.`, "its messages are above");
  return JSON.parse(readFileSync(path, "utf8"));
}

function reportPath(name) {
  makeDir(inRoot("build", "reports"));
  const path = inRoot("build", "reports", `${name}.json`);
  rmSync(path, { force: true });
  return path;
}

/** A runner with an error exit has failed, even if every test in its report passed. */
function withExitCode(counts, code) {
  if (counts.passed + counts.failed === 0)
    throw new StepError("The runner did not run a test.", "its messages are above");
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

async function checks() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const problems = [];
  const one = async (name, work) => {
    try {
      await step(name, work);
      counts.passed += 1;
    } catch (error) {
      say(`✗ ${name}: ${error.message}`);
      problems.push(error);
      counts.failed += 1;
    }
  };
  await one("formatting and lint", () => lint());
  await one("layer rules", async () => `${await checkLayers()} files`);
  await one("generated status codes", () =>
    run("node", ["scripts/gen_codes.mjs", "--check"], { remedy: "npm run gen:codes" }),
  );
  await one("generated model cards", () =>
    run("node", ["scripts/gen_models.mjs", "--check"], { remedy: "npm run gen:models" }),
  );
  await one("generated page of models", () =>
    run("node", ["scripts/gen_docs.mjs", "--check"], { remedy: "npm run gen:docs" }),
  );
  await build(["wasm", "lib"]);
  await one("types", () => run("node", ["node_modules/typescript/bin/tsc", "--noEmit"]));
  await one("API reference", () =>
    run("node", ["node_modules/typedoc/bin/typedoc", "--emit", "none"], {
      remedy: "export every type that the public API uses",
    }),
  );
  await one("size budgets and package contents", checkSizes);
  return counts;
}

function countGoogleTest(report) {
  const cases = report.testsuites.flatMap((suite) => suite.testsuite);
  const failed = cases.filter((test) => test.failures?.length > 0).length;
  const skipped = cases.filter(
    (test) => test.result === "SKIPPED" || test.status === "NOTRUN",
  ).length;
  return { passed: cases.length - failed - skipped, failed, skipped };
}

async function googleTest(name, preset, command, passed) {
  await cmakeBuild(preset);
  const path = reportPath(name);
  const args = [...command.slice(1), "--gtest_brief=1", `--gtest_output=json:${path}`, ...passed];
  const env = {
    ASAN_OPTIONS: "detect_leaks=1:allocator_may_return_null=1",
    UBSAN_OPTIONS: "print_stacktrace=1",
  };
  const { code } = await run(command[0], args, { quiet: false, allowFailure: true, env });
  return withExitCode(countGoogleTest(readReport(name)), code);
}

async function vitest(name, passed) {
  const path = reportPath(name);
  const args = ["node_modules/vitest/vitest.mjs", "run", "--project", name, ...passed];
  const { code } = await run("node", args, {
    quiet: false,
    allowFailure: true,
    env: { MASKLET_REPORT: path },
  });
  const report = readReport(name);
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  return withExitCode(counts, code);
}

async function playwright(passed) {
  const path = reportPath("browser");
  const args = ["node_modules/@playwright/test/cli.js", "test", ...passed];
  const { code } = await run("node", args, {
    quiet: false,
    allowFailure: true,
    env: { MASKLET_REPORT: path },
  });
  const { stats } = readReport("browser");
  return withExitCode(
    { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped },
    code,
  );
}

/**
 * name -> { title, inputs, machine() -> further state of this machine that matters,
 * work(extra arguments) -> { passed, failed, skipped } }
 */
export const runners = {
  checks: {
    title: "checks: lint, layers, types, sizes",
    inputs: [
      ...webInputs,
      "docs",
      "tests",
      "biome.json",
      "typedoc.json",
      ".clang-format",
      "README.md",
      "CHANGELOG.md",
      "THIRD_PARTY.md",
    ],
    work: checks,
  },
  native: {
    title: "C++ tests, native under ASan and UBSan",
    inputs: cppTestInputs,
    work: (passed) =>
      googleTest("native", "native-debug", [inRoot("build/native-debug/masklet_tests")], passed),
  },
  fuzz: {
    title: "fuzz targets: regression inputs, then a few seconds each",
    inputs: [
      ...coreInputs,
      "tests/fuzz",
      "tests/golden/image",
      "tests/cpp/all_decoders.cpp",
      "tests/cpp/all_decoders.h",
    ],
    work: () => fuzz({ seconds: fuzzSeconds, seed: fuzzSeed }),
  },
  wasm: {
    title: "C++ tests, as WebAssembly under node",
    inputs: cppTestInputs,
    work: (passed) =>
      googleTest(
        "wasm",
        "wasm-test",
        ["node", inRoot("build/wasm-test/masklet_tests.cjs")],
        passed,
      ),
  },
  web: {
    title: "TypeScript tests in Node",
    inputs: [...webInputs, "docs", "tests/web", "tests/golden", "tests/data", "vitest.config.ts"],
    work: async (passed) => {
      await build(["wasm", "lib"]);
      return vitest("web", passed);
    },
  },
  browser: {
    title: "browser tests in Chromium, and in Firefox and WebKit where they are installed",
    inputs: [...webInputs, "vite.config.ts", "playwright.config.ts", "tests/browser", "tests/data"],
    machine: () => JSON.stringify([findFirefox(), findWebkit()]),
    work: async (passed) => {
      await build(["wasm", "lib", "demo", "pages"]);
      return playwright(passed);
    },
  },
  pack: {
    title: "the npm package, installed and used",
    inputs: [...webInputs, "tests/pack", "tests/data", "README.md"],
    work: async (passed) => {
      await build(["wasm", "lib"]);
      return vitest("pack", passed);
    },
  },
};
