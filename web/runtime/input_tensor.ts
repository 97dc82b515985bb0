import type { OrtModule, OrtTensor } from "./ort_module.js";
import { float32ToFloat16 } from "./outputs.js";

/** The image input of a network. */
export interface ModelInput {
  readonly name: string;
  readonly type: "float32" | "float16";
}

/** `values` are taken as they are for float32 (no copy), converted for float16. */
export function makeInputTensor(ort: OrtModule, input: ModelInput, dims: readonly number[], values: Float32Array): OrtTensor {
  return input.type === "float16" ? new ort.Tensor("float16", float32ToFloat16(values), dims) : new ort.Tensor("float32", values, dims);
}
