import type { Core, DecodeOptions, InstanceColumns } from "../core/core.js";
import type { Preprocessing, RawTensor, TensorInfo } from "../types.js";

/** What exporters say about a model in its metadata; every part may be absent or wrong, so the tensors have the last word. */
export interface ExporterHints {
  /** Class names by class id, without gaps. */
  readonly labels?: readonly string[];
  readonly task?: string;
  /** Network pixels that both input sides must be multiples of. */
  readonly stride?: number;
  readonly inputSize?: Size;
  /** The graph does its own suppression: its rows are final. */
  readonly endToEnd?: boolean;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a family is shown of a model. */
export interface ModelSignature {
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
   * 0..1, how little else the tensors could be; the best of several candidates is taken, and equals are an ambiguity. 1: a number that no
   * other family has by chance (the anchor count of this input size, priors). 0.8: a combination of ranks and shapes of its own. 0.6: it
   * fits, and so might others. 0.5: it fits as far as the file fixes dimensions. Names and metadata may move it by 0.05.
   */
  readonly certainty: number;
  /** One sentence: which tensors match, and how. */
  readonly reason: string;
  /** Parts of the preprocessing in which this variant differs from its family. */
  readonly preprocessing?: Partial<Omit<Preprocessing, "width" | "height">>;
  /** How the input size follows from the picture, where the graph leaves it open; absent: `fixed`. */
  readonly sizing?: InputSizing;
  /** What the graph wants beside the picture, the same for every picture, by input name. */
  readonly constantInputs?: Readonly<Record<string, ConstantInput>>;
}

/**
 * `fixed`: one size for all pictures. `source`: the picture's own size (networks that resize inside). `short-side`: the shorter side becomes
 * `shortSide`, the longer at most `longSide`, the aspect ratio stays; then padding right and below up to a multiple of `multiple`.
 */
export type InputSizing =
  | { readonly rule: "fixed" }
  | { readonly rule: "source" }
  | { readonly rule: "short-side"; readonly shortSide: number; readonly longSide: number; readonly multiple: number };

/** Every element is `value`; dimensions that the file leaves open are given here. */
export interface ConstantInput {
  readonly dims: readonly number[];
  readonly value: number;
}

export interface FamilyRefusal {
  /** One sentence: what is missing or does not fit. */
  readonly refusal: string;
  /** Only dimensions that the file leaves open stand in the way: a trial run would tell. */
  readonly unresolved?: boolean;
}

/** What a call asks of a decoder. */
export type FamilyDecodeOptions = DecodeOptions & { readonly soft: boolean };

/** A kind of network: how it is recognised, what it wants to see, and how its outputs become instances. */
export interface ModelFamily {
  /** File stem of the family in `src/decode/` and here. */
  readonly name: string;
  /** Preprocessing of its usual training; a model's card or the caller may say otherwise. */
  readonly preprocessing: Omit<Preprocessing, "width" | "height">;
  /** Input size of models that leave it open and do not name one. */
  readonly defaultInputSize: Size;
  /** Thresholds of its reference, where the usual 0.25 and 0.7 are not fit. */
  readonly defaults?: { readonly scoreThreshold?: number; readonly iouThreshold?: number };
  /** Recognises tensors by rank, shape and type; names are no evidence. */
  bind(signature: ModelSignature): ModelBinding | FamilyRefusal;
  decode(core: Core, binding: ModelBinding, outputs: ReadonlyMap<string, RawTensor>, options: FamilyDecodeOptions): InstanceColumns;
}

/** Shape and type as messages show them: `float32[1, 116, 8400]`. */
export function describeTensor({ name, type, dims }: TensorInfo): string {
  return `'${name}' ${type}${dims ? `[${dims.join(", ")}]` : " of unknown rank"}`;
}

export function isFloat({ type }: TensorInfo): boolean {
  return type === "float32" || type === "float16";
}
