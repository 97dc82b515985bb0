// The only file that imports ONNX Runtime. Nothing is loaded before the first session is made.
import { importInNode } from "../base/realm.js";
import type { OrtBundle, OrtModule } from "./ort_module.js";

/** Kept per realm: a bundle configures itself once, at its first session. */
const loaded = new Map<OrtBundle, Promise<OrtModule>>();

/**
 * Loads one build of ONNX Runtime, once per realm.
 *
 * `jspi` and `webgpu` are onnxruntime-web's two bundles with the native WebGPU provider, the second
 * for browsers without JavaScript Promise Integration; `wasm` is the small one without. The
 * package's default export (the deprecated JSEP provider) computes some operators wrongly.
 * @param wasmPaths folder of onnxruntime-web's .wasm files, when they do not lie where the bundle
 *   looks; read at the first load only.
 */
export function loadOrt(bundle: OrtBundle, wasmPaths?: string): Promise<OrtModule> {
  let module = loaded.get(bundle);
  if (!module) {
    module = importBundle(bundle).then((ort) => configure(ort, wasmPaths));
    loaded.set(bundle, module);
    // A failed download may succeed later.
    module.catch(() => loaded.delete(bundle));
  }
  return module;
}

/**
 * The bundle with WebGPU that this browser runs best: without JSPI the bundle is 10 MB larger and
 * its wasm slower.
 */
export function webgpuBundle(): "jspi" | "webgpu" {
  return "Suspending" in WebAssembly ? "jspi" : "webgpu";
}

async function importBundle(bundle: OrtBundle): Promise<OrtModule> {
  if (bundle === "jspi") return (await import("onnxruntime-web/jspi")) as unknown as OrtModule;
  if (bundle === "webgpu") return (await import("onnxruntime-web/webgpu")) as unknown as OrtModule;
  if (bundle === "wasm") return (await import("onnxruntime-web/wasm")) as unknown as OrtModule;
  const ort = await importInNode<OrtModule & { default?: OrtModule }>("onnxruntime-node");
  // CommonJS: older versions show their names on the default export only.
  return ort.InferenceSession ? ort : ort.default!;
}

function configure(ort: OrtModule, wasmPaths: string | undefined): OrtModule {
  ort.env.logLevel = "error";
  // One thread needs no SharedArrayBuffer and so no COOP/COEP headers, and no second worker, whose
  // script a strict CSP would have to allow.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  ort.env.webgpu.powerPreference = "high-performance";
  return ort;
}
