export const devices = ["webgpu", "wasm", "node-cpu"] as const;

/**
 * Where a model really runs: WebGPU, ONNX Runtime's WebAssembly, or (Node only) the native
 * onnxruntime-node.
 */
export type Device = (typeof devices)[number];

/** Why a device higher on the ladder was not taken. */
export interface Fallback {
  readonly device: Device;
  /** One sentence, with the runtime's own message where there is one. */
  readonly reason: string;
}

export interface Progress {
  readonly stage: "download" | "compile";
  /** Bytes so far for a download, 0 or 1 for a compilation. */
  readonly loaded: number;
  /** Bytes in all, when the server says; 1 for a compilation. */
  readonly total?: number;
}

/** Wall-clock time of each stage of one call, in milliseconds. */
export interface Timings {
  /** Source to RGBA pixels. */
  readonly source: number;
  readonly preprocess: number;
  readonly inference: number;
  /** Decoding, NMS and mask assembly. */
  readonly postprocess: number;
  /** The second step, with `segmentWith`. */
  readonly secondStep?: number;
  readonly total: number;
}
