import type { Device, Fallback } from "../base/device.js";
import { MaskletError, throwIfAborted } from "../base/errors.js";
import { TaskQueue } from "../base/task_queue.js";
import type { RawTensor } from "../base/tensor.js";
import { deviceLadder, type OrtRuntime, Refusal, realRuntime } from "./device_ladder.js";
import { type Feeds, type KeptTensor, LostTensorError } from "./feed.js";
import type { OrtModule, OrtSession } from "./ort_module.js";
import { enqueueOrt } from "./ort_queue.js";
import {
  createSession,
  loadFor,
  messageOf,
  runSession,
  type SessionOutputs,
} from "./ort_session.js";
import { compareOutputs } from "./self_check.js";
import type { RunOptions, SessionRequest } from "./session_request.js";

export type { RunOptions, SessionRequest } from "./session_request.js";

/**
 * Sessions on the GPU in this realm: when its device is lost, all must be released before a new one
 * can be made.
 */
const onGpu = new Set<ModelSession>();

/**
 * The session was released while a run waited in the queue: the run has to be repeated, and nothing
 * is wrong.
 */
class StaleSession extends Error {}

/**
 * What ORT's messages say when a device went away during a run, before `GPUDevice.lost` has
 * settled.
 */
const lossMessage = /device\b.{0,40}\b(?:lost|destroyed|removed|hung)|\blost\b.{0,40}\bdevice/i;

/**
 * How long a failed run waits to learn whether its device is lost; browsers took less than 12 ms.
 */
const lossPatienceMs = 100;

/** One network on the best device that takes it, kept alive over failed runs and lost devices. */
export class ModelSession {
  /** Every device that was not taken, with the reason, in the order of trying. */
  readonly fallbacks: Fallback[] = [];
  private readonly ladder: readonly Device[];
  private rung = 0;
  private session: OrtSession | undefined;
  private lossReason: string | undefined;
  /** Settles when the loss of the session's device, if it comes to that, is in `lossReason`. */
  private loss: Promise<void> | undefined;
  private agreesWithCpu = false;
  private hasRun = false;
  private disposed = false;
  private readonly calls = new TaskQueue();
  /** Kept outputs of this session that have not ended. */
  private readonly kept = new Set<KeptTensor>();

  private constructor(
    private readonly request: Omit<SessionRequest, "signal">,
    private readonly runtime: OrtRuntime,
  ) {
    this.ladder = deviceLadder(request.device, runtime.isNode());
  }

  /**
   * Goes down the ladder of devices until one makes a session of the model and, on WebGPU, computes
   * what the CPU computes.
   * @throws MaskletError `noDevice` when none does, `badModel` when the last, always available one
   *   cannot load the model, `aborted`.
   */
  static async open(
    { signal, ...request }: SessionRequest,
    runtime: OrtRuntime = realRuntime,
  ): Promise<ModelSession> {
    const session = new ModelSession(request, runtime);
    await session.climb(signal);
    return session;
  }

  /** The device in use, or to be used by the next run. */
  get device(): Device {
    return this.ladder[Math.min(this.rung, this.ladder.length - 1)]!;
  }

  /**
   * One run. After a lost device the session is made anew and the run repeated once; if that is
   * lost too, the next device of the ladder is taken. After any other failure the next run makes a
   * new session. Kept outputs on the GPU end with the session that made them.
   * @throws MaskletError `inferenceFailed`, `deviceLost`, `noDevice`, `aborted` or `disposed`;
   *   LostTensorError for a feed that has ended.
   */
  run(feeds: Feeds, options: RunOptions = {}): Promise<SessionOutputs> {
    return this.calls.run(() => this.runWithRetry(feeds, options));
  }

  /** Releases the session after the run under way, if any. */
  dispose(): Promise<void> {
    this.disposed = true;
    return this.calls.run(() => enqueueOrt(() => this.release()));
  }

  private async runWithRetry(
    feeds: Feeds,
    { signal, outputs: wanted }: RunOptions,
  ): Promise<SessionOutputs> {
    for (let losses = 0; ; ) {
      if (this.disposed)
        throw new MaskletError("disposed", "inference", "the segmenter was disposed");
      throwIfAborted(signal, "inference");
      if (!this.session || this.lossReason !== undefined) await this.remake(signal);
      try {
        const outputs = await this.runOnce(feeds, wanted);
        this.hasRun = true;
        return outputs;
      } catch (error) {
        if (error instanceof StaleSession) continue;
        if (error instanceof LostTensorError) throw error;
        const lost = await this.isLoss(error);
        await this.releaseAfterFailure(lost);
        if (!lost) throw error instanceof MaskletError ? error : this.runFailed(error);
        if (++losses === 2) this.giveUpOnGpu(error);
      }
    }
  }

  private async climb(signal: AbortSignal | undefined): Promise<void> {
    let cause: unknown;
    for (; this.rung < this.ladder.length; ++this.rung) {
      throwIfAborted(signal, "compile");
      try {
        return await this.start(this.device, signal);
      } catch (error) {
        if (error instanceof MaskletError && error.code === "aborted") throw error;
        cause = error;
        this.record(messageOf(error));
      }
    }
    this.rung = 0;
    const reasons = this.fallbacks.map(({ device, reason }) => `${device}: ${reason}`).join("; ");
    // A device that is there and refuses the model speaks of the model, unless it has taken the
    // same one before.
    const code = cause instanceof Refusal || this.hasRun ? "noDevice" : "badModel";
    throw new MaskletError(code, "compile", `no device can run the model: ${reasons}`, { cause });
  }

  private async start(device: Device, signal: AbortSignal | undefined): Promise<void> {
    const { runtime, request } = this;
    if (device === "webgpu") {
      const refusal = await runtime.refuseWebgpu(request.allowSoftwareAdapter);
      if (refusal !== undefined) throw new Refusal(refusal);
    }
    const ort = await loadFor(device, runtime, request.wasmPaths);
    await enqueueOrt(async () => {
      throwIfAborted(signal, "compile");
      this.session = await createSession(ort, device, request.model, request.keptOutputs);
      this.lossReason = undefined;
      if (device !== "webgpu") return;
      onGpu.add(this);
      this.watch(ort, this.session);
    });
    if (device === "webgpu" && !this.agreesWithCpu) await this.checkAgainstCpu(signal);
  }

  /** Any failure leaves no session behind. */
  private async checkAgainstCpu(signal: AbortSignal | undefined): Promise<void> {
    try {
      const feeds = this.request.checkFeeds();
      const actual = await this.readAll(await this.runOnce(feeds));
      throwIfAborted(signal, "compile");
      const difference = compareOutputs(
        actual,
        await this.runOnCpu(feeds),
        this.request.quantizesAtRun,
      );
      if (difference !== undefined) throw new Refusal(`wrong results: ${difference}`);
      this.agreesWithCpu = true;
      throwIfAborted(signal, "compile");
    } catch (error) {
      await this.releaseAfterFailure(await this.isLoss(error));
      throw error;
    }
  }

  private async runOnCpu(feeds: Feeds): Promise<Map<string, RawTensor>> {
    const { runtime, request } = this;
    // The JSPI bundle's CPU kernels are as fast as the small bundle's, and are already here; the
    // other bundle's are up to 7 times slower.
    const bundle = runtime.webgpuBundle() === "jspi" ? "jspi" : "wasm";
    const ort = await runtime.load(bundle, request.wasmPaths);
    return enqueueOrt(async () => {
      const reference = await createSession(ort, "wasm", request.model);
      try {
        const { outputs } = await runSession(ort, reference, {
          feeds,
          kept: [],
          onGpu: false,
          onEnd: () => undefined,
        });
        return outputs;
      } finally {
        await reference.release();
      }
    });
  }

  private async runOnce(feeds: Feeds, wanted?: readonly string[]): Promise<SessionOutputs> {
    const { device } = this;
    const { wasmPaths, keptOutputs: kept = [] } = this.request;
    const ort = await loadFor(device, this.runtime, wasmPaths);
    return enqueueOrt(async () => {
      if (!this.session) throw new StaleSession();
      const onEnd = (tensor: KeptTensor) => this.kept.delete(tensor);
      const results = await runSession(ort, this.session, {
        feeds,
        wanted,
        kept,
        onGpu: device === "webgpu",
        onEnd,
      });
      for (const tensor of results.kept.values()) if (tensor.onGpu) this.kept.add(tensor);
      return results;
    });
  }

  private readAll({ outputs, kept }: SessionOutputs): Promise<Map<string, RawTensor>> {
    return enqueueOrt(async () => {
      for (const [name, tensor] of kept) {
        outputs.set(name, await tensor.read(name));
        tensor.end();
      }
      return outputs;
    });
  }

  private watch(ort: OrtModule, session: OrtSession): void {
    this.loss = Promise.resolve(ort.env.webgpu.device)
      .then((device) => device?.lost)
      .then((info) => {
        if (info && this.session === session)
          this.lossReason = info.message || info.reason || "no reason given";
      })
      .catch(() => undefined);
  }

  /**
   * A run may be told of the loss, in words that say little, a moment before the device itself is.
   */
  private async isLoss(error: unknown): Promise<boolean> {
    if (this.device !== "webgpu" || this.disposed) return false;
    if (this.lossReason === undefined && !lossMessage.test(messageOf(error))) {
      await Promise.race([
        this.loss,
        new Promise((resolve) => setTimeout(resolve, lossPatienceMs)),
      ]);
    }
    return this.lossReason !== undefined || lossMessage.test(messageOf(error));
  }

  private async remake(signal: AbortSignal | undefined): Promise<void> {
    if (this.session) await this.releaseAfterFailure(this.lossReason !== undefined);
    await this.climb(signal);
  }

  private async releaseAfterFailure(lost: boolean): Promise<void> {
    await enqueueOrt(async () => {
      for (const session of lost ? [...onGpu] : [this]) await session.release();
    });
  }

  /**
   * To be called in the queue only. A session whose device is gone may fail to release; it is
   * dropped all the same.
   */
  private async release(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    this.lossReason = undefined;
    onGpu.delete(this);
    for (const tensor of [...this.kept]) tensor.end();
    await session?.release().catch(() => undefined);
  }

  private giveUpOnGpu(error: unknown): void {
    const reason = `the device was lost twice in one call: ${messageOf(error)}`;
    if (this.rung + 1 >= this.ladder.length)
      throw new MaskletError("deviceLost", "inference", reason, { cause: error });
    this.record(reason);
    ++this.rung;
  }

  /** A device that is tried again and refused for the same reason is recorded once. */
  private record(reason: string): void {
    const { device } = this;
    if (this.fallbacks.some((known) => known.device === device && known.reason === reason)) return;
    this.fallbacks.push({ device, reason });
  }

  private runFailed(error: unknown): MaskletError {
    const message = `the network failed on ${this.device}: ${messageOf(error)}`;
    return new MaskletError("inferenceFailed", "inference", message, { cause: error });
  }
}
