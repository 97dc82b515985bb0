import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sha256, sha256Hex } from "../../web/model/sha256.js";

afterEach(() => void vi.unstubAllGlobals());

describe("sha256", () => {
  it("EveryLengthAroundTheBlocks_AgreesWithNode", () => {
    for (let length = 0; length <= 260; ++length) {
      const bytes = Uint8Array.from(
        { length: length + 3 },
        (_, i) => (i * 89 + length) & 255,
      ).subarray(3);
      expect(Buffer.from(sha256(bytes)).toString("hex")).toBe(
        createHash("sha256").update(bytes).digest("hex"),
      );
    }
  });

  it("WithoutCryptoSubtle_TheDigestIsTheSame", async () => {
    const bytes = new TextEncoder().encode("abc");
    const usual = await sha256Hex(bytes);
    vi.stubGlobal("crypto", {});
    expect(await sha256Hex(bytes)).toBe(usual);
    expect(usual).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
