import { MaskletError } from "../base/errors.js";
import type { Size } from "../base/geometry.js";
import { scoreTolerance } from "../base/limits.js";
import type { Preprocessing } from "../base/preprocessing.js";
import type { RawTensor } from "../base/tensor.js";
import type { Core, DecodeOptions, InstanceColumns } from "../core/core.js";
import type { FamilyMatch } from "./detect.js";

/**
 * Decodes the outputs of one image to instances. Every call takes this path.
 * @param preprocessing how this image was prepared
 * @throws MaskletError `badTensor` for scores outside 0..1
 */
export function decodeWith(
  core: Core,
  { family, binding }: FamilyMatch,
  outputs: ReadonlyMap<string, RawTensor>,
  source: Size,
  preprocessing: Preprocessing,
  options: DecodeOptions & { readonly soft: boolean },
): InstanceColumns {
  const placement = { source, input: preprocessing };
  const classCount = binding.classCount || (options.classFilter?.length ?? 0);
  const columns = family.decode(core, { ...binding, classCount }, outputs, {
    ...options,
    placement,
  });
  checkScores(columns.scores);
  return columns;
}

/** Most of all, columns of a class that hold something else give such scores. */
function checkScores(scores: Float32Array): void {
  const isScore = (score: number) => score >= 0 && score <= 1 + scoreTolerance;
  const wrong = scores.find((score) => !isScore(score));
  if (wrong === undefined) return;
  const message =
    `a score is ${wrong}; it must be from 0 to 1. The outputs are not probabilities: are they ` +
    "logits, or are keypoints or the angle of a rotated box among the columns of the classes?";
  throw new MaskletError("badTensor", "decode", message, { value: wrong });
}
