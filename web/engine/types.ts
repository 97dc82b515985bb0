import type { Device, Progress } from "../base/device.js";
import type { Preprocessing } from "../base/preprocessing.js";

/** Options that both segmenters share. */
export interface EngineOptions {
  /**
   * Where the network runs. `auto` chooses WebGPU if the adapter is hardware and its results agree
   * with the CPU, else WebAssembly.
   * @defaultValue `"auto"`
   */
  device?: "auto" | Device;
  /**
   * Accepts a software WebGPU adapter, which is slow. It is meant for tests.
   * @defaultValue `false`
   */
  allowSoftwareAdapter?: boolean;
  /**
   * Runs the model in a module worker. Node ignores it.
   * @defaultValue `true`
   */
  worker?: boolean;
  /**
   * Size of the network's input in pixels, if the model does not fix it. Most models need multiples
   * of 32. A larger input finds smaller objects and takes longer.
   * @defaultValue the model's own size
   */
  inputSize?: number | { width: number; height: number };
  /**
   * Differences from the preprocessing of the family.
   * @defaultValue the family's own preprocessing
   */
  preprocessing?: Partial<Preprocessing>;
  /**
   * Keeps downloaded models in the Cache API.
   * @defaultValue `true`
   */
  cache?: boolean;
  /**
   * URL of the core's wasm file, if a bundler moves it.
   * @defaultValue beside the module
   */
  coreUrl?: string | URL;
  /**
   * URL of ONNX Runtime's files, if a bundler moves them.
   * @defaultValue beside ONNX Runtime's module
   */
  ortWasmPaths?: string;
  /** Receives the progress of downloads and compilations. */
  onProgress?: (progress: Progress) => void;
  /** Aborts the creation with `aborted`. */
  signal?: AbortSignal;
}
