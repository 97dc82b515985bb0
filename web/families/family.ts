import { MaskletError } from "../base/errors.js";
import type { Size } from "../base/geometry.js";
import type { InputSizing, Preprocessing } from "../base/preprocessing.js";
import type { RawTensor, TensorInfo } from "../base/tensor.js";
import type { Core, DecodeCall, InstanceColumns } from "../core/core.js";
import type { ExporterHints } from "../model/exporter_hints.js";
import type { ConstantInput } from "../model/info.js";

/** The parts of a model that recognition uses. */
export interface ModelSignature {
  /** Empty if they are unknown (raw tensors from another runtime). A family must accept that. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Size of the image input, if it is fixed or chosen. */
  readonly inputSize: Size | undefined;
  readonly hints: ExporterHints;
}

/** How a family reads a model. */
export interface ModelBinding {
  /** Layout within the family. */
  readonly variant: string;
  /** Output names by their role in the family. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Number of classes, or 0 if the tensors do not determine it. */
  readonly classCount: number;
  /**
   * Certainty of the match, 0..1. The best candidate wins, and equal ones are ambiguous. 1: the
   * shapes contain a number that other families cannot have by chance (the anchor count of this
   * input size, priors). 0.8: the combination of ranks and shapes is unique. 0.6: it fits, but
   * others may fit too. 0.5: it fits as far as the file fixes dimensions. Names and metadata may
   * change it by 0.05.
   */
  readonly certainty: number;
  /** One sentence about the matching tensors. */
  readonly reason: string;
  /** The preprocessing of this variant, as far as it differs from the family's. */
  readonly preprocessing?: Partial<Omit<Preprocessing, "width" | "height" | "content">>;
  /** How an open input size depends on the image; default `fixed`. */
  readonly sizing?: InputSizing;
  /** Constant values of the other inputs, by input name. */
  readonly constantInputs?: Readonly<Record<string, ConstantInput>>;
}

export interface FamilyRefusal {
  /** One sentence about what is missing or does not fit. */
  readonly refusal: string;
  /** Whether only open dimensions prevent a match. A trial run would then decide. */
  readonly unresolved?: boolean;
}

/** The options of a call for a decoder. */
export type FamilyDecodeOptions = DecodeCall;

/**
 * A kind of network: how to recognize it, how to prepare its input, and how to decode its outputs.
 */
export interface ModelFamily {
  /** Name of the family, which is its file stem here and in `src/decode/`. */
  readonly name: string;
  /** Default preprocessing. A model's card or the caller may override it. */
  readonly preprocessing: Omit<Preprocessing, "width" | "height" | "content">;
  /** Input size of a model that neither fixes nor states one. */
  readonly defaultInputSize: Size;
  /**
   * Both sides of an input of open size must be multiples of this (default 32). A stride in the
   * metadata takes precedence.
   */
  readonly inputMultiple?: number;
  /** Thresholds of its reference, if they differ from 0.25 and 0.7. */
  readonly defaults?: { readonly scoreThreshold?: number; readonly iouThreshold?: number };
  /**
   * Whether the network computes masks (default true). Without masks, the mask of an instance is
   * its filled box.
   */
  readonly masks?: boolean;
  /**
   * Recognizes tensors by rank, shape and type, not by name. Returns the best layout that fits.
   */
  bind(signature: ModelSignature): ModelBinding | FamilyRefusal;
  /**
   * All layouts that fit, for a family in which several can fit. They compete with each other and
   * with other families.
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
 * Returns an output by name.
 * @throws MaskletError `badTensor` if the network did not produce it.
 */
export function takeOutput(outputs: ReadonlyMap<string, RawTensor>, name: string): RawTensor {
  const tensor = outputs.get(name);
  if (tensor) return tensor;
  const names = [...outputs.keys()].join(", ");
  throw new MaskletError(
    "badTensor",
    "decode",
    `output '${name}' is missing; the outputs are ${names}`,
    { value: name },
  );
}

export type { Size } from "../base/geometry.js";
export type { InputSizing } from "../base/preprocessing.js";
