// One session of one build of ONNX Runtime; what to do when it fails is decided in model_session.ts.
import type { Device, Preprocessing, RawTensor } from "../types.js";
import { type OrtRuntime, Refusal } from "./device_ladder.js";
import { type ModelInput, makeInputTensor } from "./input_tensor.js";
import type { OrtModule, OrtSession } from "./ort_module.js";
import { takeOutputs } from "./outputs.js";

/** ONNX Runtime throws errors, strings and numbers. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The build for a device. Throws {@link Refusal} when it cannot be loaded. */
export async function loadFor(device: Device, runtime: OrtRuntime, wasmPaths: string | undefined): Promise<OrtModule> {
  const bundle = device === "webgpu" ? runtime.webgpuBundle() : device === "wasm" ? "wasm" : "node";
  try {
    return await runtime.load(bundle, wasmPaths);
  } catch (error) {
    throw new Refusal(`ONNX Runtime's ${bundle} build could not be loaded: ${messageOf(error)}`);
  }
}

/** To be called in the queue. Throws {@link Refusal} when the device does not start, ONNX Runtime's error when it refuses the model. */
export async function createSession(ort: OrtModule, device: Device, model: Uint8Array): Promise<OrtSession> {
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: [device === "node-cpu" ? "cpu" : device],
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    });
  } catch (error) {
    // ORT's words for "the provider did not start" (its wasm was not found, the GPU gave no device); anything else is about the model.
    if (/no available backend found/i.test(messageOf(error))) throw new Refusal(messageOf(error));
    throw error;
  }
}

/** To be called in the queue. Every tensor is disposed, whatever happens. `values` are planar [3, height, width]. */
export async function runSession(
  ort: OrtModule,
  session: OrtSession,
  input: ModelInput,
  { width, height }: Preprocessing,
  values: Float32Array,
): Promise<Map<string, RawTensor>> {
  const tensor = makeInputTensor(ort, input, [1, 3, height, width], values);
  try {
    return takeOutputs(await session.run({ [input.name]: tensor }));
  } finally {
    tensor.dispose();
  }
}
