// Automatic mask generation: every object of an image, without a prompt (algorithm and constants of
// segment_anything's SamAutomaticMaskGenerator).

import { throwIfAborted } from "../base/errors.js";
import type { Box } from "../base/geometry.js";
import type { RgbaImage } from "../base/image.js";
import type { Core } from "../core/core.js";
import type { Prompt } from "../families/prompt/points.js";
import { Mask } from "../mask/mask.js";
import { suppressBoxes, suppressMasks } from "../mask/suppression.js";
import {
  type Crop,
  cropsOf,
  cutOutCrop,
  gridSizeOf,
  isCutOff,
  moveToWhole,
  pointGrid,
} from "../tiles/grid.js";
import type { EncodedImage } from "./cache.js";
import type { Answer, Ask } from "./decoder.js";
import type { CheckedEverything } from "./options.js";
import type { EverythingProgress, PromptCandidate } from "./types.js";

/** The part of an engine that the generator needs. */
export interface EverythingWork {
  readonly core: Core;
  readonly encoded: EncodedImage;
  readonly settings: CheckedEverything;
  readonly signal: AbortSignal | undefined;
  onProgress(progress: EverythingProgress): void;
  ask(encoded: EncodedImage, ask: Ask): Promise<readonly Answer[]>;
  /** Encodes an image for the duration of the task. */
  withEncoded<T>(image: RgbaImage, task: (encoded: EncodedImage) => Promise<T>): Promise<T>;
}

/** A candidate in pixels of the whole image, and the area of its crop. */
interface Found {
  readonly candidate: PromptCandidate;
  readonly cropArea: number;
}

/** Number of points between two progress reports and checks of the signal. */
const pointsPerStep = 64;

/** All masks that pass, best predicted IoU first. */
export async function segmentEverything(work: EverythingWork): Promise<PromptCandidate[]> {
  const { settings, core } = work;
  const crops = cropsOf(work.encoded.image, settings.cropLayers);
  const total = crops.reduce(
    (sum, { layer }) => sum + gridSizeOf(layer, settings.gridSize) ** 2,
    0,
  );
  const found: Found[] = [];
  let done = 0;
  work.onProgress({ done, total });
  for (const crop of crops) {
    const report = (points: number) => {
      done += points;
      work.onProgress({ done, total });
    };
    throwIfAborted(work.signal, "inference");
    found.push(...(await searchCrop(work, crop, report)));
  }
  // Smaller crops show more detail, so their masks come first.
  const ratings = found.map(({ cropArea }) => 1 / cropArea);
  const different =
    crops.length > 1
      ? suppressBoxes(boxesOf(found), ratings, settings.boxIouThreshold).map((i) => found[i]!)
      : found;
  let candidates = different.map(({ candidate }) => candidate);
  if (settings.minArea > 0) candidates = tidy(core, candidates, settings);
  if (settings.maskIouThreshold < 1)
    candidates = suppressMasks(core, candidates, settings.maskIouThreshold).map(
      (i) => candidates[i]!,
    );
  return candidates.sort((a, b) => b.predictedIou - a.predictedIou);
}

async function searchCrop(
  work: EverythingWork,
  crop: Crop,
  report: (points: number) => void,
): Promise<Found[]> {
  const { encoded, settings } = work;
  const candidates =
    crop.layer === 0
      ? await searchImage(work, encoded, crop, report)
      : await work.withEncoded(cutOutCrop(encoded.image, crop), (part) =>
          searchImage(work, part, crop, report),
        );
  const boxes = candidates.map(({ box }) => box);
  const ratings = candidates.map(({ predictedIou }) => predictedIou);
  const kept = suppressBoxes(boxes, ratings, settings.boxIouThreshold);
  return kept.map((i) => ({ candidate: candidates[i]!, cropArea: crop.width * crop.height }));
}

/** The masks of one crop, in pixels of the whole image, without those that its edge cuts off. */
async function searchImage(
  work: EverythingWork,
  part: EncodedImage,
  crop: Crop,
  report: (points: number) => void,
): Promise<PromptCandidate[]> {
  const { settings, encoded } = work;
  const { predictedIouThreshold: predictedIou, stabilityThreshold: stability, soft } = settings;
  const points = pointGrid(gridSizeOf(crop.layer, settings.gridSize), crop);
  const candidates: PromptCandidate[] = [];
  for (let at = 0; at < points.length; at += pointsPerStep) {
    const step = points.slice(at, at + pointsPerStep);
    const prompts = step.map(({ x, y }): Prompt => ({ points: [{ x, y, label: "foreground" }] }));
    const answers = await work.ask(part, {
      prompts,
      multimask: true,
      soft,
      thresholds: { predictedIou, stability },
    });
    for (const { candidate } of answers) {
      const whole = moveToWhole(candidate, crop, encoded.image);
      if (!isCutOff(whole.box, crop, encoded.image)) candidates.push(whole);
    }
    report(step.length);
  }
  return candidates;
}

/**
 * Fills small holes and removes small islands, then removes duplicates. Among duplicates, unchanged
 * masks win.
 */
function tidy(
  core: Core,
  candidates: readonly PromptCandidate[],
  { minArea, boxIouThreshold }: CheckedEverything,
): PromptCandidate[] {
  const tidied = candidates.map((candidate) => withoutSmallRegions(core, candidate, minArea));
  const ratings = tidied.map((candidate, i) => (candidate === candidates[i] ? 1 : 0));
  const kept = suppressBoxes(
    tidied.map(({ box }) => box),
    ratings,
    boxIouThreshold,
  );
  return kept.map((i) => tidied[i]!).filter(({ mask }) => mask.area > 0);
}

/** Returns the same object if nothing was small. */
function withoutSmallRegions(
  core: Core,
  candidate: PromptCandidate,
  minArea: number,
): PromptCandidate {
  const { sourceWidth, sourceHeight, area } = candidate.mask;
  const mask = Mask.from({
    ...core.masks.removeSmallRegions(candidate.mask, minArea),
    sourceWidth,
    sourceHeight,
  });
  if (mask.area === area && core.masks.intersectionArea(mask, candidate.mask) === area)
    return candidate;
  const { x, y, width, height } = mask.bounds();
  return { ...candidate, mask, box: { x1: x, y1: y, x2: x + width, y2: y + height } };
}

function boxesOf(found: readonly Found[]): Box[] {
  return found.map(({ candidate }) => candidate.box);
}
