// The calls between a PromptSegmenter and its engine, in any thread.

import type { Device, Timings } from "../base/device.js";
import { MaskletError } from "../base/errors.js";
import type { Engine, Work } from "../engine/engine.js";
import type { Answer, Ask } from "./decoder.js";
import type { CheckedEverything } from "./options.js";
import type { EverythingProgress, PromptCandidate, PromptModelInfo } from "./types.js";

/** The handle of an encoded image in an engine. */
export interface ImageHandle {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface ImageAnswer extends ImageHandle {
  readonly fromCache: boolean;
  readonly timingsMs: Timings;
}

export interface PromptAnswer {
  /** In the order of the prompts. */
  readonly answers: readonly Answer[];
  /** The device of the decoder. */
  readonly device: Device;
  readonly timingsMs: Timings;
}

export interface EverythingAnswer {
  readonly candidates: readonly PromptCandidate[];
}

/** A question about an image, by its `id`. */
export interface AskAbout {
  readonly image: string;
  readonly ask: Ask;
}

export interface EverythingAbout {
  readonly image: string;
  readonly settings: CheckedEverything;
}

/** The work behind a PromptSegmenter: in the caller's thread or in a worker. */
export interface PromptEngine extends Engine<PromptModelInfo> {
  /** Takes exactly one source. */
  readonly setImage: Work<undefined, ImageAnswer>;
  readonly ask: Work<AskAbout, PromptAnswer>;
  readonly everything: Work<EverythingAbout, EverythingAnswer, EverythingProgress>;
}

/** The error for an image that is not in the cache. */
export function imageGone(): MaskletError {
  const message = "the image is not in the cache: call setImage again, or increase cacheSize";
  return new MaskletError("noImage", "inference", message);
}
