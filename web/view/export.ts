import type { RgbaImage } from "../base/image.js";
import { checkNames, type OptionNames } from "../base/options.js";
import type { FoundInstances, Instance } from "../mask/instances.js";
import type { Mask } from "../mask/mask.js";
import type {
  CocoAnnotation,
  CocoCategory,
  CocoDataset,
  CocoImage,
  CocoResult,
} from "./coco_types.js";
import { instanceColor } from "./palette.js";
import { joinOuterRings, pairs, short } from "./polygon_text.js";

/** Box as COCO writes it: x, y, width, height in source pixels. */
function cocoBox({ box }: Instance): [number, number, number, number] {
  return [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1];
}

function cocoSegmentation(mask: Mask): { size: [number, number]; counts: string } {
  const { size, counts } = mask.toRle();
  return { size: [size[0], size[1]], counts };
}

/**
 * Entries of a COCO results file. `categoryId` maps an instance to the id of its category and may
 * leave it out with undefined; the default is the class id plus one.
 */
export function toCocoResults(
  result: FoundInstances,
  imageId: number,
  categoryId: (instance: Instance) => number | undefined = (instance) => instance.classId + 1,
): CocoResult[] {
  return result.instances.flatMap((instance) => {
    const category = categoryId(instance);
    if (category === undefined) return [];
    return [
      {
        image_id: imageId,
        category_id: category,
        score: instance.score,
        bbox: cocoBox(instance),
        segmentation: cocoSegmentation(instance.mask),
      },
    ];
  });
}

/** An image and what was found in it. */
export interface NamedResult {
  readonly fileName: string;
  readonly result: FoundInstances;
}

/**
 * A whole COCO data set (images, annotations with RLE masks, categories by class id + 1): the form
 * annotation tools import.
 */
export function toCocoDataset(entries: readonly NamedResult[]): CocoDataset {
  const images: CocoImage[] = [];
  const annotations: CocoAnnotation[] = [];
  const categories = new Map<number, CocoCategory>();
  for (const [index, { fileName, result }] of entries.entries()) {
    const image = {
      id: index + 1,
      file_name: fileName,
      width: result.width,
      height: result.height,
    };
    images.push(image);
    for (const instance of result.instances) {
      const category = { id: instance.classId + 1, name: instance.label };
      categories.set(category.id, category);
      annotations.push({
        id: annotations.length + 1,
        image_id: image.id,
        category_id: category.id,
        segmentation: cocoSegmentation(instance.mask),
        area: instance.mask.area,
        bbox: cocoBox(instance),
        iscrowd: 0,
      });
    }
  }
  return { images, annotations, categories: [...categories.values()].sort((a, b) => a.id - b.id) };
}

type OptionsOf<F extends typeof toYolo | typeof toSvg> = NonNullable<Parameters<F>[1]>;

const yoloNames = { tolerance: true } satisfies OptionNames<OptionsOf<typeof toYolo>>;

/**
 * Lines of a YOLO segmentation label file: class id, then the contour's x and y divided by the
 * image's size. An object in several pieces becomes one contour with bridges of no area; holes are
 * lost, as the format has none. Empty masks are left out.
 */
export function toYolo(result: FoundInstances, options: { tolerance?: number } = {}): string {
  checkNames("export", options, yoloNames);
  const lines: string[] = [];
  for (const { classId, mask } of result.instances) {
    const points = joinOuterRings(mask.toPolygons(options));
    if (points.length < 3) continue;
    const numbers = points.flatMap(([x, y]) => [
      (x / result.width).toFixed(6),
      (y / result.height).toFixed(6),
    ]);
    lines.push([classId, ...numbers].join(" "));
  }
  return lines.map((line) => `${line}\n`).join("");
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};
const escapeXml = (text: string) => text.replace(/[&<>"]/g, (character) => escapes[character]!);

const svgNames = { ...yoloNames, href: true } satisfies OptionNames<OptionsOf<typeof toSvg>>;

function svgPath(mask: Mask, options: OptionsOf<typeof toYolo>): string {
  return mask
    .toPolygons(options)
    .map(
      (ring) =>
        `M${pairs(ring.points)
          .map(([x, y]) => `${short(x)} ${short(y)}`)
          .join("L")}Z`,
    )
    .join("");
}

/**
 * An SVG of the image's size with one path (holes kept) an instance, in the palette's colors,
 * titled with label and score.
 */
export function toSvg(
  result: FoundInstances,
  options: { tolerance?: number; href?: string } = {},
): string {
  checkNames("export", options, svgNames);
  const { href, ...polygons } = options;
  const { width, height } = result;
  const paths = result.instances.map(({ label, score, classId, mask }, index) => {
    const color = `rgb(${instanceColor(index).join(" ")})`;
    const title = `${escapeXml(label)} ${Math.round(score * 100)}%`;
    return (
      `  <path d="${svgPath(mask, polygons)}" fill="${color}" fill-opacity=".45" fill-rule="evenodd" stroke="${color}" ` +
      `stroke-width="2" data-class="${classId}"><title>${title}</title></path>\n`
    );
  });
  const imageTag =
    href === undefined
      ? ""
      : `  <image href="${escapeXml(href)}" width="${width}" height="${height}"/>\n`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">\n` +
    `${imageTag}${paths.join("")}</svg>\n`
  );
}

/**
 * The object alone, cropped to its mask, on transparency; soft coverage becomes the alpha where the
 * mask has it.
 */
export function cutOut(image: RgbaImage, mask: Mask): RgbaImage {
  const { width, height } = mask;
  const data = new Uint8ClampedArray(width * height * 4);
  const inside = mask.toBytes();
  for (let y = 0; y < height; y += 1) {
    const from = ((mask.y + y) * image.width + mask.x) * 4;
    data.set(image.data.subarray(from, from + width * 4), y * width * 4);
    for (let x = 0; x < width; x += 1) {
      const index = y * width + x;
      const alpha = mask.coverage?.[index] ?? inside[index]! * 255;
      data[index * 4 + 3] = (data[index * 4 + 3]! * alpha) / 255;
    }
  }
  return { width, height, data };
}
