import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { encode } from "fast-png";
import {
  type Instance,
  paintOverlay,
  type RgbaImage,
  type SegmentResult,
  toCocoDataset,
  toSvg,
  toYolo,
} from "../index.js";
import { stem } from "./inputs.js";

export const fileFormats = ["overlay", "yolo", "svg", "png"] as const;
export const streamFormats = ["json", "coco"] as const;
export const formats = [...fileFormats, ...streamFormats] as const;
export type FileFormat = (typeof fileFormats)[number];
export type Format = (typeof formats)[number];

export interface Segmented {
  readonly path: string;
  readonly result: SegmentResult;
}

const endings: Readonly<Record<FileFormat, string>> = {
  overlay: "_overlay.png",
  yolo: ".txt",
  svg: ".svg",
  png: "_ids.png",
};

/** Whether `--out` names a file rather than a folder. */
const isFileName = (out: string, format: FileFormat) =>
  extname(out) === extname(`name${endings[format]}`);

/**
 * The path of the output for one image. `out` is a folder, or a file if the call has one image
 * only.
 */
export function outputPath(
  path: string,
  format: FileFormat,
  out: string | undefined,
  single: boolean,
): string {
  if (out !== undefined && single && isFileName(out, format)) return out;
  return join(out ?? ".", `${stem(path)}${endings[format]}`);
}

/**
 * An image of instance numbers: 1, 2, … on instances, 0 elsewhere. It has 16 bits per pixel if 8
 * do not suffice. The best instance is on top.
 */
function idMap(result: SegmentResult): Uint8Array {
  const { width, height, instances } = result;
  const wide = instances.length > 255;
  const ids = wide ? new Uint16Array(width * height) : new Uint8Array(width * height);
  for (const [index, { mask }] of [...instances.entries()].reverse())
    mask.paint(ids, width, index + 1);
  return encode({ width, height, data: ids, channels: 1, depth: wide ? 16 : 8 });
}

function overlayPng(image: RgbaImage, instances: readonly Instance[]): Uint8Array {
  const { width, height, data } = paintOverlay(image, instances);
  return encode({ width, height, data: Uint8Array.from(data), channels: 4, depth: 8 });
}

/** Writes the file of one segmented image and returns its path. */
export async function writeImage(
  { path, result }: Segmented,
  image: RgbaImage,
  format: FileFormat,
  to: string,
): Promise<string> {
  await mkdir(dirname(to), { recursive: true });
  const content = {
    overlay: () => overlayPng(image, result.instances),
    yolo: () => toYolo(result),
    svg: () => toSvg(result, { href: relative(dirname(to), path) }),
    png: () => idMap(result),
  }[format]();
  await writeFile(to, content);
  return to;
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));

/** The plain JSON form of a result: boxes, scores, areas and COCO RLE masks. */
export function jsonOf({ path, result }: Segmented): object {
  return {
    file: path,
    width: result.width,
    height: result.height,
    device: result.device,
    timingsMs: Object.fromEntries(
      Object.entries(result.timingsMs).map(([stage, ms]) => [stage, round(ms as number, 2)]),
    ),
    instances: result.instances.map(({ label, classId, score, box, mask }) => ({
      label,
      classId,
      score: round(score, 5),
      box: [box.x1, box.y1, box.x2, box.y2].map((value) => round(value, 3)),
      area: mask.area,
      segmentation: mask.toRle(),
    })),
  };
}

/** A COCO data set of all images with new ids. `--coco` uses the ids of an existing file. */
export function cocoOf(segmented: readonly Segmented[]): object {
  return toCocoDataset(segmented.map(({ path, result }) => ({ fileName: basename(path), result })));
}

/** Writes JSON to a file, or to stdout if `out` is undefined. */
export async function writeJson(value: unknown, out: string | undefined): Promise<void> {
  const text = `${JSON.stringify(value)}\n`;
  if (out === undefined) {
    await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
    return;
  }
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, text);
}
