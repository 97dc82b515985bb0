// The only file that imports ONNX Runtime. The first session loads it.
import { importInNode } from "../base/realm.js";
import type { OrtBundle, OrtModule } from "./ort_module.js";

/** Loaded bundles of this realm. A bundle configures itself once, at its first session. */
const loaded = new Map<OrtBundle, Promise<OrtModule>>();

/**
 * Loads one build of ONNX Runtime, once per realm.
 *
 * `jspi` and `webgpu` are onnxruntime-web's bundles with the native WebGPU provider; the second one
 * serves browsers without JavaScript Promise Integration. `wasm` is the small bundle without
 * WebGPU. The package's default export uses the deprecated JSEP provider, which computes some
 * operators incorrectly.
 * @param wasmPaths folder of onnxruntime-web's .wasm files, if the bundle cannot find them itself;
 *   only the first load reads it
 */
export function loadOrt(bundle: OrtBundle, wasmPaths?: string): Promise<OrtModule> {
  let module = loaded.get(bundle);
  if (!module) {
    module = importBundle(bundle).then((ort) => configure(ort, wasmPaths));
    loaded.set(bundle, module);
    // A later attempt may succeed.
    module.catch(() => loaded.delete(bundle));
  }
  return module;
}

/**
 * The best WebGPU bundle for this browser. Without JSPI, the bundle is 10 MB larger and its wasm is
 * slower.
 */
export function webgpuBundle(): "jspi" | "webgpu" {
  return "Suspending" in WebAssembly ? "jspi" : "webgpu";
}

async function importBundle(bundle: OrtBundle): Promise<OrtModule> {
  if (bundle === "jspi") return (await import("onnxruntime-web/jspi")) as unknown as OrtModule;
  if (bundle === "webgpu") return (await import("onnxruntime-web/webgpu")) as unknown as OrtModule;
  if (bundle === "wasm") return (await import("onnxruntime-web/wasm")) as unknown as OrtModule;
  const ort = await importInNode<OrtModule & { default?: OrtModule }>("onnxruntime-node");
  // CommonJS: older versions have their names on the default export only.
  return ort.InferenceSession ? ort : ort.default!;
}

function configure(ort: OrtModule, wasmPaths: string | undefined): OrtModule {
  ort.env.logLevel = "error";
  // One thread works without SharedArrayBuffer, so without COOP/COEP headers, and without a worker
  // that a strict CSP would have to allow.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  ort.env.webgpu.powerPreference = "high-performance";
  return ort;
}
