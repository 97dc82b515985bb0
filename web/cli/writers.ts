import { dirname, relative, resolve, sep } from "node:path";
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
import { exactJson } from "./exact_json.js";
import { ownPngText } from "./image_kinds.js";
import { type Input, standardStream } from "./inputs.js";
import { writeOutput } from "./output_file.js";
import { printableJson } from "./printable.js";
import { printText } from "./terminal.js";

export const fileFormats = ["overlay", "yolo", "svg", "png"] as const;
export const streamFormats = ["json", "coco"] as const;
export const formats = [...fileFormats, ...streamFormats] as const;
export type FileFormat = (typeof fileFormats)[number];
export type StreamFormat = (typeof streamFormats)[number];
export type Format = (typeof formats)[number];

export interface Segmented extends Input {
  readonly result: SegmentResult;
}

/** What the name of a format's file ends with. */
export const endings: Readonly<Record<FileFormat, string>> = {
  overlay: "_overlay.png",
  yolo: ".txt",
  svg: ".svg",
  png: "_ids.png",
};

export const isFileFormat = (format: Format): format is FileFormat =>
  (fileFormats as readonly string[]).includes(format);

const ownText = { [ownPngText.keyword]: ownPngText.value };

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
  return encode({ width, height, data: ids, channels: 1, depth: wide ? 16 : 8, text: ownText });
}

function overlayPng(image: RgbaImage, instances: readonly Instance[]): Uint8Array {
  const { width, height, data } = paintOverlay(image, instances);
  const bytes = Uint8Array.from(data);
  return encode({ width, height, data: bytes, channels: 4, depth: 8, text: ownText });
}

const isAlone = (half: string) => half.length === 1 && /[\ud800-\udfff]/.test(half);

/** The URL of a file relative to a folder, each part of the path percent-encoded. */
export function relativeUrl(folder: string, path: string): string {
  const parts = relative(resolve(folder), resolve(path)).split(sep);
  const encoded = parts.map((part) =>
    [...part].map((one) => encodeURIComponent(isAlone(one) ? "\ufffd" : one)).join(""),
  );
  return encoded.join("/");
}

/** The content of the file of one segmented image. */
export function fileContent(
  { path, result }: Segmented,
  image: RgbaImage | undefined,
  format: FileFormat,
  to: string,
): string | Uint8Array {
  const href = path === standardStream ? {} : { href: relativeUrl(dirname(to), path) };
  return {
    overlay: () => overlayPng(image!, result.instances),
    yolo: () => toYolo(result),
    svg: () => toSvg(result, href),
    png: () => idMap(result),
  }[format]();
}

/** Writes one file, or to stdout for `-`. */
export async function writeFileOrStdout(to: string, content: string | Uint8Array): Promise<void> {
  if (to === standardStream) return printText(content);
  await writeOutput(to, [content]);
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
  return toCocoDataset(segmented.map(({ name, result }) => ({ fileName: name, result })));
}

/**
 * JSON in parts, since the text of many images can exceed the longest string. Arrays of a document
 * are written entry by entry.
 */
function* jsonChunks(value: unknown): Generator<string> {
  const opens = Array.isArray(value);
  if (typeof value !== "object" || value === null) return yield exactJson(value);
  const entries: [string, unknown][] = opens
    ? value.map((item) => ["", item])
    : Object.entries(value).filter(([, item]) => item !== undefined);
  yield opens ? "[" : "{";
  for (const [index, [key, item]] of entries.entries()) {
    if (index > 0) yield ",";
    if (!opens) yield `${JSON.stringify(key)}:`;
    if (!opens && Array.isArray(item)) yield* jsonChunks(item);
    else yield exactJson(item);
  }
  yield opens ? "]" : "}";
}

function* joined(chunks: Iterable<string>): Generator<string> {
  let text = "";
  for (const chunk of chunks) {
    text += chunk;
    if (text.length < 1 << 16) continue;
    yield printableJson(text);
    text = "";
  }
  yield printableJson(`${text}\n`);
}

/** Writes JSON to a file, or to stdout if `out` is undefined or `-`. */
export async function writeJson(value: unknown, out: string | undefined): Promise<void> {
  const chunks = joined(jsonChunks(value));
  if (out !== undefined && out !== standardStream) return writeOutput(out, chunks);
  for (const chunk of chunks) await printText(chunk);
}
