/// Child processes. They are quiet and show their output after a failure, or print directly.
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { StepError, say, seconds } from "./log.mjs";
import { rootDir } from "./paths.mjs";

const heartbeatMs = 15_000;
const headLines = 15;
const tailLines = 40;

/** Beginning and end of a long output. They usually have the cause and the result. */
function shortened(output) {
  const lines = output.trimEnd().split("\n");
  if (lines.length <= headLines + tailLines) return lines.join("\n");
  return [
    ...lines.slice(0, headLines),
    `… ${lines.length - headLines - tailLines} lines …`,
    ...lines.slice(-tailLines),
  ].join("\n");
}

/** Prints the last line of a quiet command from time to time. */
function startHeartbeat(output) {
  const begunMs = Date.now();
  const timer = setInterval(() => {
    const lastLine = output().trimEnd().split("\n").at(-1) ?? "";
    say(`  … ${seconds(Date.now() - begunMs)} ${lastLine.slice(0, 100)}`);
  }, heartbeatMs);
  return () => clearInterval(timer);
}

/**
 * Runs a command to its end. A `quiet` command (default) prints nothing. If it fails, a StepError
 * has the last lines of its output.
 * @returns {Promise<{code: number, output: string}>}
 */
export function run(command, args, options = {}) {
  const {
    quiet = true,
    allowFailure = false,
    remedy = "",
    env = {},
    cwd = rootDir,
    timeoutMs = 0,
  } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
      timeout: timeoutMs || undefined,
    });
    let output = "";
    const take = (chunk) => {
      output += chunk;
    };
    const stopHeartbeat = quiet ? startHeartbeat(() => output) : () => {};
    child.on("close", stopHeartbeat);
    child.stdout?.setEncoding("utf8").on("data", take);
    child.stderr?.setEncoding("utf8").on("data", take);
    child.on("error", (error) => {
      stopHeartbeat();
      reject(new StepError(`${command} could not be started: ${error.message}`, remedy));
    });
    child.on("close", (exitCode, signal) => {
      const code = exitCode ?? 128;
      if (code === 0 || allowFailure) return resolve({ code, output });
      const tail = shortened(output);
      const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
      reject(
        new StepError(`${[command, ...args].join(" ")} ${how}${tail ? `\n${tail}` : ""}`, remedy),
      );
    });
  });
}

/** The output of a short command, or null if it is missing or fails. */
export function capture(command, args, env = {}) {
  const result = spawnSync(command, args, { encoding: "utf8", env: { ...process.env, ...env } });
  return result.status === 0 ? result.stdout : null;
}

/** Full path of the first of `names` on PATH, or null. */
export function findOnPath(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // not in this folder
      }
    }
  }
  return null;
}
