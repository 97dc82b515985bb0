import { MaskletError } from "../base/errors.js";
import type { Size } from "../base/geometry.js";
import type { InputSizing, Preprocessing } from "../base/preprocessing.js";
import type { RawTensor, TensorInfo } from "../base/tensor.js";
import type { Core, DecodeCall, InstanceColumns } from "../core/core.js";
import type { ExporterHints } from "../model/exporter_hints.js";
import type { ConstantInput } from "../model/info.js";

/** What a family is shown of a model. */
export interface ModelSignature {
  /** Empty when nothing is known of them (raw tensors from elsewhere): no reason to refuse. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Size of the image input, where it is fixed or has been chosen. */
  readonly inputSize: Size | undefined;
  readonly hints: ExporterHints;
}

/** How a family will read a model. */
export interface ModelBinding {
  /** Layout within the family. */
  readonly variant: string;
  /** Output names by the role that they play in the family. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Number of classes; 0 when the tensors do not tell. */
  readonly classCount: number;
  /**
   * 0..1, how little else the tensors could be; the best of several candidates is taken, and equals
   * are an ambiguity. 1: a number that no other family has by chance (the anchor count of this
   * input size, priors). 0.8: a combination of ranks and shapes of its own. 0.6: it fits, and so
   * might others. 0.5: it fits as far as the file fixes dimensions. Names and metadata may move it
   * by 0.05.
   */
  readonly certainty: number;
  /** One sentence: which tensors match, and how. */
  readonly reason: string;
  /** Parts of the preprocessing in which this variant differs from its family. */
  readonly preprocessing?: Partial<Omit<Preprocessing, "width" | "height" | "content">>;
  /** How the input size follows from the image, where the graph leaves it open; absent: `fixed`. */
  readonly sizing?: InputSizing;
  /** What the graph wants beside the image, the same for every image, by input name. */
  readonly constantInputs?: Readonly<Record<string, ConstantInput>>;
}

export interface FamilyRefusal {
  /** One sentence: what is missing or does not fit. */
  readonly refusal: string;
  /** Only dimensions that the file leaves open stand in the way: a trial run would tell. */
  readonly unresolved?: boolean;
}

/** What a call asks of a decoder. */
export type FamilyDecodeOptions = DecodeCall;

/**
 * A kind of network: how it is recognized, what it wants to see, and how its outputs become
 * instances.
 */
export interface ModelFamily {
  /** File stem of the family in `src/decode/` and here. */
  readonly name: string;
  /** Preprocessing of its usual training; a model's card or the caller may say otherwise. */
  readonly preprocessing: Omit<Preprocessing, "width" | "height" | "content">;
  /** Input size of models that leave it open and do not name one. */
  readonly defaultInputSize: Size;
  /**
   * Both sides of an input whose size can be chosen must be multiples of this; default 32. A stride
   * in the metadata comes first.
   */
  readonly inputMultiple?: number;
  /** Thresholds of its reference, where the usual 0.25 and 0.7 are not fit. */
  readonly defaults?: { readonly scoreThreshold?: number; readonly iouThreshold?: number };
  /**
   * False for networks that give boxes only: an instance's mask is then its filled box. Default
   * true.
   */
  readonly masks?: boolean;
  /**
   * Recognizes tensors by rank, shape and type; names are no evidence. The best of the layouts that
   * fit.
   */
  bind(signature: ModelSignature): ModelBinding | FamilyRefusal;
  /**
   * All layouts that fit, for families in which several can; they compete with each other as with
   * other families.
   */
  bindAll?(signature: ModelSignature): readonly ModelBinding[];
  decode(
    core: Core,
    binding: ModelBinding,
    outputs: ReadonlyMap<string, RawTensor>,
    options: FamilyDecodeOptions,
  ): InstanceColumns;
}

/**
 * The output that a binding names.
 * @throws MaskletError `badTensor` when the network did not give it.
 */
export function takeOutput(outputs: ReadonlyMap<string, RawTensor>, name: string): RawTensor {
  const tensor = outputs.get(name);
  if (tensor) return tensor;
  const names = [...outputs.keys()].join(", ");
  throw new MaskletError(
    "badTensor",
    "decode",
    `output '${name}' is missing; there are: ${names}`,
    { value: name },
  );
}

export type { Size } from "../base/geometry.js";
export type { InputSizing } from "../base/preprocessing.js";
