import { MaskletError } from "./errors.js";
import { type Detection, describeCandidates, matchFamily, noMatch, readWanted } from "./families/detect.js";
import { describeTensor, type ExporterHints, isFloat, type ModelSignature, type Size } from "./families/family.js";
import { families } from "./families/index.js";
import { fixedSizing } from "./families/input_sizing.js";
import { chooseLabels } from "./instances.js";
import { readExporterHints } from "./runtime/exporter_hints.js";
import type { ModelInput } from "./runtime/input_tensor.js";
import type { LoadedModel } from "./runtime/model_store.js";
import type { CreateOptions, ModelInfo, Preprocessing, TensorInfo } from "./types.js";
import { colourOrders, resizeModes } from "./types.js";

type PlanOptions = Pick<CreateOptions, "family" | "variant" | "labels" | "inputSize" | "preprocessing">;

/** How a model will be used: everything that follows from its file and the caller's options, before anything is run. */
export interface ModelPlan {
  readonly input: ModelInput;
  readonly inputSize: Size;
  readonly signature: ModelSignature;
  readonly detection: Detection;
}

/**
 * Finds the image input and its size, and asks the families.
 * @throws MaskletError `unsupported` for a network that does not take one picture, `badOption`, `unknownFamily`.
 */
export function planModel({ onnx, card }: LoadedModel, options: PlanOptions): ModelPlan {
  const hints = readExporterHints(onnx.metadata);
  const image = imageInput(onnx.inputs);
  const inputSize = chooseInputSize(image, hints, options.inputSize);
  const signature = { inputs: onnx.inputs, outputs: onnx.outputs, inputSize, hints };
  const detection = matchFamily(signature, readWanted(options.family ?? card?.family, options.variant));
  return { input: { name: image.name, type: image.type as ModelInput["type"] }, inputSize, signature, detection };
}

/** The one input, float [1, 3, H, W]; open dimensions count as fitting. */
function imageInput(inputs: readonly TensorInfo[]): TensorInfo {
  const [input] = inputs;
  const [batch, channels] = input?.dims ?? [];
  const fits = inputs.length === 1 && isFloat(input!) && input!.dims?.length === 4 && isOpenOr(batch, 1) && isOpenOr(channels, 3);
  if (fits) return input!;
  const seen = inputs.map(describeTensor).join(", ");
  const message = `a network with one float input [1, 3, height, width] is needed; this one has ${seen}`;
  throw new MaskletError("unsupported", "load", message, { value: seen });
}

function isOpenOr(dim: number | string | undefined, value: number): boolean {
  return dim === value || typeof dim === "string";
}

/** Fixed sides as they are; open ones from the option, the metadata, else 640. */
function chooseInputSize(image: TensorInfo, hints: ExporterHints, option: CreateOptions["inputSize"]): Size {
  const [, , fixedHeight, fixedWidth] = image.dims!;
  const asked = typeof option === "number" ? { width: option, height: option } : option;
  const usual = asked ?? hints.inputSize ?? { width: 640, height: 640 };
  const stride = hints.stride ?? 32;
  return {
    width: chooseSide("width", fixedWidth!, asked?.width, usual.width, stride),
    height: chooseSide("height", fixedHeight!, asked?.height, usual.height, stride),
  };
}

function chooseSide(name: string, fixed: number | string, asked: number | undefined, usual: number, stride: number): number {
  if (typeof fixed === "number") {
    if (asked === undefined || asked === fixed) return fixed;
    throw new MaskletError("badOption", "load", `the model's input ${name} is fixed at ${fixed}, not ${asked}`, { value: asked });
  }
  if (Number.isInteger(usual) && usual >= stride && usual <= 8192 && usual % stride === 0) return usual;
  const message = `the input ${name} must be a multiple of ${stride} from ${stride} to 8192, but is ${usual}`;
  throw new MaskletError("badOption", "load", message, { value: usual });
}

/**
 * The preprocessing of the family, changed by the model's card, then by the caller.
 * @throws MaskletError `unknownModel` when no family took the model, `badOption`.
 */
export function planPreprocessing(plan: ModelPlan, { card }: LoadedModel, options: PlanOptions): Preprocessing {
  const { match } = plan.detection;
  if (!match) throw noMatch(plan.signature, plan.detection);
  const { width, height, ...asked } = { ...options.preprocessing };
  for (const [name, value, real] of [
    ["width", width, plan.inputSize.width],
    ["height", height, plan.inputSize.height],
  ] as const) {
    if (value !== undefined && value !== real) throw badPreprocessing(name, value, `${real}; use inputSize`);
  }
  const preprocessing = {
    ...match.family.preprocessing,
    ...match.binding.preprocessing,
    ...card?.preprocessing,
    ...asked,
    ...plan.inputSize,
  };
  checkPreprocessing(preprocessing);
  return preprocessing;
}

function checkPreprocessing({ resizeMode, colourOrder, inputScale, mean, std, fill }: Preprocessing): void {
  if (!resizeModes.includes(resizeMode)) throw badPreprocessing("resizeMode", resizeMode, resizeModes.join(", "));
  if (!colourOrders.includes(colourOrder)) throw badPreprocessing("colourOrder", colourOrder, colourOrders.join(", "));
  if (!Number.isFinite(inputScale) || inputScale === 0) throw badPreprocessing("inputScale", inputScale, "finite and not 0");
  if (!isTriple(mean)) throw badPreprocessing("mean", String(mean), "three finite numbers");
  if (!isTriple(std) || std.includes(0)) throw badPreprocessing("std", String(std), "three finite numbers, none 0");
  if (!(fill >= 0 && fill <= 255)) throw badPreprocessing("fill", fill, "0..255");
}

function isTriple(values: readonly number[]): boolean {
  return Array.isArray(values) && values.length === 3 && values.every(Number.isFinite);
}

function badPreprocessing(name: string, value: string | number, allowed: string): MaskletError {
  return new MaskletError("badOption", "load", `preprocessing.${name} is ${value}; allowed: ${allowed}`, { value });
}

/** Names by class id, from the caller, the model's card or its metadata; empty when nobody names them. */
export function planLabels(plan: ModelPlan, { card }: LoadedModel, { labels }: PlanOptions): readonly string[] {
  const { classCount = 0 } = plan.detection.match?.binding ?? {};
  return chooseLabels(labels, card?.labels ?? plan.signature.hints.labels, classCount);
}

/** What `inspectModel` shows, also of a network that cannot be used: the reason is then every family's verdict. */
export function inspectLoaded(loaded: LoadedModel, options: PlanOptions): ModelInfo {
  try {
    return describeModel(planModel(loaded, options), loaded, options);
  } catch (error) {
    if (!(error instanceof MaskletError) || error.code !== "unsupported") throw error;
    const verdicts = families.map(({ name }) => ({ family: name, accepted: false, reason: error.message }));
    const { labels = [] } = readExporterHints(loaded.onnx.metadata);
    const nothing = {
      family: undefined,
      variant: undefined,
      preprocessing: undefined,
      sizing: undefined,
      masks: undefined,
      batch: undefined,
    };
    return { ...nothing, candidates: [], verdicts, labels, ...describeFile(loaded) };
  }
}

/** What `Segmenter.info` shows. */
export function describeModel(plan: ModelPlan, loaded: LoadedModel, options: PlanOptions): ModelInfo {
  const { match, candidates, verdicts } = plan.detection;
  return {
    family: match?.family.name,
    variant: match?.binding.variant,
    candidates: describeCandidates(candidates),
    verdicts,
    labels: planLabels(plan, loaded, options),
    preprocessing: match ? planPreprocessing(plan, loaded, options) : undefined,
    sizing: match ? (match.binding.sizing ?? fixedSizing) : undefined,
    masks: match ? match.family.masks !== false : undefined,
    batch: 1,
    ...describeFile(loaded),
  };
}

type FileInfo = Pick<ModelInfo, "inputs" | "outputs" | "metadata" | "opset" | "producer" | "bytes" | "sha256">;

function describeFile({ onnx, bytes, sha256 }: LoadedModel): FileInfo {
  const { inputs, outputs, metadata, opset, producer } = onnx;
  return { inputs, outputs, metadata, opset, producer, bytes: bytes.length, sha256 };
}
