/**
 * Names under which software renderers present themselves: Chromium's and Firefox's fallbacks,
 * Mesa's, Windows' WARP.
 */
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp\b|software/i;

/** The parts of GPUAdapterInfo that are read; browsers leave out some. */
export interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

interface Adapter {
  readonly info?: AdapterInfo;
  /** Where it stood before it moved into `info`. */
  readonly isFallbackAdapter?: boolean;
}

interface Gpu {
  requestAdapter(options: { powerPreference: "high-performance" }): Promise<Adapter | null>;
}

/**
 * Why WebGPU should not be tried here, or undefined when it should. A software adapter computes on
 * the CPU, many times slower than WebAssembly does, and is refused unless `allowSoftware`.
 */
export async function refuseWebgpu(allowSoftware: boolean): Promise<string | undefined> {
  const { navigator, isSecureContext } = globalThis as {
    navigator?: { gpu?: Gpu };
    isSecureContext?: boolean;
  };
  const gpu = navigator?.gpu;
  if (!gpu && isSecureContext === false)
    return "this page is not secure (https or localhost), so that the browser offers it no WebGPU";
  if (!gpu) return "this browser has no WebGPU, or has it switched off (navigator.gpu is missing)";
  let adapter: Adapter | null;
  try {
    adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  } catch (error) {
    return `requesting a GPU adapter failed: ${(error as Error).message}`;
  }
  if (!adapter) return "the browser offers no GPU adapter";
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
