import { resolve } from "node:path";
import type { CocoDataset, Instance } from "../index.js";
import type { Input } from "./inputs.js";
import { UsageError } from "./usage_error.js";

/** An id as a file has it. Integers beyond 2^53 are bigints. */
export type CocoId = number | bigint | string;

/** An image of a COCO file that an input was found to be. */
export interface CocoImageEntry {
  readonly id: CocoId;
  readonly file_name: string;
  readonly width?: number;
  readonly height?: number;
}

const partsOf = (path: string) => path.split(/[/\\]/).filter((part) => part !== "");

/** The number of last parts that two paths share. */
function commonTail(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < Math.min(a.length, b.length) && a.at(-1 - count) === b.at(-1 - count)) count += 1;
  return count;
}

interface Candidate {
  readonly entry: CocoImageEntry;
  readonly parts: readonly string[];
}

function byLastPart(dataset: CocoDataset, file: string): Map<string, Candidate[]> {
  const images = new Map<string, Candidate[]>();
  for (const [index, entry] of dataset.images.entries()) {
    const { id, file_name } = (entry ?? {}) as Partial<CocoImageEntry>;
    if (!["number", "bigint", "string"].includes(typeof id) || typeof file_name !== "string")
      throw new UsageError(`${file}: image ${index} must have an id and a file_name`);
    const parts = partsOf(file_name);
    const last = parts.at(-1) ?? "";
    const candidate = { entry: entry as CocoImageEntry, parts };
    const others = images.get(last);
    if (others === undefined) images.set(last, [candidate]);
    else others.push(candidate);
  }
  return images;
}

interface Match {
  readonly input: Input;
  readonly entry: CocoImageEntry;
  readonly tail: number;
}

/** The image of the longest common tail. Undefined if the file lists none of the name. */
function matchOf(input: Input, candidates: readonly Candidate[], file: string): Match | undefined {
  const parts = partsOf(resolve(input.path));
  const tails = candidates.map(({ entry, parts: listed }) => ({
    input,
    entry,
    tail: commonTail(parts, listed),
  }));
  const most = tails.reduce((best, { tail }) => Math.max(best, tail), 0);
  const [first, second] = tails.filter(({ tail }) => tail === most);
  if (second !== undefined)
    throw new UsageError(
      `${input.path} can be two images of ${file}: ${first!.entry.file_name} ` +
        `(id ${first!.entry.id}) and ${second.entry.file_name} (id ${second.entry.id})`,
    );
  return first;
}

/**
 * Finds the image of a COCO file that each input is: the one whose `file_name` shares the most last
 * parts with the input's path. An image belongs to one input only, the one that shares most.
 * @returns the images found, by input path
 * @throws UsageError if an input can be two images, or an image two inputs; it names both
 */
export function cocoImages(
  dataset: CocoDataset,
  inputs: readonly Input[],
  file: string,
): Map<string, CocoImageEntry> {
  const images = byLastPart(dataset, file);
  const claims = new Map<CocoId, Match[]>();
  for (const input of inputs) {
    const last = partsOf(resolve(input.path)).at(-1) ?? "";
    const match = matchOf(input, images.get(last) ?? [], file);
    if (match !== undefined)
      claims.set(match.entry.id, [...(claims.get(match.entry.id) ?? []), match]);
  }
  const found = new Map<string, CocoImageEntry>();
  for (const matches of claims.values()) {
    const most = Math.max(...matches.map(({ tail }) => tail));
    const [first, second] = matches.filter(({ tail }) => tail === most);
    if (second !== undefined)
      throw new UsageError(
        `${first!.input.path} and ${second.input.path} can both be the image ` +
          `${first!.entry.file_name} of ${file}`,
      );
    found.set(first!.input.path, first!.entry);
  }
  return found;
}

/** Category ids by class. */
export interface CocoCategories {
  categoryId(instance: Instance): CocoId | undefined;
  /** Labels of the model without a category. */
  readonly missing: readonly string[];
}

interface Category {
  readonly id: CocoId;
  readonly name: string;
}

function checkedCategories(dataset: CocoDataset, file: string): Category[] {
  for (const [index, category] of dataset.categories.entries()) {
    const { id, name } = (category ?? {}) as Partial<Category>;
    if (!["number", "bigint", "string"].includes(typeof id) || typeof name !== "string")
      throw new UsageError(`${file}: category ${index} must have an id and a name`);
  }
  return dataset.categories as Category[];
}

/** Class k has the k-th category by id. */
function byPosition(categories: readonly Category[], labels: readonly string[], file: string) {
  if (categories.length < labels.length)
    throw new UsageError(
      `${file} has ${categories.length} categories for ${labels.length} labels; ` +
        "--by-position needs as many",
    );
  const ids = categories.map(({ id }) => id).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { categoryId: ({ classId }: Instance) => ids[classId], missing: [] };
}

/**
 * Finds the category of each class by its name: spelled the same, else the same but for case.
 * @param position takes the k-th category by id for class k instead
 * @throws UsageError if no label is a category, or if two categories fit a label
 */
export function cocoCategories(
  dataset: CocoDataset,
  labels: readonly string[],
  file: string,
  position: boolean,
): CocoCategories {
  const categories = checkedCategories(dataset, file);
  if (position) return byPosition(categories, labels, file);
  const ids = new Map<string, CocoId>();
  const missing: string[] = [];
  for (const label of new Set(labels)) {
    const same = categories.filter(({ name }) => name === label);
    const alike = categories.filter(({ name }) => name.toLowerCase() === label.toLowerCase());
    const [first, second] = same.length > 0 ? same : alike;
    if (second !== undefined)
      throw new UsageError(
        `${file} has two categories for the label ${label}: ids ${first!.id} and ${second.id}`,
      );
    if (first === undefined) missing.push(label);
    else ids.set(label, first.id);
  }
  if (ids.size === 0)
    throw new UsageError(
      labels.length === 0
        ? `the model has no class names to find in ${file}; pass --labels or --by-position`
        : `${file} has none of the model's ${labels.length} labels as a category; ` +
            "pass --labels with its names, or --by-position to take categories in order of id",
    );
  return { categoryId: ({ label }) => ids.get(label), missing };
}
