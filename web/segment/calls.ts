// What a Segmenter asks its engine, wherever that works, and what it is answered.

import type { CallLimits } from "../base/call_limits.js";
import type { Device, Timings } from "../base/device.js";
import type { Size } from "../base/geometry.js";
import type { Preprocessing } from "../base/preprocessing.js";
import type { RawTensor } from "../base/tensor.js";
import type { InstanceColumns } from "../core/core.js";
import type { Engine, Work } from "../engine/engine.js";
import type { RunningModelInfo } from "../model/info.js";
import type { SegmentOptions } from "./types.js";

/** Options that can be cloned. */
export type PlainSegmentOptions = Omit<SegmentOptions, keyof CallLimits | "segmentWith">;

/** What was found in one image, in columns, which cross to another thread without copying. */
export interface FoundColumns extends Size {
  readonly columns: InstanceColumns;
  /** On which this image was worked. */
  readonly device: Device;
  readonly timingsMs: Timings;
}

export interface SegmentAnswer {
  /** One for each source, in their order. */
  readonly results: readonly FoundColumns[];
}

export interface RawAnswer extends Size {
  readonly outputs: ReadonlyMap<string, RawTensor>;
  readonly preprocessing: Preprocessing;
}

/** The work behind a Segmenter: in the caller's thread or in a worker. */
export interface SegmentEngine extends Engine<RunningModelInfo> {
  readonly segment: Work<PlainSegmentOptions, SegmentAnswer>;
  /** Of the one source. */
  readonly infer: Work<undefined, RawAnswer>;
}
