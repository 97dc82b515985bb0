import type { ModelFamily } from "./family.js";
import { yoloSeg } from "./yolo_seg.js";

/** All families, in the order in which they are asked. */
export const families: readonly ModelFamily[] = [yoloSeg];
