import { transfer } from "comlink";
import { MaskletError, type Stage } from "../base/errors.js";
import type { Source } from "../base/image.js";
import type { Outcome } from "./protocol.js";

interface Engine {
  dispose(): Promise<void>;
}

/** Sources of a call, some of them copies made for it. */
interface Cargo {
  readonly sources: readonly Source[];
  readonly owned: readonly boolean[];
}

/** The engine of a worker and the calls it works on. */
export class Calls {
  private engine: Engine | undefined;
  private readonly running = new Map<number, AbortController>();

  /** Makes the engine; the outcome is its state. */
  start<State>(
    call: number,
    create: (signal: AbortSignal) => Promise<Engine & { readonly state: State }>,
  ): Promise<Outcome<State>> {
    return this.answer(call, "load", async (signal) => {
      const engine = await create(signal);
      this.engine = engine;
      return engine.state;
    });
  }

  /**
   * Gives work to the engine, which is of the kind that `start` made. Arrays of the result are
   * transferred.
   */
  async run<E extends Engine, T extends object>(
    call: number,
    { sources, owned }: Cargo,
    arraysOf: (result: T) => Transferable[],
    task: (engine: E, signal: AbortSignal) => Promise<T>,
  ): Promise<Outcome<T>> {
    const outcome = await this.answer(call, "inference", async (signal) => {
      try {
        if (!this.engine)
          throw new MaskletError("disposed", "inference", "the segmenter was disposed");
        return await task(this.engine as E, signal);
      } finally {
        // Copies made for this call; frames in particular hold memory of the decoder until they are
        // closed.
        for (const source of sources.filter((_, i) => owned[i]))
          (source as ImageBitmap | VideoFrame).close();
      }
    });
    return "ok" in outcome ? transfer(outcome, arraysOf(outcome.ok)) : outcome;
  }

  abort(call: number): void {
    this.running.get(call)?.abort();
  }

  async dispose(): Promise<void> {
    const last = this.engine;
    this.engine = undefined;
    await last?.dispose();
  }

  private async answer<T>(
    call: number,
    stage: Stage,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<Outcome<T>> {
    const controller = new AbortController();
    this.running.set(call, controller);
    try {
      return { ok: await task(controller.signal) };
    } catch (error) {
      if (error instanceof MaskletError) return { error: error.serialize() };
      const message = error instanceof Error ? error.message : String(error);
      return {
        error: {
          code: "workerFailed",
          stage,
          message: `unexpected failure in the worker: ${message}`,
        },
      };
    } finally {
      this.running.delete(call);
    }
  }
}

/**
 * Runs a task that reports. Reports have a channel of their own, which the answer must not
 * overtake.
 */
export async function withReports<P, T>(
  onProgress: (progress: P) => unknown,
  task: (report: (progress: P) => void) => Promise<T>,
): Promise<T> {
  let reported: Promise<unknown> = Promise.resolve();
  const result = await task((progress) => {
    // An error in the caller's function is the caller's; it must not end the worker.
    reported = Promise.resolve(onProgress(progress)).catch(() => undefined);
  });
  await reported;
  return result;
}
