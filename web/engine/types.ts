import type { Device, Progress } from "../base/device.js";
import type { Preprocessing } from "../base/preprocessing.js";

/** What every segmenter takes when it is created. */
export interface EngineOptions {
  /**
   * Where the network runs. `auto` takes WebGPU where the adapter is hardware and agrees with the
   * CPU, else WebAssembly.
   * @defaultValue `"auto"`
   */
  device?: "auto" | Device;
  /**
   * Accept a software WebGPU adapter. It is slow; tests use it.
   * @defaultValue `false`
   */
  allowSoftwareAdapter?: boolean;
  /**
   * Run in a module worker. Node ignores it.
   * @defaultValue `true`
   */
  worker?: boolean;
  /**
   * Size of the network's input in pixels, for models that leave it open; most need multiples of
   * 32. A larger input shows smaller objects and takes longer.
   * @defaultValue the model's own size
   */
  inputSize?: number | { width: number; height: number };
  /**
   * Changes to the preprocessing of the family.
   * @defaultValue the family's own preprocessing
   */
  preprocessing?: Partial<Preprocessing>;
  /**
   * Keep downloaded models in the Cache API.
   * @defaultValue `true`
   */
  cache?: boolean;
  /**
   * Address of the core's wasm file, when a bundler moves it.
   * @defaultValue beside the module
   */
  coreUrl?: string | URL;
  /**
   * Address of ONNX Runtime's files, when a bundler moves them.
   * @defaultValue beside ONNX Runtime's module
   */
  ortWasmPaths?: string;
  /** Is told of each step of downloads and compilations. */
  onProgress?: (progress: Progress) => void;
  /** Ends the creation with `aborted`. */
  signal?: AbortSignal;
}
