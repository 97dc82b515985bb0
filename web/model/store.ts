import type { Progress } from "../base/device.js";
import { MaskletError, throwIfAborted } from "../base/errors.js";
import { importInNode, isNode } from "../base/realm.js";
import { builtInModels, builtInNames, findBuiltInFile } from "./built_in.js";
import type { BuiltInModel, ModelSource } from "./built_in_types.js";
import { cacheModel, findCachedModel } from "./cache.js";
import { download } from "./download.js";
import type { ModelInfo } from "./info.js";
import { type OnnxModel, readOnnxMetadata } from "./onnx_metadata.js";
import { sha256Hex } from "./sha256.js";

export interface LoadOptions {
  readonly sha256?: string | undefined;
  readonly cache?: boolean | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A model file after reading and checking. */
export interface LoadedModel {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly onnx: OnnxModel;
  /** The built-in model with the same bytes, whatever their origin. */
  readonly card: BuiltInModel | undefined;
}

/**
 * Reads a model's bytes from `source`, checks their digest (a built-in model's card has its own)
 * and reads their metadata. The cache stores a file only after both steps.
 * @throws MaskletError `networkError`, `hashMismatch`, `badModel`, `unsupported`, `badOption`,
 *   `aborted`.
 */
export async function loadModel(
  source: ModelSource,
  options: LoadOptions = {},
): Promise<LoadedModel> {
  throwIfAborted(options.signal, "load");
  const builtIn = findBuiltInFile(source);
  const expected = checkDigest(options.sha256) ?? builtIn?.sha256;
  const place = builtIn ? builtIn.locate() : source;
  if (typeof place === "string" || place instanceof URL)
    return loadFrom(toAddress(place), expected, options);
  const bytes = place instanceof Blob ? await readBlob(place) : copyBytes(place);
  return verify(bytes, expected, "the given model");
}

async function loadFrom(
  address: URL | string,
  expected: string | undefined,
  options: LoadOptions,
): Promise<LoadedModel> {
  if (typeof address === "string" || (address.protocol === "file:" && isNode())) {
    return verify(await readModelFile(address), expected, String(address));
  }
  const useCache = options.cache !== false && /^https?:$/.test(address.protocol);
  const cached = useCache ? await findCachedModel(address, expected, options.signal) : undefined;
  if (cached) {
    options.onProgress?.({ stage: "download", loaded: cached.length, total: cached.length });
    return verify(cached, expected, address.href);
  }
  const { bytes, headers } = await download(address, options);
  const loaded = await verify(bytes, expected, address.href);
  if (useCache) await cacheModel(address, expected, loaded.bytes, loaded.sha256, headers);
  return loaded;
}

async function verify(
  bytes: Uint8Array,
  expected: string | undefined,
  what: string,
): Promise<LoadedModel> {
  if (bytes.length === 0)
    throw new MaskletError("badModel", "load", `${what} has 0 bytes`, { value: 0 });
  const sha256 = await sha256Hex(bytes);
  if (expected !== undefined && sha256 !== expected) {
    const message = `${what} has SHA-256 ${sha256}, expected ${expected} (${bytes.length} bytes)`;
    throw new MaskletError("hashMismatch", "download", message, { value: sha256 });
  }
  const card = builtInModels.find((model) => model.sha256 === sha256);
  return { bytes, sha256, onnx: readOnnxMetadata(bytes), card };
}

function checkDigest(sha256: string | undefined): string | undefined {
  if (sha256 === undefined || /^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new MaskletError(
    "badOption",
    "load",
    `sha256 is '${sha256}'; it must be 64 lower-case hex digits`,
    { value: sha256 },
  );
}

/** A path in Node, else a URL. A scheme has two or more letters, so `C:\` is a path. */
function toAddress(place: string | URL): URL | string {
  if (place instanceof URL) return place;
  if (isNode() && !/^[a-z][a-z0-9+.-]+:/i.test(place)) return place;
  try {
    return new URL(place, (globalThis as { location?: { href: string } }).location?.href);
  } catch (cause) {
    throw new MaskletError(
      "badOption",
      "load",
      `model is '${place}'; it must be a built-in model or a URL`,
      { value: place, cause },
    );
  }
}

async function readModelFile(file: URL | string): Promise<Uint8Array> {
  const { readFile } = await importInNode<typeof import("node:fs/promises")>("node:fs/promises");
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    const isName = typeof file === "string" && /^[\w-]+$/.test(file);
    const names = isName ? `; built-in models: ${builtInNames()}` : "";
    const message = `the model file ${file} cannot be read: ${(cause as Error).message}${names}`;
    throw new MaskletError("badModel", "load", message, { value: String(file), cause });
  }
}

async function readBlob(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    const reason = (cause as Error).message;
    const message = `the model file cannot be read (was it moved or changed?): ${reason}`;
    throw new MaskletError("badModel", "load", message, { cause });
  }
}

/** Copies the bytes: a lost device needs them again, and the caller may change theirs. */
function copyBytes(source: ArrayBuffer | Uint8Array): Uint8Array {
  if (source instanceof ArrayBuffer) return new Uint8Array(source.slice(0));
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
  }
  const what = Object.prototype.toString.call(source).slice(8, -1);
  const message = `model is ${what}; it must be a name, URL, ArrayBuffer, Uint8Array or Blob`;
  throw new MaskletError("badOption", "load", message, { value: what });
}

export type FileInfo = Pick<
  ModelInfo,
  "inputs" | "outputs" | "metadata" | "opset" | "producer" | "bytes" | "sha256"
>;

export function describeFile({ onnx, bytes, sha256 }: LoadedModel): FileInfo {
  const { inputs, outputs, metadata, opset, producer } = onnx;
  return { inputs, outputs, metadata, opset, producer, bytes: bytes.length, sha256 };
}
