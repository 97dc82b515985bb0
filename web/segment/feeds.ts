import type { Size } from "../base/geometry.js";
import type { Feeds } from "../runtime/feed.js";
import { makeConstantFeeds, makeImageFeed } from "../runtime/image_feed.js";
import type { ModelPlan } from "./plan.js";

/**
 * All inputs of one run.
 * @param planar images one after another, each planar [3, height, width]
 * @param size of the network's input in this run
 */
export function makeImageFeeds(
  { image, detection, signature }: ModelPlan,
  planar: Float32Array,
  size: Size,
): Feeds {
  const feed = makeImageFeed(image, planar, size);
  const batch = feed.dims.length === 4 ? feed.dims[0]! : 1;
  const constants = detection.match?.binding.constantInputs ?? {};
  return { [image.name]: feed, ...makeConstantFeeds(constants, signature.inputs, size, batch) };
}
