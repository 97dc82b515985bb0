import type { RgbaImage } from "../base/image.js";
import { optionError } from "../base/options.js";
import type { Mask } from "../mask/mask.js";

/**
 * Checks an image and the masks that are to be drawn on it or cut out of it.
 * @throws MaskletError `badOption` for anything but pixels, and for a mask of an image of another
 *   size
 */
export function checkPainted(image: RgbaImage, masks: readonly Mask[]): void {
  const { width, height, data } = image ?? {};
  const isSide = (side: unknown) => Number.isInteger(side) && (side as number) > 0;
  if (!isSide(width) || !isSide(height) || data?.length !== width * height * 4) {
    const seen = image ? `${width} x ${height} with ${data?.length} values` : String(image);
    throw optionError("export", "image", seen, "width * height * 4 values of RGBA");
  }
  for (const mask of masks) {
    const { sourceWidth, sourceHeight } = mask ?? {};
    if (sourceWidth === width && sourceHeight === height) continue;
    const seen = mask ? `of an image of ${sourceWidth} x ${sourceHeight}` : String(mask);
    throw optionError("export", "mask", seen, `of the image of ${width} x ${height}`);
  }
}
