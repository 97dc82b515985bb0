import { type CocoDataset, type CocoResult, currentCore, type Mask } from "../index.js";
import {
  type AreaRange,
  averagePrecisions,
  type MatchDetection,
  type Matches,
  type MatchTruth,
  matchImage,
} from "./coco_match.js";
import {
  type BoxXywh,
  boxOf,
  detectionsOf,
  fieldsOf,
  type Id,
  isCrowd,
  maskOf,
  numberOf,
  type RawTruth,
  Refusal,
  truthsOf,
} from "./coco_read.js";

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

type Region = { readonly mask: Mask } | { readonly box: BoxXywh };

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

interface Detection extends MatchDetection {
  readonly region: Region;
}
interface Truth extends MatchTruth {
  readonly region: Region;
}
interface Cell {
  readonly detections: readonly Detection[];
  readonly truths: readonly Truth[];
}

const maskIn = ({ region }: { readonly region: Region }) => (region as { mask: Mask }).mask;
const sizeOf = (mask: Mask) => `${mask.sourceWidth} x ${mask.sourceHeight}`;

/** [detection][truth] of masks. Masks of different images have IoU 0, as in pycocotools. */
function maskIous({ detections, truths }: Cell): Float64Array[] {
  const rows = detections.map(() => new Float64Array(truths.length));
  for (const size of new Set(truths.map((truth) => sizeOf(maskIn(truth))))) {
    const ofSize = (object: { readonly region: Region }, index: number) =>
      sizeOf(maskIn(object)) === size ? [index] : [];
    const ds = detections.flatMap(ofSize);
    const ts = truths.flatMap(ofSize);
    if (ds.length === 0) continue;
    const crowds = Uint8Array.from(ts, (t) => Number(truths[t]!.crowd));
    const ious = currentCore().masks.iouMatrix(
      ds.map((d) => maskIn(detections[d]!)),
      ts.map((t) => maskIn(truths[t]!)),
      crowds,
    );
    for (const [i, d] of ds.entries())
      for (const [j, t] of ts.entries()) rows[d]![t] = ious[i * ts.length + j]!;
  }
  return rows;
}

/** [detection][truth]; all masks of a cell in one call of the core. */
function iousOf(cell: Cell, kind: EvaluationKind): ArrayLike<number>[] {
  const { detections, truths } = cell;
  if (detections.length === 0 || truths.length === 0) return detections.map(() => []);
  if (kind === "segm") return maskIous(cell);
  const box = ({ region }: { readonly region: Region }) => (region as { box: BoxXywh }).box;
  return detections.map((d) => truths.map((t) => boxIou(box(d), box(t), t.crowd)));
}

/** All data of one category, one cell per image. */
type Category = Map<Id, Cell>;

const regionOf = (
  entry: Record<string, unknown>,
  name: string,
  kind: EvaluationKind,
  image: Record<string, unknown>,
): Region =>
  kind === "segm"
    ? { mask: maskOf(entry, name, image) }
    : { box: boxOf(entry.bbox, `the bbox of ${name}`) };

function truthOf({ entry, name }: RawTruth, kind: EvaluationKind, image: Record<string, unknown>) {
  const { crowd, ignore } = isCrowd(entry, name);
  return {
    region: regionOf(entry, name, kind, image),
    // The area in the file decides the size class of a ground truth, even for boxes.
    area: ignore ? 0 : numberOf(entry.area, `the area of ${name}`),
    crowd,
    ignore,
    findable: Number(entry.id) !== 0,
  };
}

/** Reports masks whose image has another size in the truth than in the results. */
class SizeNotes {
  private readonly lines = new Map<Id, string>();

  look(id: Id, file: unknown, { detections, truths }: Cell): void {
    const found = detections[0] && sizeOf(maskIn(detections[0]));
    const wanted = truths[0] && sizeOf(maskIn(truths[0]));
    if (found === undefined || wanted === undefined || found === wanted) return;
    this.lines.set(id, `${file ?? `image ${id}`}: results ${found}, ground truth ${wanted}`);
  }

  line(): string | undefined {
    const [first] = this.lines.values();
    const count = this.lines.size === 1 ? "1 image has" : `${this.lines.size} images have`;
    return first && `${count} masks of different sizes, which never match: ${first}`;
  }
}

function groupByCell<T extends { readonly entry: Record<string, unknown> }>(
  rows: readonly T[],
): Map<Id, Map<Id, T[]>> {
  const categories = new Map<Id, Map<Id, T[]>>();
  for (const row of rows) {
    const { categoryId, imageId } = fieldsOf(row.entry);
    const category = categories.get(categoryId) ?? new Map<Id, T[]>();
    categories.set(categoryId, category);
    const cell = category.get(imageId);
    if (cell === undefined) category.set(imageId, [row]);
    else cell.push(row);
  }
  return categories;
}

/** Cells of listed categories and images, as `COCOeval._prepare` makes them. */
function categoriesOf(
  results: readonly CocoResult[],
  dataset: CocoDataset,
  kind: EvaluationKind,
  note: (line: string) => void,
): { readonly categories: Map<Id, Category>; readonly imageIds: readonly Id[] } {
  const { images, categoryIds, truths } = truthsOf(dataset);
  const truthCells = groupByCell(truths);
  const detectionCells = groupByCell(detectionsOf(results, images));
  const imageIds = [...images.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const categories = new Map<Id, Category>();
  const sizes = new SizeNotes();
  for (const categoryId of categoryIds) {
    const category: Category = new Map();
    for (const imageId of imageIds) {
      const wanted = truthCells.get(categoryId)?.get(imageId) ?? [];
      const found = detectionCells.get(categoryId)?.get(imageId) ?? [];
      if (wanted.length + found.length === 0) continue;
      const image = images.get(imageId)!;
      const scored = found.map((row) => ({
        ...row,
        score: numberOf(row.entry.score, `the score of ${row.name}`),
      }));
      const best = scored.sort((a, b) => b.score - a.score).slice(0, maxDetections);
      const cell = {
        truths: wanted.map((row) => truthOf(row, kind, image)),
        detections: best.map(({ entry, name, area, score }) => ({
          region: regionOf(entry, name, kind, image),
          area,
          score,
        })),
      };
      if (kind === "segm") sizes.look(imageId, image.file_name, cell);
      category.set(imageId, cell);
    }
    categories.set(categoryId, category);
  }
  const line = sizes.line();
  if (line !== undefined) note(line);
  return { categories, imageIds };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? -1 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** AP per category with ground truth, one column per IoU threshold. */
function curves(
  categories: Map<Id, Category>,
  imageIds: readonly Id[],
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
 * Computes COCO's average precision of masks or boxes as pycocotools' `loadRes` and `COCOeval` do:
 * entries of unlisted categories and images of the truth do not count, nor does `ignore`; a
 * detection has the size class of its box where the first result has one, else of its mask; boxes
 * without masks count as rectangles. Results equal pycocotools'; the guaranteed tolerance is 0.001.
 * @param note takes lines about what may be a slip
 * @throws Refusal with the entry, where pycocotools fails
 */
export function evaluateCoco(
  results: readonly CocoResult[],
  dataset: CocoDataset,
  kind: EvaluationKind,
  note: (line: string) => void = () => {},
): Evaluation {
  if (!Array.isArray(results)) throw new Refusal("the results must be a list");
  const { categories, imageIds } = categoriesOf(results, dataset, kind, note);
  const ious = new Map<Cell, ArrayLike<number>[]>();
  for (const category of categories.values())
    for (const cell of category.values()) ious.set(cell, iousOf(cell, kind));
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
