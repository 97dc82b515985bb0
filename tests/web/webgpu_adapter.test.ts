import { afterEach, describe, expect, it, vi } from "vitest";
import { refuseWebgpu } from "../../web/runtime/webgpu_adapter.js";

afterEach(() => vi.unstubAllGlobals());

/** A browser whose `requestAdapter` gives this. */
function offer(adapter: unknown): void {
  vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => adapter } });
}

describe("refuseWebgpu", () => {
  it("tells a page that is not secure from a browser without WebGPU", async () => {
    vi.stubGlobal("navigator", {});
    vi.stubGlobal("isSecureContext", false);
    expect(await refuseWebgpu(false)).toMatch(/not secure \(https or localhost\)/);
    vi.stubGlobal("isSecureContext", true);
    expect(await refuseWebgpu(false)).toMatch(/has no WebGPU, or has it switched off/);
  });

  it("gives the reason for a missing adapter", async () => {
    offer(null);
    expect(await refuseWebgpu(true)).toMatch(/offers no GPU adapter/);
    vi.stubGlobal("navigator", {
      gpu: { requestAdapter: () => Promise.reject(new Error("blocked by policy")) },
    });
    expect(await refuseWebgpu(true)).toMatch(/failed: blocked by policy/);
  });

  it.each([
    [
      "by its name in info",
      { info: { vendor: "google", architecture: "swiftshader" } },
      /software \(google swiftshader\)/,
    ],
    [
      "Mesa's",
      { info: { description: "llvmpipe (LLVM 15.0.6, 256 bits)" } },
      /software \(llvmpipe/,
    ],
    [
      "Windows'",
      { info: { device: "Microsoft Basic Render Driver" } },
      /software \(Microsoft Basic Render Driver\)/,
    ],
    [
      "by the flag in info",
      { info: { vendor: "acme", isFallbackAdapter: true } },
      /software \(acme\)/,
    ],
    [
      "by the flag where it stood before",
      { isFallbackAdapter: true },
      /software \(fallback adapter\)/,
    ],
  ])("refuses a software adapter known %s, unless it is wanted", async (_, adapter, reason) => {
    offer(adapter);
    expect(await refuseWebgpu(false)).toMatch(reason);
    expect(await refuseWebgpu(true)).toBeUndefined();
  });

  it.each([
    [{ info: { vendor: "nvidia", architecture: "hopper", isFallbackAdapter: false } }],
    [{ info: { vendor: "apple", architecture: "common-3", description: "" } }],
    // Warped, not WARP.
    [{ info: { vendor: "acme", description: "Warpdrive 9" } }],
    [{}],
  ])("takes %j", async (adapter) => {
    offer(adapter);
    expect(await refuseWebgpu(false)).toBeUndefined();
  });
});
