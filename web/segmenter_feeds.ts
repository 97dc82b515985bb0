import { makeConstantFeeds } from "./runtime/constant_feeds.js";
import type { Feeds } from "./runtime/feed.js";
import { makeImageFeed } from "./runtime/image_feed.js";
import type { ModelPlan } from "./segmenter_plan.js";
import type { Size } from "./types.js";

/**
 * Everything that one run is fed.
 * @param planar pictures one after the other, each planar [3, height, width]
 * @param size of the network's input in this run
 */
export function makePictureFeeds({ image, detection, signature }: ModelPlan, planar: Float32Array, size: Size): Feeds {
  const picture = makeImageFeed(image, planar, size);
  const batch = picture.dims.length === 4 ? picture.dims[0]! : 1;
  const constants = detection.match?.binding.constantInputs ?? {};
  return { [image.name]: picture, ...makeConstantFeeds(constants, signature.inputs, size, batch) };
}
