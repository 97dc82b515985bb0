import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { parseExactJson } from "./exact_json.js";
import { foreignEndings, kindOfFile } from "./image_kinds.js";
import { UsageError } from "./usage_error.js";

/** An image to work on. */
export interface Input {
  /** Where it is read from. */
  readonly path: string;
  /** Its path below the common folder of all inputs, with `/`: what outputs are named after. */
  readonly name: string;
}

/** The name of standard input and output among paths. */
export const standardStream = "-";

/** What was found in an argument, and what was passed over. */
interface Found {
  /** The folder that the names begin below. */
  readonly root: string;
  readonly paths: readonly string[];
  /** Endings of files other than images. */
  readonly passedOver: readonly string[];
  /** Outputs of earlier runs. */
  readonly outputs: number;
}

export interface Inputs {
  readonly inputs: readonly Input[];
  /** A line about the files of folders and globs that were passed over. Undefined for none. */
  readonly passedOver: string | undefined;
}

/** Sorts the files of a folder or glob by what they are. */
async function chooseFrom(
  root: string,
  paths: readonly string[],
  canReadForeign: boolean,
): Promise<Found> {
  const images: string[] = [];
  const passedOver: string[] = [];
  let outputs = 0;
  for (const path of [...paths].sort()) {
    const kind = await kindOfFile(path);
    if (kind === "output") outputs += 1;
    else if (kind === "own" || (kind === "foreign" && canReadForeign)) images.push(path);
    else passedOver.push(extname(path).toLowerCase() || "without an ending");
  }
  return { root, paths: images, passedOver, outputs };
}

/** The folder of a glob above its first part with a wildcard. */
function rootOfGlob(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => isDynamicPattern(part));
  return parts.slice(0, Math.min(first, parts.length - 1)).join("/") || (first > 0 ? "/" : ".");
}

async function expand(input: string, canReadForeign: boolean): Promise<Found> {
  if (input === standardStream) return { root: ".", paths: [input], passedOver: [], outputs: 0 };
  const info = await stat(input).catch(() => undefined);
  if (info?.isDirectory()) {
    const found = await glob("**/*", { cwd: input, expandDirectories: false });
    const paths = found.map((path) => join(input, path));
    return chooseFrom(input, paths, canReadForeign);
  }
  if (info !== undefined)
    return { root: dirname(input), paths: [input], passedOver: [], outputs: 0 };
  if (isDynamicPattern(input)) {
    const found = await glob(input, { expandDirectories: false });
    return chooseFrom(rootOfGlob(input), found, canReadForeign);
  }
  throw new UsageError(`file or folder not found: ${input}`);
}

/** The deepest folder that holds all `folders`. */
function commonFolder(folders: readonly string[]): string {
  const [first = ".", ...others] = folders.map((folder) => resolve(folder));
  return others.reduce((common, folder) => {
    let at = common;
    while (folder !== at && !folder.startsWith(at.endsWith(sep) ? at : at + sep)) {
      if (dirname(at) === at) break;
      at = dirname(at);
    }
    return at;
  }, first);
}

function passedOverLine(found: readonly Found[]): string | undefined {
  const endings = found.flatMap(({ passedOver }) => passedOver);
  const outputs = found.reduce((sum, one) => sum + one.outputs, 0);
  const counts = new Map<string, number>();
  for (const ending of endings) counts.set(ending, (counts.get(ending) ?? 0) + 1);
  const parts = [...counts]
    .sort()
    .map(
      ([ending, count]) =>
        `${count} ${ending}${foreignEndings.has(ending) ? " (npm install sharp to read it)" : ""}`,
    );
  if (outputs > 0) parts.push(`${outputs} written by masklet`);
  const total = endings.length + outputs;
  if (total === 0) return undefined;
  return `passed over ${total} ${total === 1 ? "file" : "files"}: ${parts.join(", ")}`;
}

/**
 * Finds the images of files, folders (at any depth) and globs, each once, in order.
 * @param canReadForeign whether formats beyond JPEG, PNG and BMP can be read
 * @throws UsageError if nothing is found.
 */
export async function expandInputs(
  inputs: readonly string[],
  canReadForeign = false,
): Promise<Inputs> {
  const found: Found[] = [];
  for (const input of inputs) found.push(await expand(input, canReadForeign));
  const passedOver = passedOverLine(found);
  const byFile = new Map<string, string>();
  for (const path of found.flatMap(({ paths }) => paths))
    if (!byFile.has(resolve(path))) byFile.set(resolve(path), path);
  if (byFile.size === 0) {
    const why = passedOver === undefined ? "" : ` (${passedOver})`;
    throw new UsageError(`no images that can be read in: ${inputs.join(", ")}${why}`);
  }
  const root = commonFolder(found.map((one) => one.root));
  const nameOf = (path: string) =>
    path === standardStream ? "stdin" : relative(root, resolve(path)).split(sep).join("/");
  return {
    inputs: [...byFile.values()].map((path) => ({ path, name: nameOf(path) })),
    passedOver,
  };
}

/** A name without its ending. */
export const withoutEnding = (name: string): string =>
  name.slice(0, name.length - extname(name).length);

/** The file name without folder and extension. */
export const stem = (path: string): string => basename(path, extname(path));

export async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`);
  });
}

/** Parses the JSON of a file. Its errors name the file. Integers beyond 2^53 are bigints. */
export function jsonOfText<T>(text: string, path: string): T {
  try {
    return parseExactJson(text.replace(/^\ufeff/, "")) as T;
  } catch (cause) {
    throw new UsageError(`${path} is not JSON: ${(cause as Error).message}`);
  }
}

/** Reads and parses a JSON file. */
export async function readJson<T>(path: string): Promise<T> {
  return jsonOfText<T>(await readText(path), path);
}
