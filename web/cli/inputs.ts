import { readFile, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { UsageError } from "./usage_error.js";

const imageEndings: readonly string[] = [".jpg", ".jpeg", ".png", ".bmp"];

const isImage = (path: string) => imageEndings.includes(extname(path).toLowerCase());

async function expand(input: string): Promise<string[]> {
  const info = await stat(input).catch(() => undefined);
  if (info?.isFile()) return [input];
  if (info?.isDirectory()) {
    const found = await glob("**/*", { cwd: input });
    return found
      .filter(isImage)
      .sort()
      .map((path) => join(input, path));
  }
  if (isDynamicPattern(input)) return (await glob(input)).filter(isImage).sort();
  throw new UsageError(`file or folder not found: ${input}`);
}

/**
 * Finds the images of files, folders (at any depth) and globs, each once, in order.
 * @throws UsageError if nothing is found.
 */
export async function expandInputs(inputs: readonly string[]): Promise<string[]> {
  const paths = new Set((await Promise.all(inputs.map(expand))).flat());
  if (paths.size === 0) throw new UsageError(`no JPEG, PNG or BMP images in: ${inputs.join(", ")}`);
  return [...paths];
}

/** The file name without folder and extension. */
export const stem = (path: string): string => basename(path, extname(path));

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`);
  });
}

/** Reads and parses a JSON file. Its errors name the file. */
export async function readJson<T>(path: string): Promise<T> {
  const text = await readText(path);
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new UsageError(`${path} is not JSON: ${(cause as Error).message}`);
  }
}

/** Reads class names: a JSON array, a JSON object by class id, or one name per line. */
export async function readLabels(path: string): Promise<string[]> {
  if (extname(path).toLowerCase() === ".json") {
    const names = await readJson<string[] | Record<string, string>>(path);
    return Array.isArray(names) ? names : Object.values(names);
  }
  const text = await readText(path);
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
