// Entry of the module worker: one engine, its calls by number.
import { expose, transfer } from "comlink";
import { MaskletError, type Stage } from "../errors.js";
import { type EngineResult, LocalEngine, type RawEngineResult } from "../segmenter_engine.js";
import type { Progress, Source } from "../types.js";
import type { Outcome, WorkerApi } from "./protocol.js";
import { holdLockForLife } from "./watch.js";

let engine: LocalEngine | undefined;
const running = new Map<number, AbortController>();

const api: WorkerApi = {
  hold: holdLockForLife,

  create: (call, options, onProgress) =>
    answer(call, "load", async (signal) => {
      let reported: Promise<unknown> = Promise.resolve();
      const report = (progress: Progress) => {
        // An error in the caller's function is the caller's; it must not end the worker.
        reported = Promise.resolve(onProgress(progress)).catch(() => undefined);
      };
      engine = await LocalEngine.create({ ...options, signal, onProgress: report });
      // Progress has a channel of its own, which the answer must not overtake.
      await reported;
      return engine.state;
    }),

  segment: (call, sources, owned, options) =>
    withEngine(call, sources, owned, arraysOfColumns, (running, signal) => running.segment(sources, { ...options, signal })),

  infer: (call, sources, owned) =>
    withEngine(call, sources, owned, arraysOfOutputs, (running, signal) => running.infer(sources[0]!, signal)),

  abort(call) {
    running.get(call)?.abort();
  },

  async dispose() {
    const last = engine;
    engine = undefined;
    await last?.dispose();
  },
};

async function answer<T>(call: number, stage: Stage, task: (signal: AbortSignal) => Promise<T>): Promise<Outcome<T>> {
  const controller = new AbortController();
  running.set(call, controller);
  try {
    return { ok: await task(controller.signal) };
  } catch (error) {
    if (error instanceof MaskletError) return { error: error.serialize() };
    const message = error instanceof Error ? error.message : String(error);
    return { error: { code: "workerFailed", stage, message: `unexpected failure in the worker: ${message}` } };
  } finally {
    running.delete(call);
  }
}

async function withEngine<T extends object>(
  call: number,
  sources: readonly Source[],
  owned: readonly boolean[],
  arraysOf: (result: T) => Transferable[],
  task: (engine: LocalEngine, signal: AbortSignal) => Promise<T>,
): Promise<Outcome<T>> {
  const outcome = await answer(call, "inference", async (signal) => {
    try {
      if (!engine) throw new MaskletError("disposed", "inference", "the segmenter was disposed");
      return await task(engine, signal);
    } finally {
      // Copies made for this call; frames in particular hold memory of the decoder until they are closed.
      for (const source of sources.filter((_, i) => owned[i])) (source as ImageBitmap | VideoFrame).close();
    }
  });
  return "ok" in outcome ? transfer(outcome, arraysOf(outcome.ok)) : outcome;
}

function arraysOfColumns(results: readonly EngineResult[]): Transferable[] {
  const columns = results.flatMap((result) => Object.values(result.columns));
  return columns.flatMap((column) => (ArrayBuffer.isView(column) ? [column.buffer as ArrayBuffer] : []));
}

function arraysOfOutputs({ outputs }: RawEngineResult): Transferable[] {
  return [...outputs.values()].map(({ data }) => data.buffer as ArrayBuffer);
}

expose(api);
