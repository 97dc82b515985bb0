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

/** A network's output as any runtime gives it. */
export interface OutputTensor {
  readonly dims: readonly number[];
  /**
   * Numbers in row-major order: a typed array of any kind. float16 is given as float32, or as a
   * `Uint16Array` of bit patterns with `type`.
   */
  readonly data: ArrayBufferView;
  /**
   * Element type in the network; default: that of the array. Helps to recognize the model where the
   * values were converted.
   */
  readonly type?: string;
}

export interface DecodeOutputsOptions extends Omit<SegmentOptions, "signal" | "segmentWith"> {
  /** Model family, `name` or `name/variant`; default: recognized by {@link detectFamily}. */
  family?: string;
  /** Layout within `family`. */
  variant?: string;
  /** Size of the image. */
  source: Size;
  /** Size of the network's input. */
  network: Size;
  /**
   * What was done to the image otherwise than the family says; only how it was fitted in
   * (`resizeMode`, `content`) matters here.
   */
  preprocessing?: Partial<Preprocessing>;
  /** Class names by class id; default: the metadata's, else `class 0` … */
  labels?: readonly string[];
  /** `metadata_props` of the model file, where at hand. */
  metadata?: Readonly<Record<string, string>>;
  /** The network's inputs, where at hand: another hint for recognition. */
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

export interface DecodeResult {
  /** Best score first. */
  readonly instances: readonly Instance[];
  /** Size of the source in pixels. */
  readonly width: number;
  readonly height: number;
  /** What decoded them. */
  readonly family: string;
  readonly variant: string;
}

/**
 * Decodes the raw outputs of a network that ran anywhere, in whatever runtime: what {@link
 * Segmenter} does after the network. Works at once (`loadCore` must have been awaited before),
 * needs no ONNX Runtime and keeps nothing.
 * @param outputs by name, in any order
 * @throws MaskletError `coreNotLoaded`, `badTensor` for data that does not fit its shape,
 *   `unknownModel`, `ambiguousModel`, `unknownFamily`, `badOption`, `badSize`, and what the core
 *   finds wrong with a tensor (`badRank`, `badShape` …, naming it).
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
 * The network input was what the caller says; where the image lies in it follows from the family's
 * rule, unless the caller says that too.
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
  // A network input of another size than the rule gives was not made by the rule.
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

/** What {@link detectFamily} finds. */
export interface FamilyDetection {
  /** The family and layout; undefined when none fits, or several equally well. */
  readonly family: string | undefined;
  readonly variant: string | undefined;
  /** All that fit, best first. */
  readonly candidates: readonly FamilyCandidate[];
  /** Every family's answer. */
  readonly verdicts: readonly FamilyVerdict[];
  /** Set for a model that no family decodes and that is a promptable network or half of one. */
  readonly prompt: PromptPart | undefined;
}

/**
 * Tells the family of a model by the rank, shape and type of its tensors; names and metadata are
 * hints. Nothing is thrown for a model that is not known or that several families could read: the
 * verdicts and candidates say why.
 * @param inputs as the model file declares them; may be empty when unknown
 * @param metadata `metadata_props` of the model file
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
