/**
 * The part of ONNX Runtime's JavaScript API that is used here. Narrow on purpose: onnxruntime-web's
 * bundles and onnxruntime-node fit it, and so does a fake in a test.
 */
export interface OrtModule {
  readonly env: OrtEnv;
  readonly Tensor: new (type: string, data: ArrayBufferView, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: OrtSessionOptions): Promise<OrtSession>;
  };
}

export interface OrtEnv {
  logLevel?: string;
  readonly wasm: { numThreads?: number; proxy?: boolean; wasmPaths?: unknown };
  readonly webgpu: {
    powerPreference?: string;
    readonly device: Promise<OrtGpuDevice> | OrtGpuDevice | undefined;
  };
}

/** The part of GPUDevice that tells of its end. */
export interface OrtGpuDevice {
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
}

export interface OrtSessionOptions {
  executionProviders: readonly string[];
  graphOptimizationLevel?: "all";
  intraOpNumThreads?: number;
  logSeverityLevel?: number;
  /** By output name; others go to the CPU. */
  preferredOutputLocation?: Readonly<Record<string, "gpu-buffer">>;
}

export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** `cpu`, `gpu-buffer` … */
  readonly location?: string;
  /** Throws once disposed, and for tensors that are not on the CPU. */
  readonly data: unknown;
  /** Brings the values to the CPU; with `release` the GPU's buffer is freed. */
  getData(release?: boolean): Promise<unknown>;
  dispose(): void;
}

export interface OrtSession {
  run(
    feeds: Record<string, OrtTensor>,
    wanted?: readonly string[],
  ): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

/**
 * Which build of ONNX Runtime: three of onnxruntime-web's bundles, or the native package for Node.
 */
export type OrtBundle = "jspi" | "webgpu" | "wasm" | "node";
