/// npm run fuzz -- [--seconds N] [--lines] [TARGET…]: builds the libFuzzer targets of tests/fuzz,
/// runs each on its regression inputs and then for N seconds (default 60), and prints executions,
/// findings and the line coverage of src/; with --lines also that of each file.
import { pathToFileURL } from "node:url";
import { cmakeBuild } from "./build.mjs";
import { forgetCoverage, fuzzTarget, fuzzTargets, lineCoverage } from "./fuzz_runs.mjs";
import { runMain, StepError, say, step } from "./setup/log.mjs";
import { setUp } from "./setup/tools.mjs";

function parseArguments(argv) {
  const targets = [];
  let seconds = 60;
  let lines = false;
  for (let k = 0; k < argv.length; ++k) {
    if (argv[k] === "--seconds") seconds = Number(argv[++k]);
    else if (argv[k] === "--lines") lines = true;
    else targets.push(argv[k]);
  }
  const unknown = targets.filter((target) => !fuzzTargets.includes(target));
  if (unknown.length > 0 || !Number.isInteger(seconds) || seconds < 0) {
    throw new StepError(
      `Not understood: ${argv.join(" ")}`,
      `--seconds takes a whole number; the targets are ${fuzzTargets.join(", ")}`,
    );
  }
  return { seconds, lines, targets: targets.length > 0 ? targets : fuzzTargets };
}

function sayCoverage(targets, lines) {
  const coverage = lineCoverage(targets);
  if (coverage === null) return say("Line coverage: no profile was left.");
  const percent = ({ covered, count }) => ((100 * covered) / Math.max(count, 1)).toFixed(1);
  for (const file of lines ? coverage.files : [])
    say(`${percent(file).padStart(6)} %  ${file.path}`);
  const { covered, count } = coverage;
  say(`Line coverage of src/: ${percent(coverage)} % (${covered} of ${count} lines)`);
}

/**
 * Builds and runs the targets; prints what each found.
 * @returns {Promise<{passed: number, failed: number, skipped: number}>} targets without and with a
 *   finding
 */
export async function fuzz({ seconds, seed = 0, lines = false, targets = fuzzTargets }) {
  await step("fuzz targets", () => cmakeBuild("native-fuzz"));
  forgetCoverage();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const target of targets) {
    const { executions, regressions, finding } = await fuzzTarget(target, seconds, seed);
    const what = `${executions} executions, ${regressions} regression inputs`;
    say(`${finding ? "✗" : "✓"} ${target.padEnd(16)} ${what}, ${finding ? 1 : 0} findings`);
    if (finding) say(finding.split("\n").slice(-60).join("\n"));
    counts[finding ? "failed" : "passed"] += 1;
  }
  sayCoverage(targets, lines);
  return counts;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(async () => {
    const options = parseArguments(process.argv.slice(2));
    await setUp("test");
    const { failed } = await fuzz(options);
    if (failed > 0) process.exitCode = 1;
  });
}
