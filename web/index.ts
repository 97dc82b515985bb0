/**
 * Masklet: instance segmentation in the browser and in Node. Importing this module does nothing but
 * define what it exports.
 *
 * @packageDocumentation
 */

export type { CallLimits } from "./base/call_limits.js";
export {
  type Device,
  devices,
  type Fallback,
  type Progress,
  type Timings,
} from "./base/device.js";
export * from "./base/errors.js";
export type { Box, CocoRle, PolygonRing, Rect, Size } from "./base/geometry.js";
export type { RgbaImage, Source } from "./base/image.js";
export {
  type ColorOrder,
  colorOrders,
  type InputSizing,
  type Preprocessing,
  type ResizeMode,
  resizeModes,
} from "./base/preprocessing.js";
export type { RawTensor, TensorInfo } from "./base/tensor.js";
export { Core, type DecodeOptions, type InstanceColumns } from "./core/core.js";
export { currentCore, type LoadCoreOptions, loadCore } from "./core/load.js";
export {
  type DecodeOutputsOptions,
  type DecodeResult,
  decode,
  detectFamily,
  type FamilyDetection,
  type OutputTensor,
} from "./decode.js";
export type { EngineOptions } from "./engine/types.js";
export type { FoundInstances, Instance } from "./mask/instances.js";
export {
  Mask,
  type MaskData,
  type MaskImageOptions,
  type PixelMap,
  type PolygonOptions,
  type RingInput,
  type RleInput,
  type RunMask,
  type SourceSize,
} from "./mask/mask.js";
export {
  builtInModels,
  builtInPromptModels,
} from "./model/built_in.js";
export type {
  AnyText,
  BuiltInFile,
  BuiltInModel,
  BuiltInPromptModel,
  ModelSource,
} from "./model/built_in_types.js";
export type {
  FamilyCandidate,
  FamilyVerdict,
  ModelInfo,
  PromptPart,
  RawResult,
  RunningModelInfo,
} from "./model/info.js";
export type { BuiltInModelName, BuiltInPromptModelName } from "./model/model_names.gen.js";

export { type SelectionPrompt, selectByPrompt } from "./prompt/select_by_prompt.js";
export { PromptSession, type SessionOptions } from "./prompt/session.js";
export * from "./prompt/types.js";
export { PromptSegmenter } from "./prompt_segmenter.js";
export * from "./segment/types.js";
export { inspectModel, Segmenter } from "./segmenter.js";
export { type DecodeImageOptions, decodeImage } from "./source/decode_image.js";
export * from "./view/coco_types.js";
export {
  type ContourOptions,
  cutOut,
  type NamedResult,
  type SvgOptions,
  toCocoDataset,
  toCocoResults,
  toSvg,
  toYolo,
} from "./view/export.js";
export { Overlay, type OverlayOptions } from "./view/overlay.js";
export type { LabelRequest, LabelSpot } from "./view/overlay_labels.js";
export { placeLabels } from "./view/overlay_labels.js";
export {
  type OverlayImage,
  type OverlayInstance,
  type OverlayStyle,
  type RendererName,
  rendererNames,
  type Stacking,
  stackings,
} from "./view/overlay_renderer.js";
export { type PaintOptions, paintOverlay } from "./view/paint.js";
export { instanceColor, paletteSize, type Rgb } from "./view/palette.js";
