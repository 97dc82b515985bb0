import type { Size } from "./base/geometry.js";
import { checkNames, type OptionNames, optionError } from "./base/options.js";
import { type Preprocessing, preprocessingNames } from "./base/preprocessing.js";
import type { TensorInfo } from "./base/tensor.js";
import { toRawTensor } from "./base/tensor.js";
import { currentCore } from "./core/load.js";
import { decodeWith } from "./families/decode_match.js";
import {
  type Detection,
  describeCandidates,
  type FamilyMatch,
  matchFamily,
  noMatch,
  readWanted,
} from "./families/detect.js";
import type { ModelSignature } from "./families/family.js";
import { fixedSizing, preprocessingFor } from "./families/input_sizing.js";
import { detectPromptPart } from "./families/prompt/detect.js";
import type { Instance } from "./mask/instances.js";
import { toInstances } from "./mask/instances.js";
import type { ExporterHints } from "./model/exporter_hints.js";
import { readExporterHints } from "./model/exporter_hints.js";
import { findImageInput, fixedSize } from "./model/image_input.js";
import type { FamilyCandidate, FamilyVerdict, PromptPart } from "./model/info.js";
import { checkSegmentOptions, chooseLabels, segmentOptionNames } from "./segment/options.js";
import type { SegmentOptions } from "./segment/types.js";

/** An output tensor of a network, from any runtime. */
export interface OutputTensor {
  /** The shape. */
  readonly dims: readonly number[];
  /**
   * The values in row-major order: a typed array of any kind. Give float16 as float32, or as a
   * `Uint16Array` of bit patterns with `type: "float16"`.
   */
  readonly data: ArrayBufferView;
  /**
   * Element type in the network. It helps to recognize the model if the values were converted.
   * @defaultValue the type of the array
   */
  readonly type?: string;
}

/** Options of {@link decode}. */
export interface DecodeOutputsOptions extends Omit<SegmentOptions, "signal" | "segmentWith"> {
  /**
   * Model family: `name` or `name/variant`.
   * @defaultValue recognized as by {@link detectFamily}
   */
  family?: string;
  /**
   * Layout within `family`.
   * @defaultValue recognized by the tensors
   */
  variant?: string;
  /** Size of the image in pixels. */
  source: Size;
  /** Size of the network's input in pixels. */
  network: Size;
  /**
   * Differences from the preprocessing of the family. Only the placement of the image
   * (`resizeMode`, `content`) has an effect here.
   * @defaultValue the family's own preprocessing
   */
  preprocessing?: Partial<Preprocessing>;
  /**
   * Class names by class id.
   * @defaultValue the names in `metadata`, else `class 0`, `class 1`, …
   */
  labels?: readonly string[];
  /**
   * `metadata_props` of the model file.
   * @defaultValue unknown
   */
  metadata?: Readonly<Record<string, string>>;
  /**
   * The network's inputs. They help to recognize the model.
   * @defaultValue unknown
   */
  inputs?: readonly TensorInfo[];
}

const { signal: _, segmentWith: __, ...settingNames } = segmentOptionNames;

const decodeNames = {
  ...settingNames,
  family: true,
  variant: true,
  source: true,
  network: true,
  preprocessing: true,
  labels: true,
  metadata: true,
  inputs: true,
} satisfies OptionNames<DecodeOutputsOptions>;

/** The objects that {@link decode} finds. */
export interface DecodeResult {
  /** The objects, best score first. */
  readonly instances: readonly Instance[];
  /** Width of the source in pixels. */
  readonly width: number;
  /** Height of the source in pixels. */
  readonly height: number;
  /** Family of the decoder. */
  readonly family: string;
  /** Layout within the family. */
  readonly variant: string;
}

/**
 * Decodes the raw outputs of a network that ran in any runtime, exactly as {@link Segmenter} does.
 * It is synchronous, so await {@link loadCore} first. It works without ONNX Runtime.
 * @param outputs the tensors by name, in any order
 *
 * @example
 * ```ts
 * import { decode, loadCore, type OutputTensor } from "masklet";
 *
 * declare const outputs: Record<string, OutputTensor>; // from your runtime
 * await loadCore();
 * const { instances } = decode(outputs, {
 *   source: { width: 1280, height: 720 },
 *   network: { width: 640, height: 640 },
 * });
 * console.log(instances.length);
 * ```
 *
 * @throws MaskletError `coreNotLoaded`, `badTensor` (data does not fit its shape), `unknownModel`,
 *   `ambiguousModel`, `unknownFamily`, `badOption`, `badSize`, and the core's errors about a tensor
 *   (`badRank`, `badShape`, …), which name it.
 */
export function decode(
  outputs: Readonly<Record<string, OutputTensor>> | ReadonlyMap<string, OutputTensor>,
  options: DecodeOutputsOptions,
): DecodeResult {
  checkNames("decode", options, decodeNames);
  checkNames("decode", options.preprocessing, preprocessingNames, "preprocessing");
  const core = currentCore();
  const entries = [
    ...(outputs instanceof Map ? outputs : Object.entries(outputs as Record<string, OutputTensor>)),
  ];
  const tensors = new Map(
    entries.map(([name, tensor]) => [name, toRawTensor(name, tensor, "decode")] as const),
  );
  const infos = [...tensors].map(([name, { dims, type = "float32" }]) => ({ name, type, dims }));
  const hints = readExporterHints(options.metadata ?? {});
  const signature = {
    inputs: options.inputs ?? [],
    outputs: infos,
    inputSize: checkedSize("network", options.network),
    hints,
  };
  const match = requireMatch(
    signature,
    matchFamily(signature, readWanted(options.family, options.variant)),
  );
  const labels = chooseLabels(options.labels, hints.labels, match.binding.classCount);
  const source = checkedSize("source", options.source);
  const checked = checkSegmentOptions(
    options,
    labels,
    match.binding.classCount,
    match.family.defaults,
  );
  const columns = decodeWith(core, match, tensors, source, fitting(match, hints, options), checked);
  return {
    instances: toInstances(columns, source, labels),
    width: source.width,
    height: source.height,
    family: match.family.name,
    variant: match.binding.variant,
  };
}

function requireMatch(signature: ModelSignature, detection: Detection): FamilyMatch {
  if (detection.match) return detection.match;
  throw noMatch(signature, detection);
}

/**
 * The caller gives the size of the network's input. The family's rule gives the placement of the
 * image in it, unless the caller gives that too.
 */
function fitting(
  { family, binding }: FamilyMatch,
  hints: ExporterHints,
  options: DecodeOutputsOptions,
): Preprocessing {
  const { source, network, preprocessing } = options;
  const usual = {
    ...family.preprocessing,
    ...binding.preprocessing,
    ...hints.preprocessing,
    ...network,
  };
  const sized = preprocessingFor(binding.sizing ?? fixedSizing, source, usual);
  // If the rule gives another size, the caller did not follow the rule.
  const isByRule = sized.width === network.width && sized.height === network.height;
  const content = isByRule && sized.content !== undefined ? { content: sized.content } : {};
  return { ...usual, ...content, ...preprocessing, ...network };
}

function checkedSize(name: string, size: Size): Size {
  const isSide = (side: number) => Number.isInteger(side) && side > 0;
  if (isSide(size?.width) && isSide(size?.height))
    return { width: size.width, height: size.height };
  const seen = size ? `${size.width} x ${size.height}` : String(size);
  throw optionError("decode", name, seen, "{ width, height } in whole pixels");
}

/** The result of {@link detectFamily}. */
export interface FamilyDetection {
  /** The family; undefined if no family fits, or if several fit equally well. */
  readonly family: string | undefined;
  /** Layout within the family; undefined together with it. */
  readonly variant: string | undefined;
  /** All families that fit, best first. */
  readonly candidates: readonly FamilyCandidate[];
  /** The verdict of every family, with its reason. */
  readonly verdicts: readonly FamilyVerdict[];
  /** Set if no family fits and the model is a promptable network, or one half of one. */
  readonly prompt: PromptPart | undefined;
}

/**
 * Recognizes the family of a model by the rank, shape and type of its tensors. Names and metadata
 * serve as hints. For an unknown or ambiguous model it does not throw: the verdicts and candidates
 * give the reasons.
 * @param inputs the declared inputs; empty if unknown
 * @param outputs the declared outputs
 * @param metadata `metadata_props` of the model file
 *
 * @example
 * ```ts
 * import { detectFamily, inspectModel } from "masklet";
 *
 * const { inputs, outputs, metadata } = await inspectModel("model.onnx");
 * const { family, verdicts } = detectFamily(inputs, outputs, metadata);
 * console.log(family, verdicts);
 * ```
 */
export function detectFamily(
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
  metadata: Readonly<Record<string, string>> = {},
): FamilyDetection {
  const hints = readExporterHints(metadata);
  const image = findImageInput(inputs);
  const inputSize = image ? (fixedSize(image) ?? hints.inputSize) : undefined;
  const { match, candidates, verdicts } = matchFamily({ inputs, outputs, inputSize, hints });
  const { family, binding } = match ?? {};
  const prompt = candidates.length === 0 ? detectPromptPart({ inputs, outputs }) : undefined;
  return {
    family: family?.name,
    variant: binding?.variant,
    candidates: describeCandidates(candidates),
    verdicts,
    prompt,
  };
}
