/**
 * Names of software renderers: the fallbacks of Chromium and Firefox, Mesa's, and Windows' WARP.
 */
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp\b|software/i;

/** The fields of GPUAdapterInfo in use. Browsers may omit some. */
export interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

interface Adapter {
  readonly info?: AdapterInfo;
  /** The former place of the field in `info`. */
  readonly isFallbackAdapter?: boolean;
}

interface Gpu {
  requestAdapter(options: { powerPreference: "high-performance" }): Promise<Adapter | null>;
}

/**
 * The reason not to try WebGPU here, or undefined. A software adapter computes on the CPU, many
 * times slower than WebAssembly. It is rejected unless `allowSoftware`.
 */
export async function refuseWebgpu(allowSoftware: boolean): Promise<string | undefined> {
  const { navigator, isSecureContext } = globalThis as {
    navigator?: { gpu?: Gpu };
    isSecureContext?: boolean;
  };
  const gpu = navigator?.gpu;
  if (!gpu && isSecureContext === false)
    return "WebGPU is missing because this page is not secure (https or localhost)";
  if (!gpu) return "this browser lacks WebGPU or has disabled it (navigator.gpu is missing)";
  let adapter: Adapter | null;
  try {
    adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  } catch (error) {
    return `requesting a GPU adapter failed: ${(error as Error).message}`;
  }
  if (!adapter) return "the browser does not offer a GPU adapter";
  return allowSoftware ? undefined : refuseSoftware(adapter);
}

function refuseSoftware(adapter: Adapter): string | undefined {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info ?? {};
  const name = [vendor, architecture, device, description].filter(Boolean).join(" ");
  const isSoftware =
    isFallbackAdapter === true || adapter.isFallbackAdapter === true || softwareNames.test(name);
  return isSoftware
    ? `the GPU adapter is software (${name || "fallback adapter"}), slower than WebAssembly`
    : undefined;
}
