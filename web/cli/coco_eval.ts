import {
  type CocoDataset,
  type CocoResult,
  type CocoSegmentation,
  currentCore,
  Mask,
} from "../index.js";
import {
  type AreaRange,
  averagePrecisions,
  type MatchDetection,
  type Matches,
  type MatchTruth,
  matchImage,
} from "./coco_match.js";

export type EvaluationKind = "segm" | "bbox";

/**
 * COCO's summary numbers, 0..1. A size class without ground truth has -1, as in pycocotools.
 */
export interface Evaluation {
  readonly kind: EvaluationKind;
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly APs: number;
  readonly APm: number;
  readonly APl: number;
}

const maxDetections = 100;
const everything: AreaRange = { min: 0, max: 1e10 };
const small: AreaRange = { min: 0, max: 32 ** 2 };
const medium: AreaRange = { min: 32 ** 2, max: 96 ** 2 };
const large: AreaRange = { min: 96 ** 2, max: 1e10 };

type BoxXywh = readonly [number, number, number, number];

type Region =
  | { readonly area: number; readonly mask: Mask }
  | { readonly area: number; readonly box: BoxXywh };

const maskRegion = (mask: Mask): Region => ({ area: mask.area, mask });
const boxRegion = (box: BoxXywh): Region => ({ area: box[2] * box[3], box });

/** For a crowd the denominator is the detection's own area. */
function boxIou(box: BoxXywh, truth: BoxXywh, crowd: boolean): number {
  const [x, y, width, height] = box;
  const w = Math.min(x + width, truth[0] + truth[2]) - Math.max(x, truth[0]);
  const h = Math.min(y + height, truth[1] + truth[3]) - Math.max(y, truth[1]);
  if (w <= 0 || h <= 0) return 0;
  const intersection = w * h;
  const area = width * height;
  return intersection / (crowd ? area : area + truth[2] * truth[3] - intersection);
}

/** The mask of a COCO segmentation in any form, on an image of the given size. */
export function maskOfSegmentation(
  segmentation: CocoSegmentation,
  width: number,
  height: number,
): Mask {
  return Array.isArray(segmentation)
    ? Mask.fromCocoPolygons(segmentation, { width, height })
    : Mask.fromRle(segmentation);
}

interface Detection extends MatchDetection {
  readonly region: Region;
}
interface Truth extends MatchTruth {
  readonly region: Region;
}
interface Cell {
  readonly detections: Detection[];
  readonly truths: Truth[];
}

const masksOf = (objects: readonly { readonly region: Region }[]): Mask[] =>
  objects.flatMap(({ region }) => ("mask" in region ? [region.mask] : []));

/** [detection][truth]; all masks of a cell in one call of the core. */
function iousOf({ detections, truths }: Cell): ArrayLike<number>[] {
  if (detections.length === 0 || truths.length === 0) return detections.map(() => []);
  if ("mask" in truths[0]!.region) {
    const crowds = Uint8Array.from(truths, ({ crowd }) => Number(crowd));
    const ious = currentCore().masks.iouMatrix(masksOf(detections), masksOf(truths), crowds);
    const row = (d: number) => ious.subarray(d * truths.length, (d + 1) * truths.length);
    return detections.map((_, d) => row(d));
  }
  const boxOf = (region: Region) => (region as { box: BoxXywh }).box;
  return detections.map((d) =>
    truths.map((truth) => boxIou(boxOf(d.region), boxOf(truth.region), truth.crowd)),
  );
}

/** All data of one category, one cell per image. */
type Category = Map<number, Cell>;

function cellOf(categories: Map<number, Category>, categoryId: number, imageId: number): Cell {
  const category = categories.get(categoryId) ?? new Map<number, Cell>();
  categories.set(categoryId, category);
  const cell = category.get(imageId) ?? { detections: [], truths: [] };
  category.set(imageId, cell);
  return cell;
}

function addTruths(
  categories: Map<number, Category>,
  dataset: CocoDataset,
  kind: EvaluationKind,
): void {
  const images = new Map(dataset.images.map((image) => [image.id, image]));
  for (const annotation of dataset.annotations) {
    const image = images.get(annotation.image_id);
    if (image === undefined)
      throw new Error(
        `annotation ${annotation.id} names image ${annotation.image_id}; the file lacks that image`,
      );
    const region =
      kind === "bbox"
        ? boxRegion(annotation.bbox)
        : maskRegion(maskOfSegmentation(annotation.segmentation, image.width, image.height));
    const crowd = annotation.iscrowd === 1;
    // The area in the file decides the size class of a ground truth, even for boxes.
    cellOf(categories, annotation.category_id, annotation.image_id).truths.push({
      region,
      area: annotation.area,
      crowd,
      ignore: crowd || annotation.ignore === 1,
    });
  }
}

function regionOfResult(
  result: CocoResult,
  index: number,
  kind: EvaluationKind,
  size: { width: number; height: number },
): Region {
  if (kind === "segm") {
    if (result.segmentation === undefined) throw new Error(`result ${index} has no segmentation`);
    return maskRegion(maskOfSegmentation(result.segmentation, size.width, size.height));
  }
  if (result.bbox !== undefined) return boxRegion(result.bbox);
  if (result.segmentation === undefined)
    throw new Error(`result ${index} has neither bbox nor segmentation`);
  const mask = maskOfSegmentation(result.segmentation, size.width, size.height);
  return boxRegion([mask.x, mask.y, mask.width, mask.height]);
}

function addDetections(
  categories: Map<number, Category>,
  dataset: CocoDataset,
  results: readonly CocoResult[],
  kind: EvaluationKind,
): void {
  const images = new Map(dataset.images.map((image) => [image.id, image]));
  const known = new Set(dataset.categories.map((category) => category.id));
  const best = [...results.entries()].sort((a, b) => b[1].score - a[1].score);
  for (const [index, result] of best) {
    const image = images.get(result.image_id);
    if (image === undefined)
      throw new Error(
        `result ${index} names image ${result.image_id}; the ground truth lacks that image`,
      );
    if (!known.has(result.category_id)) continue;
    const cell = cellOf(categories, result.category_id, result.image_id);
    if (cell.detections.length >= maxDetections) continue;
    const region = regionOfResult(result, index, kind, image);
    cell.detections.push({ region, area: region.area, score: result.score });
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? -1 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** AP per category with ground truth, one column per IoU threshold. */
function curves(
  categories: Map<number, Category>,
  imageIds: readonly number[],
  range: AreaRange,
  ious: Map<Cell, ArrayLike<number>[]>,
): number[][] {
  const rows: number[][] = [];
  for (const category of categories.values()) {
    const matches: Matches[] = [];
    for (const imageId of imageIds) {
      const cell = category.get(imageId);
      if (cell !== undefined)
        matches.push(matchImage(cell.detections, cell.truths, ious.get(cell)!, range));
    }
    const row = averagePrecisions(matches);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

/**
 * Computes COCO's average precision of masks or boxes. Matching, area classes, the limit of 100
 * detections per image and category, and the 101-point interpolation are those of pycocotools'
 * `COCOeval`. Results equal pycocotools'; the guaranteed tolerance is 0.001. The size class of a
 * detection depends on its mask for `segm` and on its box for `bbox`.
 * @throws Error with the entry, if the files do not belong together.
 */
export function evaluateCoco(
  results: readonly CocoResult[],
  dataset: CocoDataset,
  kind: EvaluationKind,
): Evaluation {
  const categories = new Map<number, Category>();
  addTruths(categories, dataset, kind);
  addDetections(categories, dataset, results, kind);
  const ious = new Map<Cell, ArrayLike<number>[]>();
  for (const category of categories.values())
    for (const cell of category.values()) ious.set(cell, iousOf(cell));
  const imageIds = dataset.images.map((image) => image.id).sort((a, b) => a - b);
  const all = curves(categories, imageIds, everything, ious);
  const averageOf = (range: AreaRange) => mean(curves(categories, imageIds, range, ious).flat());
  return {
    kind,
    AP: mean(all.flat()),
    AP50: mean(all.map((row) => row[0]!)),
    AP75: mean(all.map((row) => row[5]!)),
    APs: averageOf(small),
    APm: averageOf(medium),
    APl: averageOf(large),
  };
}
