import type { Progress } from "../base/device.js";
import { MaskletError } from "../base/errors.js";

export interface Download {
  readonly bytes: Uint8Array;
  readonly headers: Headers;
}

interface DownloadOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a model and reports progress. An incomplete transfer is an error.
 * @throws MaskletError `networkError` with the address and the status or cause, `badModel` for a
 *   web page instead of a model, `aborted`.
 */
export async function download(
  address: URL,
  { onProgress, signal }: DownloadOptions,
): Promise<Download> {
  try {
    const response = await fetch(address, signal ? { signal } : {});
    checkResponse(response, address);
    const total = announcedSize(response.headers);
    const bytes = await readAll(response, total, onProgress);
    if (total !== undefined && bytes.length !== total) {
      throw networkError(address, `received ${bytes.length} of ${total} bytes`, bytes.length);
    }
    onProgress?.({ stage: "download", loaded: bytes.length, total: bytes.length });
    return { bytes, headers: response.headers };
  } catch (cause) {
    if (cause instanceof MaskletError) throw cause;
    if (signal?.aborted) {
      throw new MaskletError("aborted", "download", "the download was aborted", {
        cause: signal.reason,
      });
    }
    throw networkError(address, (cause as Error).message, undefined, cause);
  }
}

function checkResponse(response: Response, address: URL): void {
  if (!response.ok)
    throw networkError(
      address,
      `HTTP ${response.status} ${response.statusText}`.trim(),
      response.status,
    );
  if (response.headers.get("content-type")?.startsWith("text/html")) {
    const message = `${address.href} is a web page, not a model: does the file exist?`;
    throw new MaskletError("badModel", "download", message, { value: "text/html" });
  }
}

/** The announced size, unless the transfer is compressed: it then differs from the file's. */
function announcedSize(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length === null || headers.get("content-encoding") ? undefined : Number(length);
}

async function readAll(
  response: Response,
  total: number | undefined,
  onProgress: DownloadOptions["onProgress"],
): Promise<Uint8Array> {
  const known = total === undefined ? {} : { total };
  onProgress?.({ stage: "download", loaded: 0, ...known });
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    loaded += part.value.length;
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
