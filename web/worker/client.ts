import { proxy, transfer } from "comlink";
import { MaskletError, throwIfAborted } from "../errors.js";
import type { Engine, EngineResult, EngineState, RawEngineResult } from "../segmenter_engine.js";
import { type PackedSource, packSource } from "../source_browser.js";
import { pixelLimit } from "../source_checks.js";
import type { CreateOptions, SegmentOptions, Source } from "../types.js";
import { WorkerLink } from "./link.js";
import type { Outcome, PlainCreateOptions } from "./protocol.js";

/** Starts a worker with an engine in it. */
export async function startWorkerEngine(options: CreateOptions): Promise<Engine> {
  const engine = new WorkerEngine(options);
  await engine.start(options);
  return engine;
}

/** A worker that died is replaced by the next call, which loads the model again (from the cache, where it came from an address). */
class WorkerEngine implements Engine {
  state!: EngineState;
  private link: Promise<WorkerLink> | undefined;
  private disposed = false;
  private readonly plain: PlainCreateOptions;

  constructor({ signal: _signal, onProgress: _onProgress, worker: _worker, ...plain }: CreateOptions) {
    this.plain = { ...plain, ...absoluteAddresses(plain) };
  }

  /** Spawns the worker, unless there is one. */
  start(options: Pick<CreateOptions, "signal" | "onProgress">): Promise<WorkerLink> {
    if (!this.link) {
      const link = this.spawn(options);
      this.link = link;
      link.catch(() => {
        if (this.link === link) this.link = undefined;
      });
    }
    return this.link;
  }

  async segment(sources: readonly Source[], { signal, ...options }: SegmentOptions): Promise<EngineResult[]> {
    const results = await this.send(sources, signal, (link, call, cargo, owned) => link.api.segment(call, cargo, owned, options));
    this.adopt(results.at(-1));
    return results;
  }

  async infer(source: Source, signal: AbortSignal | undefined): Promise<RawEngineResult> {
    const result = await this.send([source], signal, (link, call, cargo, owned) => link.api.infer(call, cargo, owned));
    this.adopt(result);
    return result;
  }

  private adopt(result: Pick<EngineResult, "state"> | undefined): void {
    this.state = { ...this.state, ...result?.state };
  }

  private async send<T>(
    sources: readonly Source[],
    signal: AbortSignal | undefined,
    post: (link: WorkerLink, call: number, cargo: Source[], owned: boolean[]) => Promise<Outcome<T>>,
  ): Promise<T> {
    throwIfAborted(signal, "source");
    const link = await this.start({});
    const packed = await packAll(sources, signal);
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

  async dispose(): Promise<void> {
    this.disposed = true;
    const link = await this.link?.catch(() => undefined);
    this.link = undefined;
    if (!link) return;
    // A session's release waits for the run under way; without it the GPU's memory is freed late.
    await link.untilEnd(() => link.api.dispose()).catch(() => undefined);
    link.end(new MaskletError("disposed", "worker", "the segmenter was disposed"));
  }

  private async spawn({ signal, onProgress }: Pick<CreateOptions, "signal" | "onProgress">): Promise<WorkerLink> {
    if (this.disposed) throw new MaskletError("disposed", "worker", "the segmenter was disposed");
    throwIfAborted(signal, "load");
    const link = new WorkerLink(() => {
      this.link = undefined;
    });
    // Nothing else ends a compilation under way.
    const abort = () => link.end(new MaskletError("aborted", "load", "the call was aborted", { cause: signal?.reason }));
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const report = proxy(onProgress ?? (() => undefined));
      this.state = await link.call(undefined, "load", (call) => link.api.create(call, this.plain, report));
      return link;
    } catch (error) {
      link.end(error as MaskletError);
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** A worker in which no session can be made any more (ONNX Runtime's memory is gone) is given up for a fresh one. */
  private replaceIfBroken(link: WorkerLink, error: MaskletError): void {
    if (error.stage !== "compile" || error.code === "aborted") return;
    this.link = undefined;
    link.end(error);
  }
}

/** All or none: copies of some sources are closed when another cannot be read. */
async function packAll(sources: readonly Source[], signal: AbortSignal | undefined): Promise<PackedSource[]> {
  const packed = await Promise.allSettled(sources.map((source) => packSource(source, pixelLimit)));
  const ready = packed.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  try {
    for (const one of packed) if (one.status === "rejected") throw one.reason;
    throwIfAborted(signal, "source");
    return ready;
  } catch (error) {
    for (const { source, owned } of ready) if (owned) (source as ImageBitmap | VideoFrame).close();
    throw error;
  }
}

/** A snapshot is refused by `postMessage` for one reason only: the picture is of another origin that does not allow reading it (CORS). */
function nameTaint(error: MaskletError): MaskletError {
  if ((error.cause as Error | undefined)?.name !== "DataCloneError") return error;
  const message = "the picture is from another origin that does not allow its pixels to be read (CORS)";
  return new MaskletError("badSource", "source", message, { cause: error.cause });
}

/** Addresses relative to the page; in the worker they would be relative to its script. */
function absoluteAddresses({ model, coreUrl, ortWasmPaths }: PlainCreateOptions): Partial<PlainCreateOptions> {
  const isBuiltIn = typeof model === "string" && /^[a-z0-9-]+$/.test(model);
  return {
    ...((typeof model === "string" && !isBuiltIn) || model instanceof URL ? { model: absolute(model) } : {}),
    ...(coreUrl === undefined ? {} : { coreUrl: absolute(coreUrl) }),
    ...(ortWasmPaths === undefined ? {} : { ortWasmPaths: absolute(ortWasmPaths) }),
  };
}

function absolute(address: string | URL): string {
  try {
    return new URL(address, (globalThis as { location?: { href: string } }).location?.href).href;
  } catch {
    // The worker says what is wrong with it.
    return String(address);
  }
}
