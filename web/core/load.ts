import { MaskletError, throwIfAborted, untilAborted } from "../base/errors.js";
import { importInNode, isNode } from "../base/realm.js";
import { Core } from "./core.js";

/** Options of {@link loadCore}. */
export interface LoadCoreOptions {
  /**
   * URL of `masklet_core.wasm`. Only the first call of a realm uses it.
   * @defaultValue the file beside this module
   */
  wasmUrl?: string | URL;
  /** Aborts this call with `aborted`. The load continues for other callers. */
  signal?: AbortSignal;
}

let loading: Promise<Core> | undefined;
let current: Core | undefined;

/**
 * Loads the C++ core, once per realm (window or worker). Later calls return the same core. After a
 * failure, the next call tries again. `Segmenter.create` also loads the core; call `loadCore` to
 * work on masks without a segmenter.
 *
 * @example
 * ```ts
 * import { loadCore, Mask } from "masklet";
 *
 * await loadCore();
 * const mask = Mask.fromRle({ size: [2, 3], counts: [2, 2, 2] });
 * console.log(mask.toPolygons());
 * ```
 *
 * @throws MaskletError stage `load`: `networkError`, `unsupported` (without WebAssembly SIMD, or
 *   with a Content-Security-Policy that lacks `wasm-unsafe-eval`), `coreVersion`, `outOfMemory`,
 *   `aborted`
 */
export async function loadCore({ wasmUrl, signal }: LoadCoreOptions = {}): Promise<Core> {
  throwIfAborted(signal, "load");
  loading ??= start(wasmUrl ?? new URL("./generated/masklet_core.wasm", import.meta.url));
  return untilAborted(loading, signal, "load");
}

/**
 * Returns the core of this realm, once {@link loadCore} has loaded it.
 *
 * @example
 * ```ts
 * import { currentCore, loadCore } from "masklet";
 *
 * await loadCore();
 * console.log(currentCore().memoryBytes);
 * ```
 *
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
 * Tells a server that answers every address with its start page from an engine that cannot compile.
 */
function checkMagic(bytes: BufferSource, url: string | URL): void {
  const magic = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, Math.min(4, bytes.byteLength))
    : new Uint8Array(bytes, 0, Math.min(4, bytes.byteLength));
  if (String.fromCharCode(...magic) === "\0asm") return;
  throw new MaskletError("networkError", "load", `${url} is not a WebAssembly file`, {
    value: String(url),
  });
}
