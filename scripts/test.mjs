/// npm test: sets up, builds, runs every check and test runner, and prints the counts and their
/// sum. Usage: node scripts/test.mjs [checks] [native] [fuzz] [wasm] [web] [browser] [pack]
///   [--fresh] [-- ARGUMENTS OF ONE RUNNER]
/// It skips a runner that passed on the same inputs before; --fresh runs it anyway.
import { runMain, StepError, say } from "./setup/log.mjs";
import { setUp } from "./setup/tools.mjs";
import { runners } from "./test_runners.mjs";
import { runOne } from "./test_runs.mjs";

function parseArguments(argv) {
  const separator = argv.indexOf("--");
  const own = separator < 0 ? argv : argv.slice(0, separator);
  const names = own.filter((arg) => !arg.startsWith("-"));
  const known = names.filter((name) => name in runners);
  // `npm run test:browser -- FILE`: npm drops the dashes, so any argument that is not a runner goes
  // to the single runner.
  const passed = [
    ...own.filter((arg) => arg !== "--fresh" && !known.includes(arg)),
    ...(separator < 0 ? [] : argv.slice(separator + 1)),
  ];
  if (passed.length > 0 && known.length !== 1) {
    throw new StepError(
      `Unknown arguments: ${passed.join(" ")}`,
      `choose from ${Object.keys(runners).join(", ")}; extra arguments require exactly one of them`,
    );
  }
  return {
    names: known.length > 0 ? known : Object.keys(runners),
    passed,
    fresh: own.includes("--fresh"),
  };
}

const total = (results, key) => results.reduce((sum, { counts }) => sum + counts[key], 0);

function summarize(results) {
  say("");
  for (const { name, counts, note } of results) {
    const mark = counts.failed > 0 ? "✗" : "✓";
    const { passed, failed, skipped } = counts;
    const all = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    say(`${mark} ${name.padEnd(8)} ${all}${note ? ` (${note})` : ""}`);
  }
  for (const { failure } of results.filter((result) => result.failure)) {
    say(`\n✗ ${failure.message}`);
    if (failure.remedy) say(`  What to do: ${failure.remedy}`);
  }
  say("");
  const kinds = ["passed", "failed", "skipped"];
  say(kinds.map((kind) => `${total(results, kind)} ${kind}`).join(", "));
}

await runMain(async () => {
  const { names, passed, fresh } = parseArguments(process.argv.slice(2));
  await setUp("test");
  const results = [];
  for (const name of names) results.push(await runOne(name, runners[name], { passed, fresh }));
  summarize(results);
  if (total(results, "failed") > 0) process.exitCode = 1;
});
