import type { MaskletError } from "../base/errors.js";
import {
  checkFraction,
  checkInteger,
  type OptionNames,
  oneOf,
  optionError,
} from "../base/options.js";
import { engineOptionNames, limitNames } from "../engine/options.js";
import type { ModelFamily } from "../families/family.js";
import type { PlainSegmentOptions } from "./calls.js";
import type { CreateOptions, SegmentOptions } from "./types.js";

export const createOptionNames = {
  ...engineOptionNames,
  model: true,
  family: true,
  variant: true,
  labels: true,
  sha256: true,
} satisfies OptionNames<CreateOptions>;

export const segmentOptionNames = {
  scoreThreshold: true,
  iouThreshold: true,
  maxInstances: true,
  classes: true,
  soft: true,
  segmentWith: true,
  ...limitNames,
} satisfies OptionNames<SegmentOptions>;

/**
 * Settings of one call, checked and with defaults. `classFilter` has one byte per class; 0 drops
 * the class. If it is absent, all classes stay.
 */
export interface CheckedSegmentOptions {
  readonly scoreThreshold: number;
  readonly iouThreshold: number;
  readonly maxInstances: number;
  readonly soft: boolean;
  readonly classFilter?: Uint8Array;
}

/** Above the number of rows of any known network. */
const maxRows = 100_000;

/** Thresholds of families without their own: those of Ultralytics' predictor. */
const usualScoreThreshold = 0.25;
const usualIouThreshold = 0.7;

/**
 * @param classCount number of classes of the model, 0 if unknown
 * @param defaults defaults of the model's family
 * @throws MaskletError `badOption`, with the option and its value
 */
export function checkSegmentOptions(
  options: PlainSegmentOptions,
  labels: readonly string[],
  classCount: number,
  defaults: ModelFamily["defaults"] = {},
): CheckedSegmentOptions {
  const { maxInstances = 100, soft = false, classes } = options;
  const scoreThreshold = options.scoreThreshold ?? defaults.scoreThreshold ?? usualScoreThreshold;
  const iouThreshold = options.iouThreshold ?? defaults.iouThreshold ?? usualIouThreshold;
  checkFraction("decode", "scoreThreshold", scoreThreshold);
  checkFraction("decode", "iouThreshold", iouThreshold);
  checkInteger("decode", "maxInstances", maxInstances, 1, maxRows);
  const checked = { scoreThreshold, iouThreshold, maxInstances, soft: Boolean(soft) };
  return classes === undefined
    ? checked
    : { ...checked, classFilter: makeClassFilter(classes, labels, classCount) };
}

function makeClassFilter(
  classes: readonly (string | number)[],
  labels: readonly string[],
  classCount: number,
): Uint8Array {
  if (!Array.isArray(classes)) throw badClasses(classes, "a list of labels and class ids");
  const ids = classes.flatMap((wanted) =>
    typeof wanted === "string" ? idsOf(wanted, labels) : [wanted],
  );
  const count = classCount || Math.max(labels.length, ...ids.map((id) => id + 1), 1);
  const filter = new Uint8Array(Math.min(count, 65_536));
  for (const id of ids) {
    if (!Number.isInteger(id) || id < 0 || id >= filter.length) {
      throw badClasses(id, `class ids from 0 to ${filter.length - 1}`);
    }
    filter[id] = 1;
  }
  return filter;
}

/** Several classes of a model can share one name. */
function idsOf(label: string, labels: readonly string[]): number[] {
  const ids = labels.flatMap((known, id) => (known === label ? [id] : []));
  if (ids.length === 0)
    throw badClasses(
      label,
      labels.length > 0 ? oneOf(labels) : "class ids, because the model does not name its classes",
    );
  return ids;
}

function badClasses(value: unknown, rule: string): MaskletError {
  return optionError("decode", "classes", value, rule);
}

/**
 * Names by class id, from the caller, else from the model; empty if neither gives names.
 * @param classCount number of classes of the model, 0 if unknown
 * @throws MaskletError `badOption` if the caller's number of names is not `classCount`
 */
export function chooseLabels(
  asked: readonly string[] | undefined,
  known: readonly string[] | undefined,
  classCount: number,
): readonly string[] {
  if (asked && classCount > 0 && asked.length !== classCount) {
    const rule = `${classCount}, one for each class of the model`;
    throw optionError("load", "number of labels", asked.length, rule);
  }
  const labels = asked ?? known;
  if (!labels) return [];
  return Array.from(
    { length: classCount || labels.length },
    (_, id) => labels[id] ?? `class ${id}`,
  );
}
