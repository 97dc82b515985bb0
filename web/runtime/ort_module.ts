/**
 * The part of ONNX Runtime's JavaScript API in use. It is narrow, so that onnxruntime-web's
 * bundles, onnxruntime-node and a fake in a test all fit.
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

/** The part of GPUDevice that reports its loss. */
export interface OrtGpuDevice {
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
}

export interface OrtSessionOptions {
  executionProviders: readonly string[];
  graphOptimizationLevel?: "all";
  intraOpNumThreads?: number;
  logSeverityLevel?: number;
  /** Locations by output name. Other outputs go to the CPU. */
  preferredOutputLocation?: Readonly<Record<string, "gpu-buffer">>;
}

export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** `cpu`, `gpu-buffer` … */
  readonly location?: string;
  /** Throws for a disposed tensor and for a tensor outside the CPU. */
  readonly data: unknown;
  /** Copies the values to the CPU; `release` also frees the GPU's buffer. */
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
 * A build of ONNX Runtime: one of three bundles of onnxruntime-web, or the native package for Node.
 */
export type OrtBundle = "jspi" | "webgpu" | "wasm" | "node";
