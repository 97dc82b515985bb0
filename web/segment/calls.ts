// The calls between a Segmenter and its engine, in any thread.

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

/** The objects of one image in columns, which move to another thread without a copy. */
export interface FoundColumns extends Size {
  readonly columns: InstanceColumns;
  /** The device that ran this image. */
  readonly device: Device;
  readonly timingsMs: Timings;
}

export interface SegmentAnswer {
  /** One per source, in the same order. */
  readonly results: readonly FoundColumns[];
}

export interface RawAnswer extends Size {
  readonly outputs: ReadonlyMap<string, RawTensor>;
  readonly preprocessing: Preprocessing;
}

/** The work behind a Segmenter: in the caller's thread or in a worker. */
export interface SegmentEngine extends Engine<RunningModelInfo> {
  readonly segment: Work<PlainSegmentOptions, SegmentAnswer>;
  /** Takes exactly one source. */
  readonly infer: Work<undefined, RawAnswer>;
}
