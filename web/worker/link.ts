import { type Remote, releaseProxy, wrap } from "comlink";
import { abortedError, MaskletError, type Stage } from "../base/errors.js";
import { workerGraceMs } from "../base/limits.js";
import type { Outcome, WorkerApi } from "./protocol.js";
import { watchWorker } from "./watch.js";

let nextName = 1;

/** One worker and its pending calls. */
export class WorkerLink {
  readonly api: Remote<WorkerApi>;
  private readonly worker: Worker;
  private readonly watch: ReturnType<typeof watchWorker>;
  /**
   * One reject function per pending call. A shared promise for `Promise.race` would keep a reaction
   * for every past call.
   */
  private readonly waiting = new Set<(error: MaskletError) => void>();
  private nextCall = 1;
  /** Calls without an answer by number, in the order of their start; true for aborted ones. */
  private readonly unanswered = new Map<number, boolean>();
  private grace:
    | { readonly call: number; readonly timer: ReturnType<typeof setTimeout> }
    | undefined;
  private ended: MaskletError | undefined;

  /** @param onDeath is called if the worker ends unexpectedly */
  constructor(private readonly onDeath: () => void) {
    this.worker = startWorker();
    this.api = wrap<WorkerApi>(this.worker);
    this.watch = watchWorker(this.worker, (error) => {
      this.end(error);
      this.onDeath();
    });
    const lock = `masklet-worker-${nextName++}-${Math.random().toString(36).slice(2)}`;
    this.api.hold(lock).then(
      (held) => held && this.watch.holdsLock(lock),
      () => undefined,
    );
  }

  /** Terminates the worker. Pending calls fail with `error`. */
  end(error: MaskletError): void {
    if (this.ended) return;
    this.ended = error;
    this.watch.stop();
    this.stopGrace();
    this.worker.terminate();
    this.api[releaseProxy]();
    for (const reject of this.waiting) reject(error);
    this.waiting.clear();
  }

  /** Sends one call and waits for its outcome. It passes an abort on to the worker. */
  async call<T>(
    signal: AbortSignal | undefined,
    stage: Stage,
    send: (call: number) => Promise<Outcome<T>>,
  ): Promise<T> {
    const number = this.nextCall++;
    const abort = () => {
      this.unanswered.set(number, true);
      void this.untilEnd(() => this.api.abort(number)).catch(() => undefined);
      this.watchFirst();
    };
    this.unanswered.set(number, false);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const outcome = await this.untilEnd(() => send(number));
      if ("ok" in outcome) return outcome.ok;
      throw fromWorker(outcome.error, signal);
    } catch (error) {
      throw error instanceof MaskletError ? error : notDelivered(error, stage);
    } finally {
      signal?.removeEventListener("abort", abort);
      this.unanswered.delete(number);
      this.watchFirst();
    }
  }

  /**
   * Calls are worked on one after another: an aborted call that all others wait for, and that is
   * not answered within a grace period, is taken for one that never ends.
   */
  private watchFirst(): void {
    const [first, aborted] = [...this.unanswered][0] ?? [];
    if (this.grace?.call === first) return;
    this.stopGrace();
    if (this.ended || first === undefined || !aborted) return;
    const timer = setTimeout(() => {
      const message =
        `the worker was ended: it did not answer within ${workerGraceMs} ms ` +
        "after a call was aborted";
      this.end(new MaskletError("workerFailed", "worker", message, { value: workerGraceMs }));
      this.onDeath();
    }, workerGraceMs);
    this.grace = { call: first, timer };
  }

  private stopGrace(): void {
    clearTimeout(this.grace?.timer);
    this.grace = undefined;
  }

  /** Sends something and waits for the answer, or for the worker's end. */
  untilEnd<T>(send: () => Promise<T>): Promise<T> {
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      this.waiting.add(reject);
      send()
        .then(resolve, reject)
        .finally(() => this.waiting.delete(reject));
    });
  }
}

function fromWorker(
  serialized: Parameters<typeof MaskletError.from>[0],
  signal: AbortSignal | undefined,
): MaskletError {
  const error = MaskletError.from(serialized);
  // The reason stays on this side, because it need not be cloneable.
  return error.code === "aborted" && signal?.aborted
    ? abortedError(signal, error.stage, error.message)
    : error;
}

function startWorker(): Worker {
  try {
    // Bundlers find the worker's script only in this form.
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "masklet" });
  } catch (cause) {
    const hint = "its script must come from the page's own origin";
    const message = `the worker could not be started (${hint}): ${messageOf(cause)}`;
    throw new MaskletError("workerFailed", "worker", message, { cause });
  }
}

function notDelivered(cause: unknown, stage: Stage): MaskletError {
  return (cause as Error)?.name === "DataCloneError"
    ? new MaskletError(
        "badOption",
        stage,
        `an argument cannot be sent to the worker: ${messageOf(cause)}`,
        { cause },
      )
    : new MaskletError("workerFailed", stage, `the worker did not answer: ${messageOf(cause)}`, {
        cause,
      });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
