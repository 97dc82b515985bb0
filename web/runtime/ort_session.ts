import type { RawTensor } from "../base/tensor.js";
// One session of one build of ONNX Runtime. model_session.ts handles its failures.

import type { Device } from "../base/device.js";
import { type OrtRuntime, Refusal } from "./device_ladder.js";
import { type FeedData, type Feeds, type FeedType, KeptTensor, toOrtTensor } from "./feed.js";
import type { OrtModule, OrtSession, OrtTensor } from "./ort_module.js";
import { takeOutputs } from "./outputs.js";

/** The outputs of one run by name. */
export interface SessionOutputs {
  readonly outputs: Map<string, RawTensor>;
  /** The outputs that stayed where they were computed. */
  readonly kept: Map<string, KeptTensor>;
}

/** The message of a thrown value. ONNX Runtime throws errors, strings and numbers. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Loads the build for a device. @throws Refusal if that fails. */
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
 * Opens a session. Call it in the queue. It throws {@link Refusal} if the device does not start,
 * and ONNX Runtime's error if it rejects the model.
 * @param kept the outputs that must stay on the GPU, if that is the device
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
    // ONNX Runtime's message for a provider that did not start, because its wasm or the GPU device
    // is missing. Any other message concerns the model.
    if (/no available backend found/i.test(messageOf(error))) throw new Refusal(messageOf(error));
    throw error;
  }
}

export interface RunRequest {
  readonly feeds: Feeds;
  /** Names of the outputs to compute; undefined means all. */
  readonly wanted?: readonly string[] | undefined;
  /** Names of the outputs to keep where they are computed. */
  readonly kept: readonly string[];
  /** Whether the session is on the GPU. */
  readonly onGpu: boolean;
  /** Called when a kept tensor ends. */
  readonly onEnd: (tensor: KeptTensor) => void;
}

/** Runs a session. It always disposes every tensor except the kept ones. Call it in the queue. */
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
