import { MaskletError } from "../base/errors.js";
import { decodeColumns, imageColumns, maskColumns } from "./columns.js";
import createMaskletCore, {
  type DecodeStage,
  type ImageStage,
  type MaskStage,
} from "./generated/masklet_core.js";
import { Heap, type HeapOwner } from "./heap.js";
import { StageHandle } from "./stage.js";

/** Must equal `kBoundaryVersion` of `wasm/stage.h`. */
export const boundaryVersion = 3;

interface CoreModule extends HeapOwner {
  boundaryVersion(): number;
  ImageStage: new () => ImageStage;
  DecodeStage: new () => DecodeStage;
  MaskStage: new () => MaskStage;
}

type Receive = (instance: WebAssembly.Instance) => WebAssembly.Exports;

export type ImageHandle = StageHandle<ImageStage, typeof imageColumns>;
export type DecodeHandle = StageHandle<DecodeStage, typeof decodeColumns>;
export type MaskHandle = StageHandle<MaskStage, typeof maskColumns>;

/**
 * One running wasm instance: one stage object of each kind, and the memory. Addresses and handles
 * must not leave `web/core`.
 */
export interface CoreInstance {
  readonly image: ImageHandle;
  readonly decode: DecodeHandle;
  readonly masks: MaskHandle;
  readonly heap: Heap;
}

/**
 * Creates an instance synchronously, so that a synchronous call can replace a trapped one.
 * @throws MaskletError `outOfMemory`, `coreVersion` or `unsupported`
 */
export function createInstance(compiled: WebAssembly.Module): CoreInstance {
  const module = startModule(compiled);
  const version = module.boundaryVersion();
  if (version !== boundaryVersion)
    throw versionError(`its boundary has version ${version}, not ${boundaryVersion}`);
  const heap = new Heap(module);
  return {
    heap,
    image: new StageHandle(new module.ImageStage(), heap, imageColumns),
    decode: new StageHandle(new module.DecodeStage(), heap, decodeColumns),
    masks: new StageHandle(new module.MaskStage(), heap, maskColumns),
  };
}

/**
 * The Emscripten factory fills the given object before it returns, because `instantiateWasm` is
 * synchronous here.
 */
function startModule(compiled: WebAssembly.Module): CoreModule {
  let failure: unknown;
  const module = {
    instantiateWasm(imports: WebAssembly.Imports, receive: Receive): WebAssembly.Exports {
      try {
        return receive(new WebAssembly.Instance(compiled, imports));
      } catch (error) {
        failure = error;
        throw error;
      }
    },
    // The failure is thrown below, so it must not appear on the console too.
    printErr() {},
  };
  const ready = createMaskletCore(module) as Promise<unknown>;
  ready.catch((error) => {
    failure ??= error;
  });
  if (!isStarted(module)) throw startError(failure);
  return module;
}

function isStarted(module: object): module is CoreModule {
  return "MaskStage" in module && "boundaryVersion" in module;
}

function startError(failure: unknown): MaskletError {
  const message =
    failure instanceof Error ? failure.message : String(failure ?? "it registered nothing");
  if (failure instanceof WebAssembly.LinkError) return versionError(message, failure);
  // Engines report a failed allocation as a RangeError, some as a RuntimeError.
  if (failure instanceof RangeError || failure instanceof WebAssembly.RuntimeError) {
    return new MaskletError("outOfMemory", "load", `no memory for the core: ${message}`, {
      cause: failure,
    });
  }
  return versionError(message, failure);
}

function versionError(message: string, cause?: unknown): MaskletError {
  return new MaskletError(
    "coreVersion",
    "load",
    `the core's wasm file belongs to another version of masklet: ${message}`,
    { cause },
  );
}
