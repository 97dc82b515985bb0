import { MaskletError, throwIfAborted } from "../base/errors.js";
import type { Size } from "../base/geometry.js";
import { maxInputSide } from "../base/limits.js";
import { checkInteger, optionError } from "../base/options.js";
import { checkPreprocessing } from "../base/preprocessing.js";
import type { TensorInfo } from "../base/tensor.js";
import { openSession } from "../engine/session.js";
import { bindPromptModel } from "../families/prompt/detect.js";
import type { PromptModel } from "../families/prompt/family.js";
import { maskSize, promptFeeds } from "../families/prompt/feeds.js";
import { frameImage } from "../families/prompt/points.js";
import { findPromptCard } from "../model/built_in.js";
import { checkImageInput } from "../model/image_input.js";
import { describeFile, type LoadedModel } from "../model/store.js";
import { type Feed, type Feeds, makeFeed } from "../runtime/feed.js";
import { makeImageFeed } from "../runtime/image_feed.js";
import type { ModelSession } from "../runtime/model_session.js";
import { checkImage } from "../runtime/self_check.js";
import { type PreprocessingChanges, planImage } from "./encoder.js";
import { loadPromptFiles } from "./files.js";
import type { PromptFileInfo, PromptModelInfo, PromptSegmenterOptions } from "./types.js";

export interface StartedPromptModel {
  readonly model: PromptModel;
  /** Undefined for a combined graph. */
  readonly encoder: ModelSession | undefined;
  readonly decoder: ModelSession;
  readonly info: PromptModelInfo;
  readonly changes: PreprocessingChanges;
}

/** Side of the image in the self-check of encoders that accept every size. */
const checkSide = 256;

/**
 * Loads the files, matches encoder and decoder and starts each on the best device that can run it.
 * @throws MaskletError as `PromptSegmenter.create`
 */
export async function startPromptModel(
  options: PromptSegmenterOptions,
): Promise<StartedPromptModel> {
  const { signal, onProgress } = options;
  const { encoder: encoderFile, decoder: decoderFile } = await loadPromptFiles(options);
  const model = withInputSize(
    bindPromptModel(encoderFile?.onnx, decoderFile.onnx, options.family),
    options.inputSize,
  );
  checkImageInput(model.imageInput);
  const changes = {
    ...findPromptCard(encoderFile?.sha256 ?? "")?.preprocessing,
    ...checkChanges(model, options),
  };
  throwIfAborted(signal, "compile");
  const total = encoderFile ? 2 : 1;
  onProgress?.({ stage: "compile", loaded: 0, total });
  const encoder = encoderFile ? await openEncoder(encoderFile, model, changes, options) : undefined;
  try {
    if (encoder) onProgress?.({ stage: "compile", loaded: 1, total });
    const decoder = await openDecoder(decoderFile, encoderFile, model, changes, options);
    onProgress?.({ stage: "compile", loaded: total, total });
    return {
      model,
      encoder,
      decoder,
      changes,
      info: describe(model, encoderFile, decoderFile, changes),
    };
  } catch (error) {
    await encoder?.dispose();
    throw error;
  }
}

/** Applies the caller's input size, if the graph does not fix it. */
function withInputSize(
  model: PromptModel,
  asked: PromptSegmenterOptions["inputSize"],
): PromptModel {
  if (asked === undefined) return model;
  const { width, height } = typeof asked === "number" ? { width: asked, height: asked } : asked;
  const { imageInput: image, network } = model;
  if (network === undefined)
    throw optionError(
      "load",
      "inputSize",
      `${width} x ${height}`,
      "left out: this network runs every image at its own size",
    );
  for (const [name, side, fixed] of [
    ["width", width, image.width],
    ["height", height, image.height],
  ] as const) {
    if (fixed !== undefined && side !== fixed)
      throw optionError("load", `inputSize.${name}`, side, `${fixed}: the model fixes it`);
    checkInteger("load", `inputSize.${name}`, side, 16, maxInputSide);
  }
  return { ...model, network: { width, height } };
}

function checkChanges(
  model: PromptModel,
  { preprocessing = {} }: PromptSegmenterOptions,
): PreprocessingChanges {
  const { width, height, resizeMode, content, ...changes } = preprocessing;
  for (const [name, value] of Object.entries({ width, height, resizeMode, content })) {
    if (value !== undefined)
      throw optionError("load", `preprocessing.${name}`, value, "left out: the family fixes it");
  }
  checkPreprocessing(planImage(model, checkFrame(model), changes));
  return changes;
}

function openEncoder(
  file: LoadedModel,
  model: PromptModel,
  changes: PreprocessingChanges,
  options: PromptSegmenterOptions,
): Promise<ModelSession> {
  return openSession(file, options, {
    checkFeeds: () => checkImageFeeds(model, changes),
    keptOutputs: [...new Set(Object.values(model.embeddingNames))],
  });
}

function openDecoder(
  file: LoadedModel,
  encoder: LoadedModel | undefined,
  model: PromptModel,
  changes: PreprocessingChanges,
  options: PromptSegmenterOptions,
): Promise<ModelSession> {
  return openSession(file, options, {
    checkFeeds: () => ({
      ...(encoder ? checkEmbeddings(model, encoder) : checkImageFeeds(model, changes)),
      ...checkPrompt(model),
    }),
  });
}

function checkFrame(model: PromptModel) {
  return frameImage(model, model.network ?? { width: checkSide, height: checkSide });
}

function checkImageFeeds(model: PromptModel, changes: PreprocessingChanges): Feeds {
  const plan = planImage(model, checkFrame(model), changes);
  return { [model.imageInput.name]: makeImageFeed(model.imageInput, checkImage(plan), plan) };
}

/** One point in the center of the image. */
function checkPrompt(model: PromptModel): Feeds {
  const frame = checkFrame(model);
  const middle = {
    x: frame.source.width / 2,
    y: frame.source.height / 2,
    label: "foreground",
  } as const;
  const { feeds } = promptFeeds(model, [{ points: [middle] }], frame);
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { type, dims, values }]) => [
      name,
      makeFeed(type, dims, values),
    ]),
  );
}

/**
 * Values that resemble those of an encoder: around 0, all different. If the decoder does not fix a
 * length, the encoder's file gives it.
 */
function checkEmbeddings(model: PromptModel, encoder: LoadedModel): Feeds {
  const feeds = model.inputs.embeddings.map((input): [string, Feed] => {
    const output = encoder.onnx.outputs.find(
      ({ name }) => name === model.embeddingNames[input.name],
    );
    const dims = input.dims!.map(
      (dim, axis) =>
        lengthOf(dim) ?? lengthOf(output?.dims?.[axis]) ?? (axis === 0 ? 1 : openLength(input)),
    );
    const count = dims.reduce((product, dim) => product * dim, 1);
    return [
      input.name,
      makeFeed(
        input.type,
        dims,
        Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) * 0.5),
      ),
    ];
  });
  return Object.fromEntries(feeds);
}

function lengthOf(dim: number | string | undefined): number | undefined {
  return typeof dim === "number" ? dim : undefined;
}

function openLength({ name, dims }: TensorInfo): never {
  const shape = `'${name}' [${dims?.join(", ")}]`;
  const message = `neither file fixes the length of ${shape}; the GPU self-check needs it`;
  throw new MaskletError("unsupported", "compile", message, { value: name });
}

function describe(
  model: PromptModel,
  encoder: LoadedModel | undefined,
  decoder: LoadedModel,
  changes: PreprocessingChanges,
): PromptModelInfo {
  const open: Size = { width: 0, height: 0 };
  const { family, variant, reason, rules, inputs } = model;
  const file = (loaded: LoadedModel, part: PromptFileInfo["part"]): PromptFileInfo => ({
    part,
    ...describeFile(loaded),
  });
  return {
    family,
    variant,
    reason,
    files: encoder
      ? [file(encoder, "encoder"), file(decoder, "decoder")]
      : [file(decoder, "combined")],
    preprocessing: { ...planImage(model, checkFrame(model), changes), ...(model.network ?? open) },
    takes: {
      boxes: rules.boxes !== "none",
      background: rules.background,
      masks: inputs.maskInput !== undefined,
    },
    maskSize: maskSize(model),
  };
}
