import { proxy, transfer } from "comlink";
import type { Progress } from "../base/device.js";
import { abortedError, MaskletError, throwIfAborted } from "../base/errors.js";
import { pixelLimit, type Source } from "../base/image.js";
import { disposeGraceMs } from "../base/limits.js";
import { settledWithin } from "../base/patience.js";
import { type PackedSource, packSource } from "../source/browser.js";
import { unreadable } from "../source/capture.js";
import { WorkerLink } from "./link.js";
import type { Outcome } from "./protocol.js";

/** Progress and abort signal of a start. */
export interface StartOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Creates the engine in a worker. */
type Create<State> = (
  link: WorkerLink,
  call: number,
  report: (progress: Progress) => void,
) => Promise<Outcome<State>>;

/**
 * A worker and its engine. If the worker died, the next call starts another one and loads the model
 * again (a download comes from the cache).
 */
export class WorkerHost<State extends object> {
  state!: State;
  private link: Promise<WorkerLink> | undefined;
  /** The worker whose engine is being made. */
  private starting: WorkerLink | undefined;
  private disposed = false;

  constructor(private readonly create: Create<State>) {}

  /** Starts the worker, unless it is running. */
  start(options: StartOptions): Promise<WorkerLink> {
    if (!this.link) {
      const link = this.spawn(options);
      this.link = link;
      link.catch(() => {
        if (this.link === link) this.link = undefined;
      });
    }
    return this.link;
  }

  /** Calls the worker with copies of the sources. */
  async send<T>(
    sources: readonly Source[],
    signal: AbortSignal | undefined,
    post: (
      link: WorkerLink,
      call: number,
      cargo: Source[],
      owned: boolean[],
    ) => Promise<Outcome<T>>,
  ): Promise<T> {
    throwIfAborted(signal, "source");
    // At once: what happens to the sources after the call must not change the result.
    const packing = packAll(sources, signal);
    const [packed, link] = await bothOrNone(packing, this.start({}));
    const owned = packed.map((one) => one.owned);
    const cargo = transfer(
      packed.map(({ source }) => source as Source),
      packed.flatMap((one) => one.transfer),
    );
    try {
      return await link.call(signal, "inference", (call) => post(link, call, cargo, owned));
    } catch (error) {
      this.replaceIfBroken(link, error as MaskletError);
      throw owned.some(Boolean) ? nameTaint(error as MaskletError) : error;
    }
  }

  /** Updates the state of the engine from an answer. */
  adopt(state: Partial<State> | undefined): void {
    this.state = { ...this.state, ...state };
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    const error = new MaskletError("disposed", "worker", "the segmenter was disposed");
    this.starting?.end(error);
    const link = await this.link?.catch(() => undefined);
    this.link = undefined;
    if (!link) return;
    // A session's release waits for the run under way; without it the GPU's memory is freed late.
    await settledWithin(
      link.untilEnd(() => link.api.dispose()),
      disposeGraceMs,
    );
    link.end(error);
  }

  private async spawn({ signal, onProgress }: StartOptions): Promise<WorkerLink> {
    if (this.disposed) throw new MaskletError("disposed", "worker", "the segmenter was disposed");
    throwIfAborted(signal, "load");
    const link = new WorkerLink(() => {
      this.link = undefined;
    });
    this.starting = link;
    // Nothing else ends a compilation under way.
    const abort = () => link.end(abortedError(signal!, "load"));
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const report = proxy(onProgress ?? (() => undefined));
      this.state = await link.call(undefined, "load", (call) => this.create(link, call, report));
      return link;
    } catch (error) {
      link.end(error as MaskletError);
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.starting = undefined;
    }
  }

  /**
   * Replaces a worker that cannot open sessions any more (ONNX Runtime ran out of memory).
   */
  private replaceIfBroken(link: WorkerLink, error: MaskletError): void {
    if (error.stage !== "compile" || error.code === "aborted") return;
    this.link = undefined;
    link.end(error);
  }
}

/** The copies are closed when no worker can take them. */
async function bothOrNone(
  packing: Promise<PackedSource[]>,
  starting: Promise<WorkerLink>,
): Promise<[PackedSource[], WorkerLink]> {
  const [packed, link] = await Promise.allSettled([packing, starting]);
  if (packed.status === "rejected") throw packed.reason;
  if (link.status === "fulfilled") return [packed.value, link.value];
  closeAll(packed.value);
  throw link.reason;
}

function closeAll(packed: readonly PackedSource[]): void {
  for (const { source, owned } of packed) if (owned) (source as ImageBitmap | VideoFrame).close();
}

/** Copies all sources or none: if one cannot be read, it closes the copies of the others. */
async function packAll(
  sources: readonly Source[],
  signal: AbortSignal | undefined,
): Promise<PackedSource[]> {
  const packed = await Promise.allSettled(sources.map((source) => packSource(source, pixelLimit)));
  const ready = packed.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  try {
    for (const one of packed) if (one.status === "rejected") throw one.reason;
    throwIfAborted(signal, "source");
    return ready;
  } catch (error) {
    closeAll(ready);
    throw unreadable(error);
  }
}

/**
 * `postMessage` refuses a snapshot for one reason only: the image comes from another origin that
 * does not allow reading it (CORS).
 */
function nameTaint(error: MaskletError): MaskletError {
  if ((error.cause as Error | undefined)?.name !== "DataCloneError") return error;
  const message =
    "the image comes from another origin that does not allow reading its pixels (CORS)";
  return new MaskletError("badSource", "source", message, { cause: error.cause });
}
