import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { decodeImage, type RgbaImage } from "../index.js";
import { kindOfBytes } from "./image_kinds.js";
import { standardStream } from "./inputs.js";

/** The part of the package `sharp` in use. */
interface SharpImage {
  rotate(): SharpImage;
  toColourspace(space: string): SharpImage;
  ensureAlpha(): SharpImage;
  raw(): SharpImage;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array;
    info: { width: number; height: number; channels: number };
  }>;
}
type Sharp = (bytes: Uint8Array) => SharpImage;

let sharp: Sharp | undefined | null = null;

/** The package `sharp`, if it is installed beside masklet. */
function loadSharp(): Sharp | undefined {
  if (sharp !== null) return sharp;
  try {
    sharp = createRequire(import.meta.url)("sharp") as Sharp;
  } catch {
    sharp = undefined;
  }
  return sharp;
}

/** Whether WebP, AVIF, TIFF and others can be read. */
export const canReadForeign = (): boolean => loadSharp() !== undefined;

async function readForeign(bytes: Uint8Array): Promise<RgbaImage> {
  const load = loadSharp();
  if (load === undefined)
    throw new Error(
      "the image is not a JPEG, PNG or BMP file; other formats need the package sharp " +
        "(npm install sharp)",
    );
  const { data, info } = await load(bytes)
    .rotate()
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 4) throw new Error(`sharp gave ${info.channels} channels, not 4`);
  return { width: info.width, height: info.height, data: Uint8ClampedArray.from(data) };
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return new Uint8Array(Buffer.concat(chunks));
}

/** Reads an image: the file's bytes for the core, or pixels of formats that `sharp` reads. */
export async function readImage(path: string): Promise<Uint8Array | RgbaImage> {
  const bytes = path === standardStream ? await readStdin() : new Uint8Array(await readFile(path));
  return kindOfBytes(bytes) === "foreign" ? readForeign(bytes) : bytes;
}

/** The pixels of what {@link readImage} gave. */
export const pixelsOf = async (source: Uint8Array | RgbaImage): Promise<RgbaImage> =>
  source instanceof Uint8Array ? decodeImage(source) : source;
