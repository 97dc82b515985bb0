import type { TensorInfo } from "../../web/base/tensor.js";
import { matchFamily } from "../../web/families/detect.js";
import type { ModelFamily, ModelSignature } from "../../web/families/family.js";
import { families } from "../../web/families/index.js";
import type { ExporterHints } from "../../web/model/exporter_hints.js";

export type Dims = readonly (number | string)[];

/** Tensors as `{ name: [type, dims] }`, in the order of a model file. */
export type Tensors = Readonly<Record<string, readonly [type: string, dims: Dims | undefined]>>;

export function tensorInfos(tensors: Tensors): TensorInfo[] {
  return Object.entries(tensors).map(([name, [type, dims]]) => ({ name, type, dims }));
}

/**
 * The signature of a model with these outputs and one float input. A side of 0 is open.
 */
export function signatureOf(
  outputs: Tensors,
  side: number,
  hints: ExporterHints = {},
): ModelSignature {
  const sides: Dims = side > 0 ? [side, side] : ["height", "width"];
  const inputSize = side > 0 ? { width: side, height: side } : undefined;
  return {
    inputs: tensorInfos({ image: ["float32", [1, 3, ...sides]] }),
    outputs: tensorInfos(outputs),
    inputSize,
    hints,
  };
}

/**
 * The same tensors in reverse order with meaningless names, and the meaning of the new names.
 */
export function renamed(signature: ModelSignature): {
  signature: ModelSignature;
  original: ReadonlyMap<string, string>;
} {
  const outputs = [...signature.outputs]
    .reverse()
    .map((output, i) => ({ ...output, name: `t${i}` }));
  const original = new Map([...signature.outputs].reverse().map(({ name }, i) => [`t${i}`, name]));
  return { signature: { ...signature, outputs }, original };
}

/**
 * The result of recognition: `family/variant`, the candidates of an ambiguous model, or undefined.
 */
export function recognized(signature: ModelSignature): string {
  const { match, candidates } = matchFamily(signature, undefined, families);
  if (match) return `${match.family.name}/${match.binding.variant}`;
  return candidates.map(({ family, binding }) => `${family.name}/${binding.variant}`).join(" or ");
}

/** The refusal of one family. It fails if the family accepts the model. */
export function refusalOf(
  family: ModelFamily,
  signature: ModelSignature,
): { refusal: string; unresolved?: boolean } {
  const answer = family.bind(signature);
  if ("refusal" in answer) return answer;
  throw new Error(`taken as ${answer.variant}: ${answer.reason}`);
}
