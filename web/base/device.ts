/**
 * Every device a model can run on.
 *
 * @example
 * ```ts
 * import { devices } from "masklet";
 *
 * for (const device of devices) console.log(device); // "webgpu", "wasm", "node-cpu"
 * ```
 */
export const devices = ["webgpu", "wasm", "node-cpu"] as const;

/**
 * The device that runs a model: WebGPU, WebAssembly (both through ONNX Runtime Web), or the native
 * `onnxruntime-node` (Node only).
 */
export type Device = (typeof devices)[number];

/** A device that was tried and rejected before the current one. */
export interface Fallback {
  /** The rejected device. */
  readonly device: Device;
  /** One sentence. It includes the runtime's own message, if any. */
  readonly reason: string;
}

/** Progress of loading a model, as `onProgress` receives it. */
export interface Progress {
  /** What is going on: the download of a file, or the compilation of the model. */
  readonly stage: "download" | "compile";
  /** Download: bytes received so far. Compilation: 0 at its start, 1 at its end. */
  readonly loaded: number;
  /** Download: total bytes, undefined if the server does not say. Compilation: 1. */
  readonly total?: number;
}

/** Wall-clock time of each stage of one call, in milliseconds, 0 or more. */
export interface Timings {
  /** From the source to RGBA pixels. */
  readonly source: number;
  /** From RGBA pixels to the network's input. */
  readonly preprocess: number;
  /** The network itself. */
  readonly inference: number;
  /** Decoding, non-maximum suppression and mask assembly. */
  readonly postprocess: number;
  /** The second step; present only with `refineWith`. */
  readonly refine?: number;
  /** The whole call, waiting included. */
  readonly total: number;
}
