/**
 * Masklet: instance segmentation in the browser and in Node. Importing this module does nothing but
 * define what it exports.
 *
 * @packageDocumentation
 */
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
export * from "./errors.js";
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
} from "./mask.js";
export { PromptSegmenter } from "./prompt_segmenter.js";
export { PromptSession, type SessionOptions } from "./prompt_session.js";
export * from "./prompt_types.js";
export {
  type BuiltInFile,
  type BuiltInModel,
  type BuiltInPromptModel,
  builtInModels,
  builtInPromptModels,
} from "./runtime/built_in.js";
export { inspectModel, Segmenter } from "./segmenter.js";
export { type SelectionPrompt, selectByPrompt } from "./select_by_prompt.js";
export { type DecodeImageOptions, decodeImage } from "./source.js";
export * from "./types.js";
export * from "./view/coco_types.js";
export {
  cutOut,
  type NamedResult,
  toCocoDataset,
  toCocoResults,
  toSvg,
  toYolo,
} from "./view/export.js";
export { Overlay, type OverlayOptions } from "./view/overlay.js";
export type { LabelSpot, LabelWish } from "./view/overlay_labels.js";
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
