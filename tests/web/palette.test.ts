import { describe, expect, test } from "vitest";
import { instanceColor, paletteSize } from "../../web/view/palette.js";

/** WCAG relative luminance. */
function luminance(rgb: readonly number[]): number {
  const [r, g, b] = rgb.map((v) =>
    v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

describe("instanceColor", () => {
  test("InstanceColor_WithinThePalette_AllDiffer", () => {
    const all = Array.from({ length: paletteSize }, (_, index) => instanceColor(index).join());
    expect(new Set(all).size).toBe(paletteSize);
  });

  test.each([paletteSize, -paletteSize, 7 * paletteSize])(
    "InstanceColor_Plus%i_Repeats",
    (offset) => {
      for (let index = 0; index < paletteSize; index += 1)
        expect(instanceColor(index + offset)).toEqual(instanceColor(index));
    },
  );

  test("InstanceColor_Any_IsAByteTripleThatStandsOutOnBlack", () => {
    for (let index = 0; index < paletteSize; index += 1) {
      const rgb = instanceColor(index);
      expect(rgb).toHaveLength(3);
      expect(rgb.every((v) => Number.isInteger(v) && v >= 0 && v <= 255)).toBe(true);
      // 4.5 : 1 against black, and dark enough to show on white with its dark halo.
      expect((luminance(rgb) + 0.05) / 0.05).toBeGreaterThan(4.5);
      expect(luminance(rgb)).toBeLessThan(0.75);
    }
  });
});
