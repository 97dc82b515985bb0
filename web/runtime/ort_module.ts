/**
 * The part of ONNX Runtime's JavaScript API that is used here. Narrow on purpose: onnxruntime-web's bundles and onnxruntime-node fit it,
 * and so does a fake in a test.
 */
export interface OrtModule {
  readonly env: OrtEnv;
  readonly Tensor: new (type: "float32" | "float16", data: Float32Array | Uint16Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: OrtSessionOptions): Promise<OrtSession> };
}

export interface OrtEnv {
  logLevel?: string;
  readonly wasm: { numThreads?: number; proxy?: boolean; wasmPaths?: unknown };
  readonly webgpu: { powerPreference?: string; readonly device: Promise<OrtGpuDevice> | OrtGpuDevice | undefined };
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
}

export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** Throws once disposed. */
  readonly data: unknown;
  dispose(): void;
}

export interface OrtSession {
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

/** Which build of ONNX Runtime: three of onnxruntime-web's bundles, or the native package for Node. */
export type OrtBundle = "jspi" | "webgpu" | "wasm" | "node";
