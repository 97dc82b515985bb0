import { describe, expect, it, vi } from "vitest";
import { float16ToFloat32, float32ToFloat16 } from "../../web/base/tensor.js";
import type { OrtTensor } from "../../web/runtime/ort_module.js";
import { takeOutputs } from "../../web/runtime/outputs.js";

/**
 * Values of the non-negative finite half floats in order, from their definition in IEEE 754: sums
 * of powers of two.
 */
const positiveHalves = Array.from({ length: 0x7c00 }, (_, bits) => {
  const exponent = Math.max(bits >> 10, 1);
  let value = bits >> 10 === 0 ? 0 : 2 ** (exponent - 15);
  for (let bit = 0; bit < 10; ++bit)
    if (bits & (1 << bit)) value += 2 ** (exponent - 15 - 10 + bit);
  return value;
});

function tensor(type: string, dims: number[], data: unknown): OrtTensor {
  return { type, dims, data, dispose: vi.fn(), getData: async () => data };
}

describe("float16", () => {
  it("EveryFiniteHalf_IsItsDefinition", () => {
    const bits = Uint16Array.from(positiveHalves, (_, i) => i);
    expect(Array.from(float16ToFloat32(bits))).toEqual(positiveHalves);
    const negative = float16ToFloat32(bits.map((value) => value | 0x8000));
    expect(negative.every((value, i) => Object.is(value, -positiveHalves[i]!))).toBe(true);
    expect(Array.from(float16ToFloat32(Uint16Array.of(0x7c00, 0xfc00, 0x7c01)))).toEqual([
      Infinity,
      -Infinity,
      NaN,
    ]);
  });

  it("EveryHalf_ThereAndBack_IsUnchanged", () => {
    const bits = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter(
      (value) => (value & 0x7c00) !== 0x7c00,
    );
    expect(float32ToFloat16(float16ToFloat32(bits))).toEqual(bits);
  });

  it("BetweenTwoHalves_TheNearerIsTaken_TiesToEven", () => {
    for (let i = 0; i + 1 < positiveHalves.length; i += 7) {
      const [low, high] = [positiveHalves[i]!, positiveHalves[i + 1]!];
      const middle = (low + high) / 2;
      const values = Float32Array.of(
        middle - (high - low) / 64,
        middle,
        middle + (high - low) / 64,
        -middle,
      );
      const even = i % 2 === 0 ? i : i + 1;
      expect(Array.from(float32ToFloat16(values))).toEqual([i, even, i + 1, even | 0x8000]);
    }
  });

  it("LargeAndSpecialValues_AreInfinityOrNan", () => {
    const bits = float32ToFloat16(
      Float32Array.of(65504, 65519.996, 65520, 1e38, Infinity, -Infinity, 1e-30, -0),
    );
    expect(Array.from(bits)).toEqual([0x7bff, 0x7bff, 0x7c00, 0x7c00, 0x7c00, 0xfc00, 0, 0x8000]);
    expect(Number.isNaN(float16ToFloat32(float32ToFloat16(Float32Array.of(NaN)))[0])).toBe(true);
  });
});

describe("takeOutputs", () => {
  it("AllTypesOfNumbers_BecomeFloat32_AndAreDisposed", () => {
    const outputs = {
      a: tensor("float32", [1, 2], Float32Array.of(1.5, -2)),
      b: tensor("float16", [2], Uint16Array.of(0x3c00, 0xc000)),
      c: tensor("int64", [1], BigInt64Array.of(7n)),
      d: tensor("bool", [2, 1], Uint8Array.of(1, 0)),
      e: tensor("float32", [], Float32Array.of(3)),
      f: tensor("float32", [0, 4], new Float32Array(0)),
    };
    const taken = takeOutputs(outputs);
    expect([...taken].map(([name, { dims, data }]) => [name, dims, [...data]])).toEqual([
      ["a", [1, 2], [1.5, -2]],
      ["b", [2], [1, -2]],
      ["c", [1], [7]],
      ["d", [2, 1], [1, 0]],
      ["e", [], [3]],
      ["f", [0, 4], []],
    ]);
    for (const output of Object.values(outputs)) expect(output.dispose).toHaveBeenCalledTimes(1);
    expect(taken.get("a")!.data).toBe(outputs.a.data);
  });

  it("OneBadOutput_IsNamed_AndAllAreDisposed", () => {
    const outputs = {
      good: tensor("float32", [1], Float32Array.of(1)),
      text: tensor("string", [1], ["x"]),
    };
    expect(() => takeOutputs(outputs)).toThrow(
      expect.objectContaining({ code: "badTensor", value: "string" }),
    );
    for (const output of Object.values(outputs)) expect(output.dispose).toHaveBeenCalledTimes(1);
    expect(() => takeOutputs({ short: tensor("float32", [2, 3], new Float32Array(5)) })).toThrow(
      /5 values.*\[2, 3\] needs 6/,
    );
  });
});
