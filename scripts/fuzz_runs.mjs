/// The libFuzzer targets of tests/fuzz: their corpora, one run of each, and the lines of src/ that
/// all of them together reached.
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { llvmBinDirs } from "./setup/packages.mjs";
import { inRoot, makeDir } from "./setup/paths.mjs";
import { capture, run } from "./setup/run.mjs";

const buildDir = inRoot("build", "native-fuzz");
const profileDir = join(buildDir, "profiles");

/** More than one input of any target can need; the sanitizers take some of it. */
const memoryLimitMb = 1024;
/** One input that takes longer is a finding. */
const secondsPerInput = 10;

/** Seeds beside tests/fuzz/corpus/TARGET, and the longest input worth trying. */
const settings = {
  decode_file: { seeds: ["tests/golden/image", "tests/data/hostile_images"], maxBytes: 65536 },
};

/** Names of all targets, by their sources. */
export const fuzzTargets = readdirSync(inRoot("tests", "fuzz"))
  .filter((name) => name.endsWith("_fuzz.cpp"))
  .map((name) => name.replace("_fuzz.cpp", ""))
  .sort();

const filesOf = (folder) =>
  existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];

const regressionsOf = (target) => filesOf(inRoot("tests", "fuzz", "regressions", target));

function seedsOf(target) {
  const committed = inRoot("tests", "fuzz", "corpus", target);
  const others = (settings[target]?.seeds ?? []).map((folder) => inRoot(folder));
  return [committed, ...others].filter((folder) => existsSync(folder));
}

async function call(target, args, profile) {
  const env = {
    LLVM_PROFILE_FILE: join(profileDir, `${target}_${profile}.profraw`),
    ASAN_OPTIONS: "allocator_may_return_null=1:detect_leaks=1",
    UBSAN_OPTIONS: "print_stacktrace=1",
  };
  return run(join(buildDir, `${target}_fuzz`), args, { allowFailure: true, env });
}

/** Every regression input once; null, or what was found. */
async function runRegressions(target) {
  const inputs = regressionsOf(target);
  if (inputs.length === 0) return null;
  const limits = [`-rss_limit_mb=${memoryLimitMb}`, `-timeout=${secondsPerInput}`];
  const { code, output } = await call(target, [...limits, ...inputs], "regressions");
  return code === 0 ? null : output;
}

/**
 * Runs the regression inputs of a target, then fuzzes it for `seconds`, or with none its corpus.
 * @param seed of the random inputs; 0 takes another one each time
 * @returns {Promise<{executions: number, regressions: number, finding: string | null}>}
 */
export async function fuzzTarget(target, seconds, seed) {
  makeDir(profileDir);
  const regressions = regressionsOf(target).length;
  const known = await runRegressions(target);
  if (known !== null) return { executions: regressions, regressions, finding: known };
  // New inputs stay in the build folder, for the next run.
  const grown = join(buildDir, "corpus", target);
  const findings = join(buildDir, "findings", target);
  for (const folder of [grown, findings]) mkdirSync(folder, { recursive: true });
  const args = [
    seconds > 0 ? `-max_total_time=${seconds}` : "-runs=0",
    `-seed=${seed}`,
    `-max_len=${settings[target]?.maxBytes ?? 4096}`,
    `-rss_limit_mb=${memoryLimitMb}`,
    `-timeout=${secondsPerInput}`,
    `-artifact_prefix=${findings}/`,
    "-print_final_stats=1",
    "-verbosity=1",
    grown,
    ...seedsOf(target),
  ];
  const { code, output } = await call(target, args, "fuzz");
  const executions = Number(output.match(/stat::number_of_executed_units:\s*(\d+)/)?.[1] ?? 0);
  return { executions, regressions, finding: code === 0 ? null : output };
}

/** Profiles of earlier runs would be counted in. */
export function forgetCoverage() {
  rmSync(profileDir, { recursive: true, force: true });
}

function llvmTool(name) {
  const found = llvmBinDirs.map((dir) => join(dir, name)).find((path) => existsSync(path));
  return found ?? name;
}

/** { covered, count, files: [{ path, covered, count }] } of the lines of src/, or null. */
export function lineCoverage(targets) {
  const merged = join(profileDir, "all.profdata");
  const profiles = filesOf(profileDir).filter((path) => path.endsWith(".profraw"));
  if (profiles.length === 0) return null;
  if (capture(llvmTool("llvm-profdata"), ["merge", "-o", merged, ...profiles]) === null)
    return null;
  const binaries = targets.map((target) => join(buildDir, `${target}_fuzz`));
  const objects = binaries.slice(1).flatMap((path) => ["-object", path]);
  const json = capture(llvmTool("llvm-cov"), [
    "export",
    "-summary-only",
    `-instr-profile=${merged}`,
    binaries[0],
    ...objects,
  ]);
  if (json === null) return null;
  const root = `${inRoot("src")}/`;
  const files = JSON.parse(json)
    .data[0].files.filter(({ filename }) => filename.startsWith(root))
    .map(({ filename, summary }) => ({
      path: filename.slice(inRoot().length + 1),
      ...summary.lines,
    }));
  const sum = (key) => files.reduce((total, file) => total + file[key], 0);
  return { covered: sum("covered"), count: sum("count"), files };
}
