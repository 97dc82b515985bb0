/// Progress on the terminal: a line at the start and at the end of a step, and the tail of its
/// output after a failure.

const startMs = Date.now();

/** A failure with a known cause and a remedy. It is printed without a stack. */
export class StepError extends Error {
  /** @param {string} message what failed @param {string} remedy what to do about it */
  constructor(message, remedy = "") {
    super(message);
    this.remedy = remedy;
  }
}

export const seconds = (ms) => `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;

export function say(text) {
  process.stdout.write(`${text}\n`);
}

/**
 * Runs `work`, and prints its name before and its duration after it. `work` may return a short text
 * for the terminal.
 */
export async function step(name, work) {
  const begunMs = Date.now();
  say(`▸ ${name}`);
  const result = await work();
  const note = typeof result === "string" && result ? `: ${result}` : "";
  say(`✓ ${name}${note} (${seconds(Date.now() - begunMs)})`);
  return result;
}

/** Runs the main function of a script; a StepError becomes two readable lines and exit code 1. */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    say("");
    say(`✗ ${error instanceof StepError ? error.message : (error?.stack ?? error)}`);
    if (error?.remedy) say(`  What to do: ${error.remedy}`);
    say(`  (after ${seconds(Date.now() - startMs)})`);
    process.exitCode = 1;
  }
}
