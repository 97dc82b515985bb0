import type { TensorInfo } from "../../web/base/tensor.js";
import { matchFamily, type WantedFamily } from "../../web/families/detect.js";
import type { ModelSignature } from "../../web/families/family.js";
import type { ExporterHints } from "../../web/model/exporter_hints.js";

export type Dims = readonly (number | string)[];

export interface SignatureOptions {
  /** Input side, or width and height; 640. */
  readonly size?: number | readonly [number, number];
  readonly hints?: ExporterHints;
  readonly type?: string;
  /** Of the outputs; `out0` … */
  readonly names?: readonly string[];
  /** Whether the input size is open. The outputs then belong to the chosen size. */
  readonly open?: boolean;
}

/** The signature of a model with one image input and these outputs. */
export function signature(
  outputs: readonly Dims[],
  options: SignatureOptions = {},
): ModelSignature {
  const { size = 640, hints = {}, type = "float32", names = [], open = false } = options;
  const [width, height] = typeof size === "number" ? [size, size] : size;
  const tensors: TensorInfo[] = outputs.map((dims, i) => ({
    name: names[i] ?? `out${i}`,
    type,
    dims,
  }));
  const dims = open ? [1, 3, "height", "width"] : [1, 3, height, width];
  return {
    inputs: [{ name: "images", type: "float32", dims }],
    outputs: tensors,
    inputSize: { width, height },
    hints,
  };
}

/** Among all families: `family/variant` of the match, or undefined. */
export function matchOf(model: ModelSignature, wanted?: WantedFamily): string | undefined {
  const { match } = matchFamily(model, wanted);
  return match && `${match.family.name}/${match.binding.variant}`;
}
