import { MaskletError, type Stage } from "../base/errors.js";
import createMaskletCore, { type Workspace } from "./generated/masklet_core.js";
import { Heap, type HeapOwner } from "./heap.js";
import { statusError } from "./status.js";

/** `kBoundaryVersion` of `wasm/workspace.h` that this code is written for. */
export const boundaryVersion = 2;

interface CoreModule extends HeapOwner {
  boundaryVersion(): number;
  Workspace: new () => Workspace;
}

type Receive = (instance: WebAssembly.Instance) => WebAssembly.Exports;

/**
 * One running wasm instance: its workspace and its memory. Addresses and handles stay within
 * `web/core`.
 */
export interface CoreInstance {
  readonly workspace: Workspace;
  readonly heap: Heap;
  /** Throws the error of a status that is not ok. */
  check(status: number, stage: Stage): void;
}

/**
 * Makes an instance at once, without awaiting anything, so that a trapped one can be replaced
 * within a synchronous call.
 * @throws MaskletError `outOfMemory`, `coreVersion` or `unsupported`
 */
export function createInstance(compiled: WebAssembly.Module): CoreInstance {
  const module = startModule(compiled);
  const version = module.boundaryVersion();
  if (version !== boundaryVersion)
    throw versionError(`its boundary has version ${version}, not ${boundaryVersion}`);
  const workspace = new module.Workspace();
  return {
    workspace,
    heap: new Heap(module),
    check(status, stage) {
      if (status !== 0) throw statusError(status, workspace.lastValue(), stage);
    },
  };
}

/**
 * The glue fills the object it is given before its factory returns, because `instantiateWasm` below
 * does not wait.
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
    // The failure is thrown below; it need not be on the console as well.
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
  return "Workspace" in module && "boundaryVersion" in module;
}

function startError(failure: unknown): MaskletError {
  const message =
    failure instanceof Error ? failure.message : String(failure ?? "it registered no Workspace");
  if (failure instanceof WebAssembly.LinkError) return versionError(message, failure);
  // Engines report memory that cannot be had as a RangeError, some as a RuntimeError.
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
