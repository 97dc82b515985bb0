import { MaskletError, throwIfAborted, untilAborted } from "../base/errors.js";
import { importInNode, isNode } from "../base/realm.js";
import { Core } from "./core.js";

export interface LoadCoreOptions {
  /**
   * Address of `masklet_core.wasm`; default: the file beside this module. Used by the first call of
   * a realm only.
   */
  wasmUrl?: string | URL;
  signal?: AbortSignal;
}

let loading: Promise<Core> | undefined;
let current: Core | undefined;

/**
 * Loads the C++ core, once per realm (window or worker): later calls give the same core, and a
 * failed load is tried again by the next call. `Segmenter.create` does it; mask operations on masks
 * from elsewhere need it first.
 * @throws MaskletError stage `load`: `networkError`, `unsupported` (no WebAssembly SIMD, or
 *   forbidden by a Content-Security-Policy without `wasm-unsafe-eval`), `coreVersion`,
 *   `outOfMemory`, `aborted`. An aborted call does not stop the load that others wait for.
 */
export async function loadCore({ wasmUrl, signal }: LoadCoreOptions = {}): Promise<Core> {
  throwIfAborted(signal, "load");
  loading ??= start(wasmUrl ?? new URL("./generated/masklet_core.wasm", import.meta.url));
  return untilAborted(loading, signal, "load");
}

/**
 * The core of this realm.
 * @throws MaskletError `coreNotLoaded` before `loadCore` has resolved
 */
export function currentCore(): Core {
  if (current) return current;
  throw new MaskletError(
    "coreNotLoaded",
    "load",
    "the core is not loaded: await loadCore() or Segmenter.create() first",
  );
}

async function start(url: string | URL): Promise<Core> {
  try {
    current = new Core(await compile(await readWasm(url), url));
    return current;
  } catch (error) {
    loading = undefined;
    throw error;
  }
}

async function readWasm(url: string | URL): Promise<BufferSource> {
  const address = String(url);
  try {
    if (isNode() && !/^(https?|data|blob):/.test(address)) {
      const { readFile } =
        await importInNode<typeof import("node:fs/promises")>("node:fs/promises");
      return await readFile(address.startsWith("file:") ? new URL(address) : address);
    }
    const response = await fetch(address);
    if (!response.ok)
      throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
    return await response.arrayBuffer();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MaskletError(
      "networkError",
      "load",
      `the core could not be read from ${address}: ${reason}`,
      { value: address, cause },
    );
  }
}

async function compile(bytes: BufferSource, url: string | URL): Promise<WebAssembly.Module> {
  checkMagic(bytes, url);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MaskletError(
      "unsupported",
      "load",
      `this environment does not compile the core (WebAssembly with SIMD): ${reason}`,
      {
        cause,
      },
    );
  }
}

/**
 * A server that answers every address with its start page is told from an engine that cannot
 * compile.
 */
function checkMagic(bytes: BufferSource, url: string | URL): void {
  const magic = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, Math.min(4, bytes.byteLength))
    : new Uint8Array(bytes, 0, Math.min(4, bytes.byteLength));
  if (String.fromCharCode(...magic) === "\0asm") return;
  throw new MaskletError("networkError", "load", `what ${url} gives is not a WebAssembly file`, {
    value: String(url),
  });
}
