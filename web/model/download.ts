import type { Progress } from "../base/device.js";
import { abortedError, MaskletError } from "../base/errors.js";
import { downloadAttempts, downloadStallMs, maxModelBytes } from "../base/limits.js";

export interface Download {
  readonly bytes: Uint8Array;
  readonly headers: Headers;
}

interface DownloadOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A transfer that began and broke off. Another attempt may succeed. */
class BrokenTransfer extends Error {}

/**
 * Downloads a model and reports progress. A transfer that breaks off is repeated once from the
 * start.
 * @throws MaskletError `networkError` with the address and the status or cause (also for a transfer
 *   that stalls, is incomplete, partial or too large), `badModel` for a web page instead of a
 *   model, `aborted`.
 */
export async function download(address: URL, options: DownloadOptions): Promise<Download> {
  const { signal } = options;
  for (let attempt = 1; ; ++attempt) {
    const stall = new StallWatch(signal);
    try {
      return await transfer(address, options, stall);
    } catch (cause) {
      stall.abort();
      if (cause instanceof MaskletError) throw cause;
      if (signal?.aborted) throw abortedError(signal, "download", "the download was aborted");
      const isBroken = stall.stalled || cause instanceof BrokenTransfer;
      if (isBroken && attempt < downloadAttempts) continue;
      const what = stall.stalled ? `no byte for ${downloadStallMs} ms` : (cause as Error).message;
      throw networkError(address, what, undefined, cause);
    } finally {
      stall.end();
    }
  }
}

async function transfer(
  address: URL,
  { onProgress }: DownloadOptions,
  stall: StallWatch,
): Promise<Download> {
  const response = await fetch(address, { signal: stall.signal });
  checkResponse(response, address);
  const total = announcedSize(response.headers, address);
  const bytes = await readAll(response, total, address, stall, onProgress);
  if (total !== undefined && bytes.length !== total)
    throw new BrokenTransfer(`received ${bytes.length} of ${total} bytes`);
  onProgress?.({ stage: "download", loaded: bytes.length, total: bytes.length });
  return { bytes, headers: response.headers };
}

/** Ends a transfer when the caller does, and when nothing arrives any more. */
class StallWatch {
  stalled = false;
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  readonly abort = (): void => this.controller.abort();

  constructor(private readonly outer: AbortSignal | undefined) {
    if (outer?.aborted) this.abort();
    outer?.addEventListener("abort", this.abort, { once: true });
    this.sign();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** A sign of life. */
  sign(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.stalled = true;
      this.abort();
    }, downloadStallMs);
  }

  end(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener("abort", this.abort);
  }
}

function checkResponse(response: Response, address: URL): void {
  if (!response.ok)
    throw networkError(
      address,
      `HTTP ${response.status} ${response.statusText}`.trim(),
      response.status,
    );
  if (response.status === 206)
    throw networkError(address, "the server sent a part of the file (HTTP 206)", 206);
  if (response.headers.get("content-type")?.startsWith("text/html")) {
    const message = `${address.href} is a web page, not a model: does the file exist?`;
    throw new MaskletError("badModel", "download", message, { value: "text/html" });
  }
}

/** The announced size, unless the transfer is compressed: it then differs from the file's. */
function announcedSize(headers: Headers, address: URL): number | undefined {
  const length = headers.get("content-length");
  if (length === null || headers.get("content-encoding")) return undefined;
  if (!/^[0-9]+$/.test(length))
    throw networkError(address, `its announced length, '${length}', is not a number`);
  checkSize(Number(length), address);
  return Number(length);
}

function checkSize(bytes: number, address: URL): void {
  if (bytes <= maxModelBytes) return;
  throw networkError(
    address,
    `it has ${bytes} bytes or more, the maximum is ${maxModelBytes}`,
    bytes,
  );
}

async function readAll(
  response: Response,
  total: number | undefined,
  address: URL,
  stall: StallWatch,
  onProgress: DownloadOptions["onProgress"],
): Promise<Uint8Array> {
  const known = total === undefined ? {} : { total };
  onProgress?.({ stage: "download", loaded: 0, ...known });
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body.getReader();
  const next = () =>
    reader.read().catch((cause: Error) => {
      throw new BrokenTransfer(cause.message, { cause });
    });
  for (let part = await next(); !part.done; part = await next()) {
    stall.sign();
    chunks.push(part.value);
    loaded += part.value.length;
    checkSize(loaded, address);
    if (total === undefined || loaded < total)
      onProgress?.({ stage: "download", loaded, ...known });
  }
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function networkError(address: URL, what: string, value?: number, cause?: unknown): MaskletError {
  return new MaskletError(
    "networkError",
    "download",
    `${address.href} could not be downloaded: ${what}`,
    {
      value: value ?? address.href,
      cause,
    },
  );
}
