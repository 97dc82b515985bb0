/** A color: red, green and blue, each 0..255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Colors of instances by index. The first colors of the list are as distinct as possible, with
 * normal color vision and with its three deficiencies. Their lightness (OKLab L 0.65..0.84) stands
 * out on light and on dark images. `scripts/make_palette.mjs` describes the method.
 */
const colors: readonly Rgb[] = [
  [67, 155, 247],
  [249, 189, 1],
  [230, 77, 149],
  [16, 231, 194],
  [113, 171, 77],
  [239, 143, 208],
  [175, 115, 201],
  [166, 219, 105],
  [2, 188, 237],
  [79, 200, 90],
  [145, 114, 254],
  [255, 147, 109],
  [234, 116, 166],
  [189, 126, 252],
  [128, 131, 226],
  [201, 156, 252],
];

/**
 * Number of distinct colors. Further instances repeat them.
 *
 * @example
 * ```ts
 * import { instanceColor, paletteSize } from "masklet";
 *
 * const palette = Array.from({ length: paletteSize }, (_, index) => instanceColor(index));
 * ```
 */
export const paletteSize = colors.length;

/**
 * The color of an instance in overlays, lists and exports.
 * @param index index of the instance, 0 for the best score; any integer, colors repeat
 *
 * @example
 * ```ts
 * import { instanceColor } from "masklet";
 *
 * const [red, green, blue] = instanceColor(0);
 * ```
 */
export function instanceColor(index: number): Rgb {
  const wrapped = ((Math.trunc(index) % paletteSize) + paletteSize) % paletteSize;
  return colors[wrapped] ?? colors[0]!;
}
