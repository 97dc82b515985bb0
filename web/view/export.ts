import type { RgbaImage } from "../base/image.js";
import { checkNames, type OptionNames } from "../base/options.js";
import type { FoundInstances, Instance } from "../mask/instances.js";
import type { Mask, PolygonOptions } from "../mask/mask.js";
import { checkPainted } from "./checks.js";
import type {
  CocoAnnotation,
  CocoCategory,
  CocoDataset,
  CocoImage,
  CocoResult,
} from "./coco_types.js";
import { instanceColor } from "./palette.js";
import { joinOuterRings, pairs, short } from "./polygon_text.js";

/** A box in COCO's form: x, y, width, height in source pixels. */
function cocoBox({ box }: Instance): [number, number, number, number] {
  return [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1];
}

function cocoSegmentation(mask: Mask): { size: [number, number]; counts: string } {
  const { size, counts } = mask.toRle();
  return { size: [size[0], size[1]], counts };
}

/**
 * Makes the entries of a COCO results file for one image.
 * @param result the instances of the image
 * @param imageId the id of the image in the data set
 * @param categoryId the category id of an instance (default: class id + 1); undefined omits the
 *   instance
 *
 * @example
 * ```ts
 * import { Segmenter, toCocoResults } from "masklet";
 *
 * const segmenter = await Segmenter.create();
 * const entries = toCocoResults(await segmenter.segment("photo.jpg"), 1);
 * console.log(JSON.stringify(entries));
 * ```
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

/** The result of one image file. */
export interface NamedResult {
  /** Name of the image file. */
  readonly fileName: string;
  /** The instances of the image. */
  readonly result: FoundInstances;
}

/**
 * Makes a complete COCO data set, ready for import into annotation tools. Masks are run lengths.
 * Image and annotation ids count from 1, and a category id is the class id + 1.
 *
 * @example
 * ```ts
 * import { Segmenter, toCocoDataset } from "masklet";
 *
 * const segmenter = await Segmenter.create();
 * const result = await segmenter.segment("photo.jpg");
 * const dataset = toCocoDataset([{ fileName: "photo.jpg", result }]);
 * ```
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
  return {
    info: { description: "Made by Masklet" },
    images,
    annotations,
    categories: [...categories.values()].sort((a, b) => a.id - b.id),
  };
}

/** Options of {@link toYolo}: how exact a contour is. */
export type ContourOptions = Pick<PolygonOptions, "tolerance">;

/** Options of {@link toSvg}. */
export interface SvgOptions extends ContourOptions {
  /**
   * URL of the image behind the paths, percent-encoded.
   * @defaultValue `undefined`, the paths alone
   */
  href?: string;
}

const contourNames = { tolerance: true } satisfies OptionNames<ContourOptions>;
const svgNames = { ...contourNames, href: true } satisfies OptionNames<SvgOptions>;

/**
 * Makes a YOLO segmentation label file. Each line has a class id and a contour, x and y divided by
 * the size of the image. The pieces of an object are joined by bridges without area. Holes are
 * lost, because the format lacks them. Empty masks are left out.
 *
 * @example
 * ```ts
 * import { Segmenter, toYolo } from "masklet";
 *
 * const segmenter = await Segmenter.create();
 * const text = toYolo(await segmenter.segment("photo.jpg"), { tolerance: 1 });
 * ```
 */
export function toYolo(result: FoundInstances, options: ContourOptions = {}): string {
  checkNames("export", options, contourNames);
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

/** What XML 1.0 has no character for: most controls, halves of surrogate pairs, U+FFFE, U+FFFF. */
const notInXml = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const escapeXml = (text: string) =>
  text.replace(notInXml, "\ufffd").replace(/[&<>"]/g, (character) => escapes[character]!);

function svgPath(mask: Mask, options: ContourOptions): string {
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
 * Makes an SVG of the size of the image. It has one path per instance, holes included, in the
 * palette's colors, with label and score as its title.
 *
 * @example
 * ```ts
 * import { Segmenter, toSvg } from "masklet";
 *
 * const segmenter = await Segmenter.create();
 * const svg = toSvg(await segmenter.segment("photo.jpg"), { href: "photo.jpg" });
 * ```
 */
export function toSvg(result: FoundInstances, options: SvgOptions = {}): string {
  checkNames("export", options, svgNames);
  const { href, ...polygons } = options;
  const { width, height } = result;
  const paths = result.instances.map(({ label, score, classId, mask }, index) => {
    const color = `rgb(${instanceColor(index).join(" ")})`;
    const title = `${escapeXml(label)} ${Math.round(score * 100)}%`;
    return (
      `  <path d="${svgPath(mask, polygons)}" fill="${color}" fill-opacity=".45" ` +
      `fill-rule="evenodd" stroke="${color}" stroke-width="2" data-class="${classId}">` +
      `<title>${title}</title></path>\n`
    );
  });
  const imageTag =
    href === undefined
      ? ""
      : `  <image href="${escapeXml(href)}" width="${width}" height="${height}"/>\n`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
    `width="${width}" height="${height}">\n` +
    `${imageTag}${paths.join("")}</svg>\n`
  );
}

/**
 * Cuts an object out of its image.
 * @param image the whole image
 * @param mask a mask within the image
 * @returns the pixels of the mask's crop, transparent outside the object; alpha is the soft
 *   coverage if the mask has it
 * @throws MaskletError `badOption` for a mask of an image of another size
 *
 * @example
 * ```ts
 * import { cutOut, decodeImage, Segmenter } from "masklet";
 *
 * const image = await decodeImage("photo.jpg");
 * const segmenter = await Segmenter.create();
 * const { instances } = await segmenter.segment(image);
 * const objects = instances.map(({ mask }) => cutOut(image, mask));
 * ```
 */
export function cutOut(image: RgbaImage, mask: Mask): RgbaImage {
  checkPainted(image, [mask]);
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
