import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Input, standardStream, withoutEnding } from "./inputs.js";
import { checkFile, checkFolder, kindAt } from "./output_file.js";
import { UsageError } from "./usage_error.js";

/** Names that are one file where letter case or the form of accents does not count. */
const sameFile = (name: string) => name.normalize("NFC").toLowerCase();

/** The `n`-th name to try for an input: without its ending, with it, and then with a number. */
function candidate(name: string, attempt: number): string {
  if (attempt === 0) return withoutEnding(name);
  return attempt === 1 ? name : `${name}-${attempt}`;
}

/**
 * The names of the outputs, without their endings, in the order of the inputs. They keep the
 * folders. Inputs that differ by ending or case alone all keep their ending, and inputs that still
 * meet get a number, so that no two share a file.
 * @param endings of the files of one input
 * @param reserved file names that the run writes besides
 */
export function outputNames(
  inputs: readonly Input[],
  endings: readonly string[],
  reserved: readonly string[] = [],
): string[] {
  const taken = new Set(reserved.map(sameFile));
  const filesOf = (name: string) => endings.map((ending) => sameFile(`${name}${ending}`));
  const sharing = new Map<string, number>();
  for (const { name } of inputs) {
    const key = sameFile(withoutEnding(name));
    sharing.set(key, (sharing.get(key) ?? 0) + 1);
  }
  return inputs.map(({ name }) => {
    const shared = sharing.get(sameFile(withoutEnding(name)))! > 1;
    for (let attempt = shared ? 1 : 0; ; attempt += 1) {
      const files = filesOf(candidate(name, attempt));
      if (files.some((file) => taken.has(file))) continue;
      for (const file of files) taken.add(file);
      return candidate(name, attempt);
    }
  });
}

/** A file's identity, also through links. */
async function identity(path: string): Promise<string | undefined> {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ? `${info.dev}:${info.ino}` : undefined;
}

/**
 * Checks all outputs before the first image: folders must take files, and no output may be a folder
 * or one of the files that are read.
 * @param read files that the run reads
 * @throws UsageError that names the output
 */
export async function checkOutputs(
  outputs: readonly string[],
  read: readonly string[],
): Promise<void> {
  const inputs = new Map<string, string>();
  for (const path of read) {
    if (path === standardStream) continue;
    inputs.set(resolve(path), path);
    const id = await identity(path);
    if (id !== undefined) inputs.set(id, path);
  }
  const folders = new Set<string>();
  for (const output of outputs) {
    const folder = dirname(output);
    if (!folders.has(folder)) await checkFolder(folder);
    folders.add(folder);
    const same = inputs.get(resolve(output)) ?? inputs.get((await identity(output)) ?? "");
    if (same !== undefined)
      throw new UsageError(`${output} would overwrite the input ${same}; choose another --out`);
    if ((await kindAt(output))?.isDirectory())
      throw new UsageError(`cannot write ${output}: it is a folder`);
  }
}

/** Checks one document. */
export async function checkDocument(out: string, read: readonly string[]): Promise<void> {
  await checkFile(out);
  const info = await kindAt(out);
  if (info === undefined || info.isFile()) await checkOutputs([out], read);
}

/** Where a document or file goes: `--out` itself, or a name in the folder `--out`. */
export const inFolder = (out: string | undefined, name: string): string => join(out ?? ".", name);
