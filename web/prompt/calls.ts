// What a PromptSegmenter asks its engine, wherever that works, and what it is answered.

import type { Device, Fallback, Timings } from "../base/device.js";
import { MaskletError } from "../base/errors.js";
import type { Source } from "../base/image.js";
import type { Answer, Ask } from "./decoder.js";
import type { CheckedEverything } from "./options.js";
import type { EverythingProgress, PromptCandidate, PromptModelInfo } from "./types.js";

/** What can be told of an engine without asking it. */
export interface PromptEngineState {
  /** Of the encoder, which does most of the work. */
  readonly device: Device;
  readonly fallbacks: readonly Fallback[];
  readonly info: PromptModelInfo;
}

/** An image that an engine knows by its `id`. */
export interface ImageHandle {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface ImageAnswer extends ImageHandle {
  readonly fromCache: boolean;
  readonly timingsMs: Timings;
  readonly state: Pick<PromptEngineState, "device" | "fallbacks">;
}

export interface PromptAnswer {
  readonly answers: readonly Answer[];
  /** Of the decoder. */
  readonly device: Device;
  readonly timingsMs: Timings;
  readonly state: Pick<PromptEngineState, "device" | "fallbacks">;
}

export interface EverythingAnswer {
  readonly candidates: readonly PromptCandidate[];
  readonly state: Pick<PromptEngineState, "device" | "fallbacks">;
}

/** How a long call tells of itself and is ended. */
export interface Reporting {
  readonly onProgress?: ((progress: EverythingProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The work behind a PromptSegmenter: in the caller's thread or in a worker. */
export interface PromptEngine {
  readonly state: PromptEngineState;
  setImage(source: Source, signal: AbortSignal | undefined): Promise<ImageAnswer>;
  /** The answers in the order of the prompts. */
  ask(image: string, ask: Ask, signal: AbortSignal | undefined): Promise<PromptAnswer>;
  everything(
    image: string,
    settings: CheckedEverything,
    reporting: Reporting,
  ): Promise<EverythingAnswer>;
  dispose(): Promise<void>;
}

/** The error for an image that is not, or no longer, in the cache. */
export function imageGone(): MaskletError {
  const message =
    "the image is not encoded (any more): call setImage with it again, or raise cacheSize";
  return new MaskletError("noImage", "inference", message);
}
