import type { Size } from "../base/geometry.js";
import type { Preprocessing, ResizeMode } from "../base/preprocessing.js";
import { type Literal, parseLiteral } from "./python_literal.js";

/**
 * What the exporter wrote about a model into its metadata. Any part may be absent or wrong, so the
 * tensors take precedence.
 */
export interface ExporterHints {
  /** Class names, indexed by class id, without gaps. */
  readonly labels?: readonly string[];
  readonly task?: string;
  /** Both sides of the input must be multiples of this number of pixels. */
  readonly stride?: number;
  readonly inputSize?: Size;
  /** Whether the graph contains non-maximum suppression, so that its rows are final. */
  readonly endToEnd?: boolean;
  /** The preprocessing of the training. */
  readonly preprocessing?: Pick<Preprocessing, "resizeMode">;
}

/**
 * Values of the metadata key `letterbox`, which `models/train/export.py` writes: the place of the
 * image in the training's letterbox.
 */
const letterboxes = new Map<string, ResizeMode>([
  ["top-left", "letterbox-top-left"],
  ["center", "letterbox-center"],
  ["stretch", "stretch"],
]);

/** Maximum number of classes, more than any known data set has. */
const maxClasses = 65_536;

/**
 * Reads the keys `names`, `task`, `stride`, `imgsz`, `end2end` and `args` as Ultralytics' exporter
 * writes them (`exporter.py`, Python `str()` of the values) or as JSON, and the key `letterbox`.
 * Malformed values are left out.
 */
export function readExporterHints(metadata: Readonly<Record<string, string>>): ExporterHints {
  const read = (key: string): Literal | undefined =>
    Object.hasOwn(metadata, key) ? parseLiteral(metadata[key]!) : undefined;
  const stride = read("stride");
  const args = read("args");
  const nmsInside = args instanceof Map ? args.get("nms") === true : undefined;
  const endToEnd = read("end2end") === true || nmsInside === true;
  const resizeMode = Object.hasOwn(metadata, "letterbox")
    ? letterboxes.get(metadata.letterbox!)
    : undefined;
  const saysNothing = read("end2end") === undefined && nmsInside === undefined;
  return withoutUndefined({
    labels: toLabels(read("names")),
    task: Object.hasOwn(metadata, "task") ? metadata.task : undefined,
    stride: isSide(stride) ? stride : undefined,
    inputSize: toSize(read("imgsz")),
    endToEnd: saysNothing ? undefined : endToEnd,
    preprocessing: resizeMode && { resizeMode },
  });
}

/** A key `k` of the dictionary is a class id. A missing id gets the name `class k`. */
function toLabels(names: Literal | undefined): string[] | undefined {
  const entries: [unknown, Literal][] = Array.isArray(names)
    ? names.map((name, id) => [id, name])
    : names instanceof Map
      ? [...names]
      : [];
  const labels: string[] = [];
  for (const [key, name] of entries) {
    const id = typeof key === "string" && /^[0-9]{1,6}$/.test(key) ? Number(key) : key;
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= maxClasses)
      return undefined;
    labels[id] = String(name);
  }
  return labels.length === 0
    ? undefined
    : Array.from(labels, (label, id) => label ?? `class ${id}`);
}

/** `imgsz` is [height, width], or one number for both. */
function toSize(size: Literal | undefined): ExporterHints["inputSize"] {
  if (isSide(size)) return { width: size, height: size };
  if (!Array.isArray(size) || size.length !== 2) return undefined;
  const [height, width] = size;
  return isSide(height) && isSide(width) ? { width, height } : undefined;
}

function isSide(value: Literal | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_536;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(
    Object.entries(value).filter(([, part]) => part !== undefined),
  ) as Partial<Defined<T>>;
}
