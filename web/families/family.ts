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
  /** 0..1, how little else the tensors could be; the best of several candidates is taken. */
  readonly certainty: number;
  /** One sentence: which tensors match, and how. */
  readonly reason: string;
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
