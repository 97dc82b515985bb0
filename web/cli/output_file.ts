import { lstat, mkdir, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UsageError } from "./usage_error.js";

/** A beginning that folders pass over, and the process, so that two runs do not meet. */
const temporaryName = (path: string) =>
  join(dirname(path), `.${basename(path).slice(0, 100)}.${process.pid}.tmp`);

/** What a path leads to, or undefined if nothing is there. */
export const kindAt = (path: string) =>
  stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });

/**
 * Writes a file under a temporary name and renames it, so that an output is whole or absent. A
 * device or a pipe is written to directly: a rename would replace it.
 */
export async function writeOutput(
  path: string,
  chunks: Iterable<string | Uint8Array>,
): Promise<void> {
  const before = await kindAt(path);
  if (before !== undefined && !before.isFile()) return writeFile(path, chunks);
  const target = before === undefined ? path : await realpath(path);
  await mkdir(dirname(target), { recursive: true });
  const temporary = temporaryName(target);
  try {
    await writeFile(temporary, chunks);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof Error && "path" in error) error.path = path;
    else Object.assign(error as Error, { path });
    throw error;
  }
}

/** The nearest folder above `path` that exists, or the file that is in the way. */
async function nearest(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if ((await lstat(at).catch(() => undefined)) !== undefined) return at;
    if (dirname(at) === at) return at;
  }
}

/**
 * Checks that files can be written into a folder, which may have to be made.
 * @throws UsageError that names what is in the way
 */
export async function checkFolder(folder: string): Promise<void> {
  const at = await nearest(folder);
  if (!(await kindAt(at))?.isDirectory())
    throw new UsageError(`cannot write to ${folder}: ${at} is not a folder`);
  const probe = join(at, `.masklet.${process.pid}.tmp`);
  try {
    await (await open(probe, "w")).close();
  } catch (cause) {
    throw new UsageError(`cannot write to ${folder}: ${(cause as Error).message}`);
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

/**
 * Checks that a file can be written.
 * @throws UsageError if a folder has its name, or its own folder takes no files
 */
export async function checkFile(path: string): Promise<void> {
  const there = await kindAt(path);
  if (there?.isDirectory()) throw new UsageError(`${path} is a folder; --out must name a file`);
  if (there === undefined || there.isFile()) await checkFolder(dirname(path));
}
