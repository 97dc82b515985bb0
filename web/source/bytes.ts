import { MaskletError } from "../base/errors.js";
import { importInNode, isNode } from "../base/realm.js";
import { badSource } from "./checks.js";

/** Reads an image file in Node, from a path or a file: URL. Undefined for other addresses. */
export async function readImageFile(address: string): Promise<Uint8Array | undefined> {
  // A scheme has two or more letters, so `C:\` is a path.
  const isUrl = /^[a-z][a-z0-9+.-]+:/i.test(address);
  if (!isNode() || (isUrl && !/^file:/i.test(address))) return undefined;
  const { readFile } = await importInNode<typeof import("node:fs/promises")>("node:fs/promises");
  try {
    return new Uint8Array(await readFile(isUrl ? new URL(address) : address));
  } catch (cause) {
    throw badSource(
      `the image file ${address} cannot be read: ${(cause as Error).message}`,
      address,
      cause,
    );
  }
}

/** Downloads an image. A relative address is resolved against the page or worker. */
export async function fetchSource(address: string, signal: AbortSignal | undefined): Promise<Blob> {
  try {
    const response = await fetch(address, signal ? { signal } : {});
    if (!response.ok) {
      const status = `HTTP ${response.status} ${response.statusText}`.trim();
      throw new MaskletError(
        "networkError",
        "source",
        `${address} could not be downloaded: ${status}`,
        { value: response.status },
      );
    }
    return await response.blob();
  } catch (cause) {
    if (cause instanceof MaskletError) throw cause;
    if (signal?.aborted)
      throw new MaskletError("aborted", "source", "the download was aborted", {
        cause: signal.reason,
      });
    const message = `${address} could not be downloaded: ${(cause as Error).message}`;
    throw new MaskletError("networkError", "source", message, { value: address, cause });
  }
}
