/**
 * Reading of COCO files for the evaluation, with the rules of pycocotools' `COCO.loadRes` and
 * `COCO.annToRLE`: which fields must be there, and what stands in for others.
 */
import { type CocoDataset, type CocoResult, type CocoSegmentation, Mask } from "../index.js";

/** What pycocotools cannot evaluate, in a sentence. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** An id as the file has it. */
export type Id = number | bigint | string;
export type BoxXywh = readonly [number, number, number, number];
type Entry = Record<string, unknown>;

/** An annotation of the truth. */
export interface RawTruth {
  readonly entry: Entry;
  /** What messages call it. */
  readonly name: string;
}

/** An entry of the results. */
export interface RawDetection extends RawTruth {
  readonly area: number;
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Python holds true for 1. */
const plain = (value: unknown) => (typeof value === "boolean" ? Number(value) : value);

function idOf(entry: Entry, field: string, name: string): Id {
  const value = plain(entry[field]);
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "string")
    return value;
  const what = value === undefined ? `has no ${field}` : `has a ${field} that cannot be an id`;
  throw new Refusal(`${name} ${what}`);
}

/** @throws Refusal that begins with `what` */
export function numberOf(value: unknown, what: string): number {
  const number = plain(value);
  if (typeof number === "number") return number;
  if (typeof number === "bigint") return Number(number);
  throw new Refusal(`${what} ${value === undefined ? "is missing" : "must be a number"}`);
}

/** A box of four numbers. */
export function boxOf(value: unknown, what: string): BoxXywh {
  if (value === undefined) throw new Refusal(`${what} is missing`);
  if (!Array.isArray(value) || value.length !== 4)
    throw new Refusal(`${what} must have four numbers: x, y, width, height`);
  return value.map((part) => numberOf(part, `a number of ${what}`)) as unknown as BoxXywh;
}

export const fieldsOf = (entry: Entry): { imageId: Id; categoryId: Id } => ({
  imageId: plain(entry.image_id) as Id,
  categoryId: plain(entry.category_id) as Id,
});

/** `iscrowd` must be there. `ignore` is not looked at. */
export function isCrowd(entry: Entry, name: string): { crowd: boolean; ignore: boolean } {
  const value = plain(entry.iscrowd);
  const whole = typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value);
  if (value === undefined) throw new Refusal(`${name} has no iscrowd`);
  if (typeof value !== "number" && !whole)
    throw new Refusal(`the iscrowd of ${name} must be 0 or 1`);
  return { crowd: Math.trunc(Number(value)) !== 0, ignore: whole || value !== 0 };
}

function listOf(dataset: CocoDataset, field: "images" | "categories" | "annotations"): Entry[] {
  const list: unknown = dataset[field];
  if (list === undefined && field === "annotations") return [];
  if (!Array.isArray(list)) throw new Refusal(`the ground truth has no list of ${field}`);
  for (const [index, entry] of list.entries())
    if (!isEntry(entry)) throw new Refusal(`entry ${index} of ${field} must be an object`);
  return list;
}

/**
 * The annotations of listed images and categories. Of annotations with one id the last stands for
 * all, as in pycocotools.
 */
export function truthsOf(dataset: CocoDataset): {
  readonly images: ReadonlyMap<Id, Entry>;
  readonly categoryIds: ReadonlySet<Id>;
  readonly truths: readonly RawTruth[];
} {
  if (!isEntry(dataset)) throw new Refusal("the ground truth must be a COCO data set");
  const images = new Map<Id, Entry>();
  for (const [index, image] of listOf(dataset, "images").entries())
    images.set(idOf(image, "id", `image ${index} of the ground truth`), image);
  const categoryIds = new Set<Id>();
  for (const [index, category] of listOf(dataset, "categories").entries())
    categoryIds.add(idOf(category, "id", `category ${index} of the ground truth`));
  const annotations = listOf(dataset, "annotations");
  const byId = new Map<Id, Entry>();
  for (const [index, annotation] of annotations.entries()) {
    const name = `annotation ${plain(annotation.id) ?? `at index ${index}`}`;
    for (const field of ["image_id", "category_id"]) idOf(annotation, field, name);
    byId.set(idOf(annotation, "id", name), annotation);
  }
  const truths = annotations
    .filter((annotation) => {
      const { imageId, categoryId } = fieldsOf(annotation);
      return images.has(imageId) && categoryIds.has(categoryId);
    })
    .map(({ id }) => ({ entry: byId.get(plain(id) as Id)!, name: `annotation ${plain(id)}` }));
  return { images, categoryIds, truths };
}

/** Results whose first entry has a box: areas of boxes, which stand in for missing masks. */
function withBox(entry: Entry, name: string): RawDetection {
  const { bbox } = entry;
  if (!Array.isArray(bbox) || bbox.length < 4)
    throw new Refusal(
      `${name} has no bbox of four numbers; the first result has one, so all must have one`,
    );
  const [x, y, width, height] = bbox.map((part) =>
    numberOf(part, `a number in the bbox of ${name}`),
  );
  const right = x! + width!;
  const bottom = y! + height!;
  const rectangle = [[x!, y!, x!, bottom, right, bottom, right, y!]];
  const filled = "segmentation" in entry ? entry : { ...entry, segmentation: rectangle };
  return { entry: filled, name, area: width! * height! };
}

/** Results whose first entry has a mask only: areas of masks, which must be run-length strings. */
function withMask(entry: Entry, name: string): RawDetection {
  const { segmentation } = entry;
  if (!isEntry(segmentation) || typeof segmentation.counts !== "string")
    throw new Refusal(
      `${name} has no run-length segmentation; the first result has no bbox, so all must have one`,
    );
  const mask = fromRle(segmentation, name);
  const { x, y, width, height } = mask.bounds();
  const filled = "bbox" in entry ? entry : { ...entry, bbox: [x, y, width, height] };
  return { entry: filled, name, area: mask.area };
}

/** All results, as `loadRes` completes them. Entry 0 decides how. */
export function detectionsOf(
  results: readonly CocoResult[],
  images: ReadonlyMap<Id, Entry>,
): readonly RawDetection[] {
  for (const [index, result] of results.entries()) {
    if (!isEntry(result)) throw new Refusal(`result ${index} must be an object`);
    const id = idOf(result, "image_id", `result ${index}`);
    if (!images.has(id))
      throw new Refusal(`result ${index} names image ${id}; the ground truth lacks that image`);
    idOf(result, "category_id", `result ${index}`);
  }
  const first = results[0] as unknown as Entry | undefined;
  if (first === undefined) return [];
  const boxes = "bbox" in first && !(Array.isArray(first.bbox) && first.bbox.length === 0);
  if ("caption" in first || (!boxes && !("segmentation" in first)))
    throw new Refusal("result 0 has neither bbox nor segmentation");
  const complete = boxes ? withBox : withMask;
  return results.map((result, index) => complete(result as unknown as Entry, `result ${index}`));
}

/** The message of a failure, with the entry. */
function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal(`the segmentation of ${name}: ${(cause as Error).message}`, { cause });
  }
}

const fromRle = (segmentation: unknown, name: string): Mask =>
  named(name, () => Mask.fromRle(segmentation as { size: [number, number]; counts: string }));

/** The mask of an entry. Its image must have a size. */
export function maskOf(entry: Entry, name: string, image: Entry): Mask {
  const { segmentation } = entry;
  const of = `the image of ${name}`;
  const height = numberOf(image.height, `the height of ${of}`);
  const width = numberOf(image.width, `the width of ${of}`);
  if (segmentation === undefined) throw new Refusal(`${name} has no segmentation`);
  const polygons = Array.isArray(segmentation);
  const usable = polygons
    ? segmentation.length > 0 && segmentation.every((ring) => ring?.length > 4)
    : isEntry(segmentation) && "counts" in segmentation && "size" in segmentation;
  if (!usable) throw new Refusal(`the segmentation of ${name} must be polygons or run lengths`);
  const value = segmentation as CocoSegmentation;
  return Array.isArray(value)
    ? named(name, () => Mask.fromCocoPolygons(value, { width, height }))
    : fromRle(value, name);
}
