// Checks of the caller's options. All throw `badOption`, with the option and its value.
import type { MaskletError } from "../base/errors.js";
import type { Box, Size } from "../base/geometry.js";
import { checkFraction, checkInteger, type OptionNames, optionError } from "../base/options.js";
import { engineOptionNames, limitNames } from "../engine/options.js";
import type { Prompt, PromptPoint } from "../families/prompt/points.js";
import type { BuiltInPromptModel } from "../model/built_in_types.js";
import type {
  EverythingOptions,
  LowResMask,
  PredictOptions,
  PromptSegmenterOptions,
  SegmentBoxesOptions,
} from "./types.js";

export const promptOptionNames = {
  ...engineOptionNames,
  model: true,
  encoder: true,
  decoder: true,
  family: true,
  cacheSize: true,
  sha256: true,
} satisfies OptionNames<PromptSegmenterOptions>;

export const predictNames = {
  points: true,
  box: true,
  mask: true,
  multimask: true,
  soft: true,
  ...limitNames,
} satisfies OptionNames<PredictOptions>;

export const boxesNames = { soft: true, ...limitNames } satisfies OptionNames<SegmentBoxesOptions>;

export const everythingNames = {
  gridSize: true,
  predictedIouThreshold: true,
  stabilityThreshold: true,
  boxIouThreshold: true,
  maskIouThreshold: true,
  minArea: true,
  cropLayers: true,
  soft: true,
  onProgress: true,
  ...limitNames,
} satisfies OptionNames<EverythingOptions>;

const stage = "preprocess";

/** {@link EverythingOptions}, checked and with defaults. */
export interface CheckedEverything {
  readonly gridSize: number;
  readonly predictedIouThreshold: number;
  readonly stabilityThreshold: number;
  readonly boxIouThreshold: number;
  readonly maskIouThreshold: number;
  readonly minArea: number;
  readonly cropLayers: number;
  readonly soft: boolean;
}

/** A larger grid is probably a mistake: 512 points per side are a quarter of a million runs. */
const maxGridSize = 512;
/** 4^4 crops already suit an image of gigapixels. */
const maxCropLayers = 4;

/** {@link PredictOptions}, checked and with defaults. */
export interface CheckedPrompt {
  readonly prompt: Prompt;
  readonly mask: LowResMask | undefined;
  readonly multimask: boolean;
  readonly soft: boolean;
}

export function checkPredict(options: PredictOptions, image: Size): CheckedPrompt {
  const { points = [], box, mask, soft = false } = options;
  if (!Array.isArray(points)) throw badOption("points", points, "a list of points");
  points.forEach((point, index) => {
    checkPoint(point, index, image);
  });
  if (box) checkBox(box, "box", image);
  if (mask) checkLowRes(mask);
  if (points.length === 0 && !box && !mask)
    throw badOption("number of points", 0, "at least 1 without a box and a mask");
  const multimask = options.multimask ?? (points.length === 1 && !box && !mask);
  return {
    prompt: { points: points.map(({ x, y, label }) => ({ x, y, label })), box },
    mask,
    multimask,
    soft: Boolean(soft),
  };
}

export function checkBoxes(boxes: readonly Box[], image: Size): void {
  if (!Array.isArray(boxes)) throw badOption("boxes", boxes, "a list of boxes");
  boxes.forEach((box, index) => {
    checkBox(box, `boxes[${index}]`, image);
  });
}

/** Whether a box is not empty and lies inside the image. */
export function isBoxInside({ x1, y1, x2, y2 }: Box, { width, height }: Size): boolean {
  return x1 >= 0 && y1 >= 0 && x2 <= width && y2 <= height && x1 < x2 && y1 < y2;
}

/** @param usual the model's own thresholds, if any */
export function checkEverything(
  options: EverythingOptions,
  usual: BuiltInPromptModel["everything"] = {},
): CheckedEverything {
  const {
    predictedIouThreshold = usual.predictedIouThreshold ?? 0.88,
    stabilityThreshold = usual.stabilityThreshold ?? 0.95,
  } = options;
  const { gridSize = 32, boxIouThreshold = 0.7 } = options;
  const { maskIouThreshold = 1, minArea = 0, cropLayers = 0, soft = false } = options;
  checkInteger(stage, "gridSize", gridSize, 1, maxGridSize);
  checkInteger(stage, "cropLayers", cropLayers, 0, maxCropLayers);
  if (!Number.isFinite(predictedIouThreshold))
    throw badOption("predictedIouThreshold", predictedIouThreshold, "a number");
  checkFraction(stage, "stabilityThreshold", stabilityThreshold);
  checkFraction(stage, "boxIouThreshold", boxIouThreshold);
  checkFraction(stage, "maskIouThreshold", maskIouThreshold);
  if (!(Number.isFinite(minArea) && minArea >= 0))
    throw badOption("minArea", minArea, "a number of at least 0");
  const thresholds = {
    predictedIouThreshold,
    stabilityThreshold,
    boxIouThreshold,
    maskIouThreshold,
  };
  return { gridSize, ...thresholds, minArea, cropLayers, soft: Boolean(soft) };
}

function checkPoint({ x, y, label }: PromptPoint, index: number, { width, height }: Size): void {
  const name = `points[${index}]`;
  if (!(x >= 0 && x <= width))
    throw badOption(`${name}.x`, x, `a number from 0 to ${width}, the image's width`);
  if (!(y >= 0 && y <= height))
    throw badOption(`${name}.y`, y, `a number from 0 to ${height}, the image's height`);
  if (label !== "foreground" && label !== "background")
    throw badOption(`${name}.label`, label, "'foreground' or 'background'");
}

function checkBox(box: Box, name: string, image: Size): void {
  if (isBoxInside(box, image)) return;
  const { x1, y1, x2, y2 } = box;
  const size = `${image.width} x ${image.height}`;
  const rule = `a box with x1 < x2 and y1 < y2 inside the image of ${size}`;
  throw badOption(name, `(${[x1, y1, x2, y2].join(", ")})`, rule);
}

function checkLowRes({ width, height, logits }: LowResMask): void {
  if (logits instanceof Float32Array && logits.length === width * height) return;
  throw badOption(
    "mask",
    `${width} x ${height} with ${logits?.length} values`,
    "the lowResMask of a candidate",
  );
}

function badOption(name: string, value: unknown, rule: string): MaskletError {
  return optionError(stage, name, value, rule);
}
