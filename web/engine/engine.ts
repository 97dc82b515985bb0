// The interface between a segmenter and its engine, in the caller's thread or in a worker.

import type { Device, Fallback } from "../base/device.js";
import type { Source } from "../base/image.js";

/** The state of an engine that a segmenter can read without a call. */
export interface EngineState<Info = unknown> extends RunState {
  readonly info: Info;
}

/** The part of the state that a call can change. */
export interface RunState {
  readonly device: Device;
  readonly fallbacks: readonly Fallback[];
}

/** Progress and abort signal of a call. */
export interface Reporting<P = never> {
  readonly onProgress?: ((progress: P) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One kind of work. All kinds have this form, so that one client and one worker serve every engine.
 * @param input must be cloneable
 */
export type Work<Input, Answer, P = never> = (
  sources: readonly Source[],
  input: Input,
  reporting: Reporting<P>,
) => Promise<Answer & { readonly state: RunState }>;

/** The work behind a segmenter. */
export interface Engine<Info = unknown> {
  readonly state: EngineState<Info>;
  dispose(): Promise<void>;
}
