import { edgeSam } from "./edge_sam.js";
import { efficientSam } from "./efficient_sam.js";
import type { PromptFamily } from "./family.js";
import { sam } from "./sam.js";
import { samTransformers } from "./sam_transformers.js";
import { sam2 } from "./sam2.js";
import { sam2Transformers } from "./sam2_transformers.js";

/** All promptable families. A decoder fits one of them at most. */
export const promptFamilies: readonly PromptFamily[] = [
  sam,
  edgeSam,
  efficientSam,
  samTransformers,
  sam2,
  sam2Transformers,
];
