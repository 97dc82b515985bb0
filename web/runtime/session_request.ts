import type { Device } from "../base/device.js";
import type { Feeds } from "./feed.js";

/** What a session is made from. */
export interface SessionRequest {
  readonly model: Uint8Array;
  /**
   * Makes the inputs for the self-check of a GPU, without kept tensors. Only the check calls it.
   */
  readonly checkFeeds: () => Feeds;
  /** `OnnxModel.quantizesAtRun`: the self-check then allows larger differences. */
  readonly quantizesAtRun?: boolean;
  /** Names of the outputs that stay where they are computed. */
  readonly keptOutputs?: readonly string[];
  readonly device: "auto" | Device;
  readonly allowSoftwareAdapter: boolean;
  readonly wasmPaths?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of one run. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Names of the outputs to compute (default: all). */
  readonly outputs?: readonly string[] | undefined;
}
