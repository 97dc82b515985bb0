import { throwIfAborted } from "../base/errors.js";
import type { Box } from "../base/geometry.js";
import type { Source } from "../base/image.js";
import type { Instance } from "../mask/instances.js";
import type { BoxSegmenter, SegmentOptions, SegmentResult } from "./types.js";

/**
 * The second step of the two-step method: segments again inside the box of every instance and fits
 * the box to the mask. Scores, classes and order stay. An instance stays unchanged if its box is
 * empty, or if the second step finds nothing in it.
 */
export async function segmentInBoxes(
  result: SegmentResult,
  source: Source,
  second: BoxSegmenter,
  { soft = false, signal }: Pick<SegmentOptions, "soft" | "signal">,
): Promise<SegmentResult> {
  throwIfAborted(signal, "inference");
  const start = performance.now();
  const boxes = result.instances.map(({ box }) => box);
  const usable = boxes.filter(hasArea);
  const found =
    usable.length === 0
      ? []
      : await second.segmentBoxesIn(source, usable, { soft, ...(signal ? { signal } : {}) });
  const instances = result.instances.map((instance): Instance => {
    const better = found[usable.indexOf(instance.box)];
    return better && better.mask.area > 0
      ? { ...instance, mask: better.mask, box: better.box }
      : instance;
  });
  const secondStep = performance.now() - start;
  return {
    ...result,
    instances,
    timingsMs: { ...result.timingsMs, secondStep, total: result.timingsMs.total + secondStep },
  };
}

function hasArea({ x1, y1, x2, y2 }: Box): boolean {
  return x1 < x2 && y1 < y2;
}
