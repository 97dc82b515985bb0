import { type RawTensor, toRawTensor } from "../base/tensor.js";
import type { OrtTensor } from "./ort_module.js";

/**
 * Takes all outputs of one run as float32 and disposes every tensor, also when one of them cannot
 * be read.
 * @throws MaskletError `badTensor` for strings, complex numbers and data shorter or longer than its
 *   dimensions.
 */
export function takeOutputs(outputs: Readonly<Record<string, OrtTensor>>): Map<string, RawTensor> {
  try {
    return new Map(
      Object.entries(outputs).map(([name, tensor]) => [
        name,
        toRawTensor(name, tensor, "inference"),
      ]),
    );
  } finally {
    for (const tensor of Object.values(outputs)) tensor.dispose();
  }
}
