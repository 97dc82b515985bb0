import type { Device } from "../base/device.js";
import type { Feeds } from "./feed.js";

/** What a session is made of. */
export interface SessionRequest {
  readonly model: Uint8Array;
  /** What the self-check of a GPU runs the network on; asked for only then. No kept tensors. */
  readonly checkFeeds: () => Feeds;
  /** The graph quantizes as it runs (`OnnxModel.quantizesAtRun`): the self-check allows for it. */
  readonly quantizesAtRun?: boolean;
  /** Outputs that stay where they are computed. */
  readonly keptOutputs?: readonly string[];
  readonly device: "auto" | Device;
  readonly allowSoftwareAdapter: boolean;
  readonly wasmPaths?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Of one run. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Names of the outputs to be computed; default: all. */
  readonly outputs?: readonly string[] | undefined;
}
