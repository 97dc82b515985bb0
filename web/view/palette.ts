/** Red, green, blue, 0..255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Colors for instances, in the order they are given out: every prefix is as far apart as can be,
 * seen normally and with the three color-vision deficiencies, and all keep a lightness (OKLab L
 * 0.65..0.84) that stands out on light and on dark images. Made by `scripts/make_palette.mjs`,
 * which names the method.
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

/** How many instances get a color of their own before colors repeat. */
export const paletteSize = colors.length;

/**
 * The color of instance `index` (0 = best score) in overlays, lists and exports alike. Any integer
 * is allowed; colors repeat.
 */
export function instanceColor(index: number): Rgb {
  const wrapped = ((Math.trunc(index) % paletteSize) + paletteSize) % paletteSize;
  return colors[wrapped] ?? colors[0]!;
}
