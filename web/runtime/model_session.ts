import type { Device, Fallback } from "../base/device.js";
import { MaskletError, throwIfAborted } from "../base/errors.js";
import { gpuRunLimitMs, runGraceMs, sessionGraceMs } from "../base/limits.js";
import { type Patience, settledWithin, Unending, untilGivenUp } from "../base/patience.js";
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
 * The GPU sessions of this realm. After the loss of the device, all must be released before a new
 * one can start.
 */
const onGpu = new Set<ModelSession>();

/**
 * The session was released while a run waited in the queue. The run must be repeated; this is not a
 * failure.
 */
class StaleSession extends Error {}

/**
 * Messages of ONNX Runtime about a device lost during a run. `GPUDevice.lost` may settle later.
 */
const lossMessage = /device\b.{0,40}\b(?:lost|destroyed|removed|hung)|\blost\b.{0,40}\bdevice/i;

/**
 * How long a failed run waits for news of a lost device. Browsers took less than 12 ms.
 */
const lossPatienceMs = 100;

/** A network on the best device for it. It survives failed runs and lost devices. */
export class ModelSession {
  /** Every rejected device with the reason, in the order of the attempts. */
  readonly fallbacks: Fallback[] = [];
  private readonly ladder: readonly Device[];
  private rung = 0;
  private session: OrtSession | undefined;
  private lossReason: string | undefined;
  /** Settles after a loss of the session's device has set `lossReason`. */
  private loss: Promise<void> | undefined;
  private agreesWithCpu = false;
  private hasRun = false;
  private readonly disposal = new AbortController();
  /** The run that was given up and has not ended yet. Its session must not be touched. */
  private unended: Promise<void> | undefined;
  private readonly calls = new TaskQueue();
  /** Live kept outputs of this session. */
  private readonly kept = new Set<KeptTensor>();

  private constructor(
    private readonly request: Omit<SessionRequest, "signal">,
    private readonly runtime: OrtRuntime,
  ) {
    this.ladder = deviceLadder(request.device, runtime.isNode());
  }

  /**
   * Tries the devices in order until one opens a session. On WebGPU, the session must also compute
   * the same results as the CPU.
   * @throws MaskletError `noDevice` if every device fails, `badModel` if the last device, which is
   *   always available, cannot load the model, `aborted`.
   */
  static async open(
    { signal, ...request }: SessionRequest,
    runtime: OrtRuntime = realRuntime,
  ): Promise<ModelSession> {
    const session = new ModelSession(request, runtime);
    await session.climb(signal);
    return session;
  }

  /** The device of the current session, or of the next run. */
  get device(): Device {
    return this.ladder[Math.min(this.rung, this.ladder.length - 1)]!;
  }

  /**
   * Runs the network. A lost device leads to a new session and one repetition. If the device is
   * lost again, the next device takes over. After any other failure, the next run opens a new
   * session. Kept outputs on the GPU end with their session. A run that does not end, although its
   * call was aborted or its time is over, is given up: its session is left alone until it ends, and
   * the next run takes the next device.
   * @throws MaskletError `inferenceFailed`, `deviceLost`, `noDevice`, `aborted` or `disposed`;
   *   LostTensorError for a feed that is lost.
   */
  run(feeds: Feeds, options: RunOptions = {}): Promise<SessionOutputs> {
    return this.calls.run(() => this.runWithRetry(feeds, options));
  }

  /**
   * Releases the session after the current run, if any. Does not wait for a run that does not end.
   */
  dispose(): Promise<void> {
    this.disposal.abort();
    const released = this.calls.run(() => enqueueOrt(() => this.release()));
    return settledWithin(released, sessionGraceMs);
  }

  private async runWithRetry(
    feeds: Feeds,
    { signal, outputs: wanted }: RunOptions,
  ): Promise<SessionOutputs> {
    for (let losses = 0; ; ) {
      this.throwIfUnwanted(signal, "inference");
      if (this.unended) this.leaveDevice();
      if (!this.session || this.lossReason !== undefined) await this.remake(signal);
      try {
        const outputs = await this.runOnce(feeds, wanted, signal);
        this.hasRun = true;
        return outputs;
      } catch (error) {
        if (error instanceof StaleSession) continue;
        if (error instanceof LostTensorError) throw error;
        if (error instanceof Unending) {
          this.throwIfUnwanted(signal, "inference");
          if (!this.hasNextDevice) throw this.runFailed(error);
          continue;
        }
        const lost = await this.isLoss(error);
        await this.releaseAfterFailure(lost);
        if (!lost) throw error instanceof MaskletError ? error : this.runFailed(error);
        if (++losses === 2) this.giveUpOnGpu(error);
      }
    }
  }

  private get hasNextDevice(): boolean {
    return this.rung + 1 < this.ladder.length;
  }

  private throwIfUnwanted(signal: AbortSignal | undefined, stage: "compile" | "inference"): void {
    if (this.disposal.signal.aborted)
      throw new MaskletError("disposed", stage, "the segmenter is disposed");
    throwIfAborted(signal, stage);
  }

  private async climb(signal: AbortSignal | undefined): Promise<void> {
    let cause: unknown;
    for (; this.rung < this.ladder.length; ++this.rung) {
      throwIfAborted(signal, "compile");
      try {
        return await this.start(this.device, signal);
      } catch (error) {
        if (error instanceof Unending) {
          this.abandon();
          this.throwIfUnwanted(signal, "compile");
        }
        if (signal?.aborted && error instanceof MaskletError) throw error;
        cause = error;
        this.record(messageOf(error));
      }
    }
    this.rung = 0;
    const reasons = this.fallbacks.map(({ device, reason }) => `${device}: ${reason}`).join("; ");
    // If an available device rejects the model, the model is at fault, unless the device has run it
    // before.
    const code = cause instanceof Refusal || this.hasRun ? "noDevice" : "badModel";
    throw new MaskletError(code, "compile", `every device failed: ${reasons}`, {
      cause,
    });
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
      const creation = createSession(ort, device, request.model, request.keptOutputs);
      this.session = await this.patiently(creation, device, signal, (late) => late.release());
      this.lossReason = undefined;
      if (device !== "webgpu") return;
      onGpu.add(this);
      this.watch(ort, this.session);
    });
    if (device === "webgpu" && !this.agreesWithCpu) await this.checkAgainstCpu(signal);
  }

  /** A failure does not leave a session behind. */
  private async checkAgainstCpu(signal: AbortSignal | undefined): Promise<void> {
    try {
      const feeds = this.request.checkFeeds();
      const actual = await this.readAll(await this.runOnce(feeds, undefined, signal));
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
      if (this.unended) this.abandon();
      else await this.releaseAfterFailure(await this.isLoss(error));
      throw error;
    }
  }

  private async runOnCpu(feeds: Feeds): Promise<Map<string, RawTensor>> {
    const { runtime, request } = this;
    // The JSPI bundle is already loaded, and its CPU kernels are as fast as the small bundle's. The
    // CPU kernels of the other WebGPU bundle are up to 7 times slower.
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

  private async runOnce(
    feeds: Feeds,
    wanted: readonly string[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<SessionOutputs> {
    const { device } = this;
    const { wasmPaths, keptOutputs: kept = [] } = this.request;
    const ort = await loadFor(device, this.runtime, wasmPaths);
    return enqueueOrt(async () => {
      if (!this.session) throw new StaleSession();
      const onEnd = (tensor: KeptTensor) => this.kept.delete(tensor);
      const onGpu = device === "webgpu";
      const run = runSession(ort, this.session, { feeds, wanted, kept, onGpu, onEnd });
      const results = await this.patiently(run, device, signal, async (late) => {
        for (const tensor of late.kept.values()) tensor.end();
      });
      for (const tensor of results.kept.values()) if (tensor.onGpu) this.kept.add(tensor);
      return results;
    });
  }

  /**
   * Waits for a call of ONNX Runtime and gives it up when it is unwanted or too long. Call it in
   * the queue.
   * @param discard frees the result of a call that was given up
   */
  private async patiently<T>(
    call: Promise<T>,
    device: Device,
    signal: AbortSignal | undefined,
    discard: (result: T) => Promise<void>,
  ): Promise<T> {
    const unwanted: Patience["unwanted"] = [
      [signal, runGraceMs],
      [this.disposal.signal, runGraceMs],
    ];
    const isLimited = device === "webgpu" && !this.request.allowSoftwareAdapter;
    try {
      return await untilGivenUp(call, {
        unwanted,
        limitMs: isLimited ? gpuRunLimitMs : undefined,
      });
    } catch (error) {
      if (error instanceof Unending) {
        const unended: Promise<void> = call
          .then((late) => enqueueOrt(() => discard(late)))
          .catch(() => undefined)
          .then(() => {
            if (this.unended === unended) this.unended = undefined;
          });
        this.unended = unended;
      }
      throw error;
    }
  }

  /** Gives up the session of a run that does not end. It is released when the run has ended. */
  private abandon(): void {
    const { session, unended } = this;
    this.session = undefined;
    this.unended = undefined;
    this.lossReason = undefined;
    onGpu.delete(this);
    const frees = [...this.kept].map((tensor) => tensor.lose());
    void unended?.then(() =>
      enqueueOrt(async () => {
        for (const free of frees) free();
        await session?.release().catch(() => undefined);
      }),
    );
  }

  /** Gives up the session of a run that does not end, and its device where there is another. */
  private leaveDevice(): void {
    this.abandon();
    if (!this.hasNextDevice) return;
    this.record("a run did not end");
    ++this.rung;
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
          this.lossReason = info.message || info.reason || "reason unknown";
      })
      .catch(() => undefined);
  }

  /**
   * A run may fail with a vague message a moment before the device reports its loss.
   */
  private async isLoss(error: unknown): Promise<boolean> {
    if (this.device !== "webgpu" || this.disposal.signal.aborted) return false;
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
   * Call it in the queue only. Releasing the session of a lost device may fail; the session is
   * dropped anyway.
   */
  private async release(): Promise<void> {
    if (this.unended) return this.abandon();
    const session = this.session;
    this.session = undefined;
    this.lossReason = undefined;
    onGpu.delete(this);
    for (const tensor of [...this.kept]) tensor.end();
    await session?.release().catch(() => undefined);
  }

  private giveUpOnGpu(error: unknown): void {
    const reason = `the device was lost twice in one call: ${messageOf(error)}`;
    if (!this.hasNextDevice)
      throw new MaskletError("deviceLost", "inference", reason, { cause: error });
    this.record(reason);
    ++this.rung;
  }

  /** Records repeated rejections of a device for the same reason once. */
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
