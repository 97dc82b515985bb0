import { type CallLimits, withinLimits } from "../base/call_limits.js";
import type { Device, Fallback } from "../base/device.js";
import { MaskletError, type Stage, throwIfAborted, untilAborted } from "../base/errors.js";
import { disposeGraceMs } from "../base/limits.js";
import { settledWithin } from "../base/patience.js";
import type { Engine, RunState } from "./engine.js";

/** Base of every segmenter: its engine, the device and disposal. */
export abstract class EngineHandle<E extends Engine> {
  /** @internal */
  protected readonly engine: E;
  private last: RunState;
  private disposed = false;
  /** Aborted when the engine is gone. */
  private readonly end = new AbortController();

  /** @internal */
  protected constructor(engine: E) {
    this.engine = engine;
    this.last = engine.state;
  }

  /**
   * The device of the network (of the encoder, if there are two networks). After a lost device it
   * can change from call to call.
   */
  get device(): Device {
    return this.last.device;
  }

  /** Every better device that was rejected, with the reason. A decoder's reasons say so. */
  get fallbacks(): readonly Fallback[] {
    return this.last.fallbacks;
  }

  /**
   * Frees sessions and the worker. Calls under way end with `disposed` or their result; a second
   * call does nothing. A run that does not end is not waited for: after two seconds its worker is
   * ended.
   */
  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    // A worker takes as long at most, and some time to be ended.
    await settledWithin(this.engine.dispose(), 2 * disposeGraceMs);
    this.end.abort(new MaskletError("disposed", "inference", "the segmenter was disposed"));
  }

  [Symbol.dispose](): void {
    void this.dispose().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** @internal */
  protected checkAlive(): void {
    if (this.disposed) throw new MaskletError("disposed", "source", "the segmenter was disposed");
  }

  /**
   * Works within the limits of a call; what it waits for, it waits for no longer than that.
   * @internal
   */
  protected async within<T>(
    stage: Stage,
    limits: CallLimits,
    task: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    this.checkAlive();
    return withinLimits(stage, limits, task);
  }

  /**
   * Gives work to the engine. Rejects as soon as the signal is aborted; the work then goes on
   * unwatched.
   * @param before the stage that the work begins with
   * @internal
   */
  protected async call<T extends { readonly state: RunState }>(
    before: Stage,
    signal: AbortSignal | undefined,
    work: (engine: E) => Promise<T>,
  ): Promise<T> {
    this.checkAlive();
    throwIfAborted(signal, before);
    const wanted = untilAborted(work(this.engine), signal, "inference");
    const answer = await untilAborted(wanted, this.end.signal, "inference");
    this.last = answer.state;
    return answer;
  }
}
