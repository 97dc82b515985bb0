/// Runs one test runner, unless it passed on the same inputs before. Its failure never hides the
/// others.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StepError, say, seconds } from "./setup/log.mjs";
import { inRoot, localCacheDir, makeDir } from "./setup/paths.mjs";
import { clearStamp, hashInputs, isFresh, setStamp } from "./setup/stamps.mjs";

/** Folder with large data outside the repository. Some tests run only if it exists. */
const sharedDataDir = process.env.MASKLET_DATA ?? inRoot("..", "shared", "data");

const resultPath = (name) => join(makeDir(join(localCacheDir, "results")), `${name}.json`);

/** Runs one runner and returns { name, counts, note, failure }. */
export async function runOne(name, runner, { passed, fresh }) {
  const hash = hashInputs(
    [...runner.inputs, "scripts"],
    [process.version, String(existsSync(sharedDataDir)), runner.machine?.() ?? ""],
  );
  if (
    !fresh &&
    passed.length === 0 &&
    isFresh(`test-${name}`, hash) &&
    existsSync(resultPath(name))
  ) {
    say(`✓ ${runner.title}: unchanged since it passed`);
    return {
      name,
      counts: JSON.parse(readFileSync(resultPath(name), "utf8")),
      note: "unchanged since it passed",
    };
  }
  clearStamp(`test-${name}`);
  say(`▸ ${runner.title}`);
  const begunMs = Date.now();
  try {
    const counts = await runner.work(passed);
    const duration = seconds(Date.now() - begunMs);
    say(`${counts.failed > 0 ? "✗" : "✓"} ${runner.title} (${duration})`);
    if (counts.failed === 0 && passed.length === 0) {
      writeFileSync(resultPath(name), JSON.stringify(counts));
      setStamp(`test-${name}`, hash);
    }
    return { name, counts, note: duration };
  } catch (error) {
    say(`✗ ${runner.title}: ${error.message}`);
    const failure =
      error instanceof StepError ? error : new StepError(error.stack ?? String(error));
    return { name, counts: { passed: 0, failed: 1, skipped: 0 }, failure };
  }
}
