import { transfer } from "comlink";
import type { Progress } from "../base/device.js";
import { MaskletError, type Stage } from "../base/errors.js";
import type { Source } from "../base/image.js";
import type { Engine, EngineState, Work } from "../engine/engine.js";
import { type EngineKind, type Outcome, type WorkAnswer, worksOf } from "./protocol.js";
import { buffersOf } from "./transfer.js";

/** The sources of a call, and which of them are copies for this call. */
interface Cargo {
  readonly sources: readonly Source[];
  readonly owned: readonly boolean[];
}

/** Progress and abort signal of a creation. */
interface Creation {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

type AnyWork = Work<unknown, WorkAnswer, unknown>;

/** The engine of a worker and its running calls. */
export class Calls {
  private engine: Engine | undefined;
  private works: Readonly<Record<string, true>> = {};
  private readonly running = new Map<number, AbortController>();

  /** Creates the engine and returns its state. */
  start(
    call: number,
    kind: EngineKind,
    onProgress: (progress: Progress) => unknown,
    create: (creation: Creation) => Promise<Engine>,
  ): Promise<Outcome<EngineState>> {
    return this.answer(call, "load", async (signal) => {
      this.engine = await withReports(onProgress, (report) =>
        create({ signal, onProgress: report }),
      );
      this.works = worksOf[kind];
      return this.engine.state;
    });
  }

  /** Gives work to the engine. The answer's arrays are transferred. */
  async work(
    call: number,
    name: string,
    { sources, owned }: Cargo,
    input: unknown,
    onProgress: ((progress: never) => unknown) | undefined,
  ): Promise<Outcome<WorkAnswer>> {
    const outcome = await this.answer(call, "inference", async (signal) => {
      try {
        const work = this.find(name);
        if (!onProgress) return await work(sources, input, { signal });
        return await withReports(onProgress as (progress: unknown) => unknown, (report) =>
          work(sources, input, { signal, onProgress: report }),
        );
      } finally {
        // Close the copies of this call. An open video frame blocks memory of the video decoder.
        for (const source of sources.filter((_, i) => owned[i]))
          (source as ImageBitmap | VideoFrame).close();
      }
    });
    return "ok" in outcome ? transfer(outcome, buffersOf(outcome.ok)) : outcome;
  }

  abort(call: number): void {
    this.running.get(call)?.abort();
  }

  async dispose(): Promise<void> {
    const last = this.engine;
    this.engine = undefined;
    await last?.dispose();
  }

  private find(name: string): AnyWork {
    const { engine } = this;
    if (!engine) throw new MaskletError("disposed", "inference", "the segmenter was disposed");
    if (!Object.hasOwn(this.works, name)) throw new Error(`the engine does not know '${name}'`);
    return (engine as unknown as Record<string, AnyWork>)[name]!.bind(engine);
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
 * Runs a task that reports progress. Reports use their own channel, and the answer must not
 * overtake it.
 */
async function withReports<P, T>(
  onProgress: (progress: P) => unknown,
  task: (report: (progress: P) => void) => Promise<T>,
): Promise<T> {
  let reported: Promise<unknown> = Promise.resolve();
  const result = await task((progress) => {
    // An error in the caller's function must not end the worker.
    reported = Promise.resolve(onProgress(progress)).catch(() => undefined);
  });
  await reported;
  return result;
}
