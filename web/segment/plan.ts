import { MaskletError } from "../base/errors.js";
import type { Size } from "../base/geometry.js";
import type { InputSizing, Preprocessing } from "../base/preprocessing.js";
import { checkPreprocessing, identityScaling, refuseSides } from "../base/preprocessing.js";
import { describeTensor } from "../base/tensor.js";
import {
  type Detection,
  describeCandidates,
  type FamilyMatch,
  matchFamily,
  noMatch,
  readWanted,
} from "../families/detect.js";
import type { ModelSignature } from "../families/family.js";
import { families } from "../families/index.js";
import { fixedSizing } from "../families/input_sizing.js";
import { detectPromptPart } from "../families/prompt/detect.js";
import type { Graph } from "../families/prompt/family.js";
import { readExporterHints } from "../model/exporter_hints.js";
import { checkImageInput, findImageInput, type ImageInput } from "../model/image_input.js";
import type { ModelInfo } from "../model/info.js";
import type { LoadedModel } from "../model/store.js";
import { describeFile } from "../model/store.js";
import { batchOf } from "../runtime/batch.js";
import { multipleOf, planInputSize, usualSize } from "./input_size.js";
import { chooseLabels } from "./options.js";
import type { CreateOptions } from "./types.js";

export type PlanOptions = Pick<
  CreateOptions,
  "family" | "variant" | "labels" | "inputSize" | "preprocessing"
>;

/** How a model will be used: everything that follows from its file and the caller's options. */
export interface ModelPlan {
  readonly image: ImageInput;
  /** Number of images per run. */
  readonly batch: number | "open";
  readonly signature: ModelSignature & { readonly inputSize: Size };
  readonly detection: Detection;
}

/**
 * Finds the image input and its size, and matches the families.
 * @throws MaskletError `unsupported` (the network does not take one image), `badOption`,
 *   `unknownFamily`
 */
export function planModel({ onnx, card }: LoadedModel, options: PlanOptions): ModelPlan {
  const { inputs, outputs } = onnx;
  const hints = readExporterHints(onnx.metadata);
  const image = requireImageInput(onnx);
  const wanted = readWanted(options.family ?? card?.family, options.variant);
  const ask = (inputSize: Size) => {
    const signature = { inputs, outputs, inputSize, hints };
    return { signature, detection: matchFamily(signature, wanted) };
  };
  const asked =
    typeof options.inputSize === "number"
      ? { width: options.inputSize, height: options.inputSize }
      : options.inputSize;
  const usual = asked ?? card?.input ?? hints.inputSize ?? usualSize;
  const first = ask({ width: image.width ?? usual.width, height: image.height ?? usual.height });
  // The family is known only now, and with it the accepted and the default size.
  const size = planInputSize(image, { hints, card }, asked, first.detection.match?.family);
  const { inputSize } = first.signature;
  const isSame = size.width === inputSize.width && size.height === inputSize.height;
  return { image, batch: batchOf(image, inputs, outputs), ...(isSame ? first : ask(size)) };
}

function requireImageInput(graph: Graph): ImageInput {
  const image = findImageInput(graph.inputs);
  if (image) {
    checkImageInput(image);
    return image;
  }
  const seen = graph.inputs.map(describeTensor).join(", ");
  const shapes = "[batch, 3, height, width], [batch, height, width, 3] or either without batch";
  const wanted = `one image input (float32, float16 or uint8, ${shapes})`;
  const message = `the network must have ${wanted}; this one has ${seen}`;
  throw new MaskletError("unsupported", "load", message + promptHint(graph), { value: seen });
}

/** Explains that a network belongs to a PromptSegmenter; empty for other networks. */
function promptHint(graph: Graph): string {
  const part = detectPromptPart(graph);
  if (!part) return "";
  const what =
    part.part === "combined" ? "a promptable network" : `the ${part.part} of a promptable network`;
  const family = part.family === undefined ? "" : ` (${part.family})`;
  return `. It is ${what}${family}: use PromptSegmenter`;
}

/**
 * The family that decodes the model.
 * @throws MaskletError `unknownModel`, `ambiguousModel`, `unsupported` (the family does not feed
 *   all inputs of the graph)
 */
export function requireMatch({ detection, signature, image }: ModelPlan): FamilyMatch {
  const { match } = detection;
  if (!match) throw noMatch(signature, detection, promptHint(signature));
  const { constantInputs = {} } = match.binding;
  const unfed = signature.inputs.filter(
    ({ name }) => name !== image.name && !Object.hasOwn(constantInputs, name),
  );
  if (unfed.length === 0) return match;
  const fed = `the family ${match.family.name} feeds the image ('${image.name}')`;
  const message = `${fed} but not ${unfed.map(describeTensor).join(", ")}`;
  throw new MaskletError("unsupported", "load", message, {
    value: unfed.map(({ name }) => name).join(", "),
  });
}

/**
 * The preprocessing of the family, changed by the model's card, then by the caller.
 * @throws MaskletError as {@link requireMatch}, `badOption`
 */
export function planPreprocessing(
  plan: ModelPlan,
  { card }: LoadedModel,
  options: PlanOptions,
): Preprocessing {
  const { family, binding } = requireMatch(plan);
  const { width, height } = plan.signature.inputSize;
  refuseSides(options.preprocessing, { width, height });
  const ownScaling = plan.image.type === "uint8" ? identityScaling : {};
  const asked = {
    ...plan.signature.hints.preprocessing,
    ...card?.preprocessing,
    ...options.preprocessing,
  };
  const preprocessing = {
    ...family.preprocessing,
    ...binding.preprocessing,
    ...ownScaling,
    ...asked,
    width,
    height,
  };
  checkPreprocessing(preprocessing);
  return preprocessing;
}

/** A size from the graph or the caller applies to all images. */
export function planSizing(
  { image, detection }: ModelPlan,
  { inputSize }: PlanOptions,
): InputSizing {
  const isFixed =
    inputSize !== undefined || image.width !== undefined || image.height !== undefined;
  return isFixed ? fixedSizing : (detection.match?.binding.sizing ?? fixedSizing);
}

/** Undefined if the caller cannot choose the size of the input. */
function planMultiple(
  { image, signature: { hints }, detection: { match } }: ModelPlan,
  card: LoadedModel["card"],
): number | undefined {
  const isOpen = image.width === undefined || image.height === undefined;
  const followsImage = (match?.binding.sizing ?? fixedSizing).rule !== "fixed";
  return match && isOpen && !followsImage ? multipleOf({ hints, card }, match.family) : undefined;
}

/** Names by class id, from the caller, the model's card or its metadata; else empty. */
export function planLabels(
  plan: ModelPlan,
  { card }: LoadedModel,
  { labels }: PlanOptions,
): readonly string[] {
  const { classCount = 0 } = plan.detection.match?.binding ?? {};
  return chooseLabels(labels, card?.labels ?? plan.signature.hints.labels, classCount);
}

/**
 * The result of `inspectModel`. For a network that cannot be used, the reason stands in every
 * family's verdict.
 */
export function inspectLoaded(loaded: LoadedModel, options: PlanOptions): ModelInfo {
  try {
    return describeModel(planModel(loaded, options), loaded, options);
  } catch (error) {
    if (!(error instanceof MaskletError) || error.code !== "unsupported") throw error;
    const verdicts = families.map(({ name }) => ({
      family: name,
      accepted: false,
      reason: error.message,
    }));
    const { labels = [] } = readExporterHints(loaded.onnx.metadata);
    const nothing = {
      family: undefined,
      variant: undefined,
      preprocessing: undefined,
      sizing: undefined,
      masks: undefined,
    };
    const size = { inputMultiple: undefined, batch: undefined };
    const prompt = detectPromptPart(loaded.onnx);
    return {
      ...nothing,
      ...size,
      candidates: [],
      verdicts,
      labels,
      prompt,
      ...describeFile(loaded),
    };
  }
}

/** The value of `Segmenter.info`. */
export function describeModel(
  plan: ModelPlan,
  loaded: LoadedModel,
  options: PlanOptions,
): ModelInfo {
  const { match, candidates, verdicts } = plan.detection;
  return {
    family: match?.family.name,
    variant: match?.binding.variant,
    candidates: describeCandidates(candidates),
    verdicts,
    labels: planLabels(plan, loaded, options),
    preprocessing: match ? planPreprocessing(plan, loaded, options) : undefined,
    sizing: match ? planSizing(plan, options) : undefined,
    inputMultiple: planMultiple(plan, loaded.card),
    masks: match ? match.family.masks !== false : undefined,
    batch: plan.batch,
    prompt: candidates.length === 0 ? detectPromptPart(loaded.onnx) : undefined,
    ...describeFile(loaded),
  };
}
