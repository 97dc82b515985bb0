import { jsonOfText, readText } from "./inputs.js";
import { UsageError } from "./usage_error.js";

/** More than any model has; a larger id would be a slip that reserves memory. */
const maxClassId = 100_000;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Class names that a file holds. */
export interface Labels {
  /** Whether the file names classes by id. It may leave out classes then. */
  readonly byId: boolean;
  /** The names by class id. */
  readonly names: readonly (string | undefined)[];
}

/** Names placed by class id. */
function placed(
  entries: readonly (readonly [unknown, unknown])[],
  path: string,
  byId: boolean,
): Labels {
  const names: (string | undefined)[] = [];
  for (const [id, name] of entries) {
    const index = typeof id === "string" && /^\d+$/.test(id) ? Number(id) : id;
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index > maxClassId)
      throw new UsageError(
        `${path}: class id ${JSON.stringify(id) ?? "missing"} must be an integer ` +
          `from 0 to ${maxClassId}`,
      );
    if (typeof name !== "string" || name === "")
      throw new UsageError(`${path}: the name of class ${index} must be a text`);
    if (names[index] !== undefined)
      throw new UsageError(`${path}: class ${index} has two names: ${names[index]} and ${name}`);
    names[index] = name;
  }
  if (entries.length === 0) throw new UsageError(`${path} holds no class names`);
  return { byId, names };
}

function labelsOfJson(value: unknown, path: string): Labels {
  if (isObject(value) && Array.isArray(value.categories))
    return labelsOfJson(value.categories, path);
  if (isObject(value)) return placed(Object.entries(value), path, true);
  const list = value as unknown[];
  if (list.length > 0 && list.every(isObject)) {
    const entries = list.map(({ id, name }) => [id, name] as const);
    return placed(entries, path, true);
  }
  return placed([...list.entries()], path, false);
}

/**
 * Reads class names: one name per line; a JSON array of names; a JSON object by class id; a list of
 * `{id, name}`, also as the `categories` of a COCO file.
 * @throws UsageError if a name or id is anything else
 */
export async function readLabels(path: string): Promise<Labels> {
  const text = (await readText(path)).replace(/^\ufeff/, "");
  if (/^\s*[[{]/.test(text)) return labelsOfJson(jsonOfText(text, path), path);
  const lines = text.trimEnd().split(/\r?\n/);
  for (const [index, line] of lines.entries())
    if (line.trim() === "")
      throw new UsageError(`${path}: line ${index + 1} is empty; each line must name a class`);
  return { byId: false, names: lines.map((line) => line.trim()) };
}

/** The labels of a model under the names of a file that names classes by id. */
export function renamed(labels: readonly string[], names: Labels["names"]): string[] {
  const length = Math.max(labels.length, names.length);
  return Array.from({ length }, (_, id) => names[id] ?? labels[id] ?? `class ${id}`);
}
