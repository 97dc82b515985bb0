import type { RawTensor } from "../base/tensor.js";
// One session of one build of ONNX Runtime; what to do when it fails is decided in
// model_session.ts.

import type { Device } from "../base/device.js";
import { type OrtRuntime, Refusal } from "./device_ladder.js";
import { type FeedData, type Feeds, type FeedType, KeptTensor, toOrtTensor } from "./feed.js";
import type { OrtModule, OrtSession, OrtTensor } from "./ort_module.js";
import { takeOutputs } from "./outputs.js";

/** Outputs of one run by name. */
export interface SessionOutputs {
  readonly outputs: Map<string, RawTensor>;
  /** Those that stayed where they were computed. */
  readonly kept: Map<string, KeptTensor>;
}

/** ONNX Runtime throws errors, strings and numbers. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The build for a device. Throws {@link Refusal} when it cannot be loaded. */
export async function loadFor(
  device: Device,
  runtime: OrtRuntime,
  wasmPaths: string | undefined,
): Promise<OrtModule> {
  const bundle = device === "webgpu" ? runtime.webgpuBundle() : device === "wasm" ? "wasm" : "node";
  try {
    return await runtime.load(bundle, wasmPaths);
  } catch (error) {
    throw new Refusal(`ONNX Runtime's ${bundle} build could not be loaded: ${messageOf(error)}`);
  }
}

/**
 * To be called in the queue. Throws {@link Refusal} when the device does not start, ONNX Runtime's
 * error when it refuses the model.
 * @param kept outputs that are to stay on the GPU, if that is the device
 */
export async function createSession(
  ort: OrtModule,
  device: Device,
  model: Uint8Array,
  kept: readonly string[] = [],
): Promise<OrtSession> {
  const onGpu = device === "webgpu" && kept.length > 0;
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: [device === "node-cpu" ? "cpu" : device],
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
      ...(onGpu
        ? { preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, "gpu-buffer"])) }
        : {}),
    });
  } catch (error) {
    // ORT's words for "the provider did not start" (its wasm was not found, the GPU gave no
    // device); anything else is about the model.
    if (/no available backend found/i.test(messageOf(error))) throw new Refusal(messageOf(error));
    throw error;
  }
}

export interface RunRequest {
  readonly feeds: Feeds;
  /** Names of the outputs to be computed; all when absent. */
  readonly wanted?: readonly string[] | undefined;
  /** Names of those to be kept. */
  readonly kept: readonly string[];
  /** The session is on the GPU. */
  readonly onGpu: boolean;
  /** Told when a kept tensor ends. */
  readonly onEnd: (tensor: KeptTensor) => void;
}

/** To be called in the queue. Every tensor but the kept ones is disposed, whatever happens. */
export async function runSession(
  ort: OrtModule,
  session: OrtSession,
  request: RunRequest,
): Promise<SessionOutputs> {
  const mine: OrtTensor[] = [];
  try {
    const tensors: Record<string, OrtTensor> = {};
    for (const [name, feed] of Object.entries(request.feeds)) {
      const made =
        feed instanceof KeptTensor
          ? await feed.asTensor(ort, request.onGpu)
          : { tensor: toOrtTensor(ort, feed), mine: true };
      if (made.mine) mine.push(made.tensor);
      tensors[name] = made.tensor;
    }
    return sortOutputs(ort, await session.run(tensors, request.wanted), request);
  } finally {
    for (const tensor of mine) tensor.dispose();
  }
}

function sortOutputs(
  ort: OrtModule,
  results: Readonly<Record<string, OrtTensor>>,
  { kept, onEnd }: RunRequest,
): SessionOutputs {
  const isKept = ([name]: [string, OrtTensor]) => kept.includes(name);
  const all = Object.entries(results);
  const keptTensors = new Map(
    all.filter(isKept).map(([name, tensor]) => [name, keep(ort, tensor, onEnd)]),
  );
  try {
    return {
      outputs: takeOutputs(Object.fromEntries(all.filter((entry) => !isKept(entry)))),
      kept: keptTensors,
    };
  } catch (error) {
    for (const tensor of keptTensors.values()) tensor.end();
    throw error;
  }
}

function keep(ort: OrtModule, tensor: OrtTensor, onEnd: (tensor: KeptTensor) => void): KeptTensor {
  const { type } = tensor;
  const dims = Array.from(tensor.dims, Number);
  if (tensor.location === "gpu-buffer") return new KeptTensor(type, dims, { tensor, ort }, onEnd);
  const feed = { type: type as FeedType, dims, data: tensor.data as FeedData };
  tensor.dispose();
  return new KeptTensor(type, dims, { feed }, onEnd);
}
