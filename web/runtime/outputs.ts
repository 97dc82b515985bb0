import { type RawTensor, toRawTensor } from "../base/tensor.js";
import type { OrtTensor } from "./ort_module.js";

/**
 * Reads all outputs of one run as float32 and disposes every tensor, even after a failure.
 * @throws MaskletError `badTensor` for strings, complex numbers, and data that does not fit its
 *   shape.
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
