import { writeSync } from "node:fs";
import { printable } from "./printable.js";

/** Writes one line to stderr. */
export function say(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/** Writes text to stdout and waits until it is taken. Its control characters must be escaped. */
export function printText(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Writes lines to stdout, each without control characters. */
export const print = (...lines: readonly string[]): Promise<void> =>
  printText(lines.map((line) => `${printable(line)}\n`).join(""));

const reasons: Readonly<Record<string, string>> = {
  EPIPE: "the reader of the output closed it",
  ENOSPC: "no space is left on the device",
  EDQUOT: "the quota of the disk is used up",
  EROFS: "the file system is read-only",
};

/** An error of the system after which further outputs fail too. */
export function endsRun(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code !== undefined && code in reasons;
}

/** The message of an error as one sentence, without codes for the usual ones of the system. */
export function sentenceOf(error: unknown): string {
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = reasons[code ?? ""];
  if (reason === undefined) return error instanceof Error ? error.message : String(error);
  return path === undefined ? reason : `${path}: ${reason}`;
}

/**
 * Ends the process with one sentence when stdout fails, for instance in a pipe to `head`. Errors of
 * stderr have nowhere to go.
 */
export function guardStreams(): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error) => {
    try {
      writeSync(2, `masklet: ${sentenceOf(error)}\n`);
    } catch {}
    process.exit(1);
  });
}
