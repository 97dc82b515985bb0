/** Red, green, blue, 0..255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Colours for instances, in the order they are given out: every prefix is as far apart as can be, seen normally and with the three
 * colour-vision deficiencies, and all keep a lightness (OKLab L 0.65..0.84) that stands out on light and on dark pictures. Made by
 * `scripts/make_palette.mjs`, which names the method.
 */
const colours: readonly Rgb[] = [
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

/** How many instances get a colour of their own before colours repeat. */
export const paletteSize = colours.length;

/** The colour of instance `index` (0 = best score) in overlays, lists and exports alike. Any integer is allowed; colours repeat. */
export function instanceColour(index: number): Rgb {
  const wrapped = ((Math.trunc(index) % paletteSize) + paletteSize) % paletteSize;
  return colours[wrapped] ?? colours[0]!;
}
