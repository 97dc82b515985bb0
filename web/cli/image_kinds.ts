import { open } from "node:fs/promises";
import { extname } from "node:path";

/** What a file is by its first bytes. */
export type ImageKind = "own" | "foreign";

/** Endings of files that are tried whatever their bytes are, so that no error is lost. */
const ownEndings: ReadonlySet<string> = new Set(
  ".jpg .jpeg .jpe .jfif .jfi .jif .pjpeg .pjp .png .apng .bmp .dib".split(" "),
);
/** Endings of images that need another reader than the core. */
export const foreignEndings: ReadonlySet<string> = new Set(
  ".webp .avif .avifs .heic .heif .hif .tif .tiff .gif .jp2 .jxl .svg .svgz".split(" "),
);

const ascii = (bytes: Uint8Array, from: number, to: number) =>
  String.fromCharCode(...bytes.subarray(from, to));

/** A bitmap: its name of two letters alone could begin any text. */
const isBmp = (bytes: Uint8Array) =>
  ascii(bytes, 0, 2) === "BM" && bytes.length >= 18 && bytes.subarray(6, 10).every((b) => b === 0);

/** The kind of an image by its first bytes. Undefined for anything else. */
export function kindOfBytes(bytes: Uint8Array): ImageKind | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "own";
  if (ascii(bytes, 0, 8) === "\x89PNG\r\n\x1a\n" || isBmp(bytes)) return "own";
  const webp = ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 12) === "WEBP";
  const iso = ascii(bytes, 4, 8) === "ftyp" && /^(avi|hei|mif|msf|hev)/.test(ascii(bytes, 8, 11));
  const tiff = ["II*\0", "MM\0*", "II+\0", "MM\0+"].includes(ascii(bytes, 0, 4));
  return webp || iso || tiff || ascii(bytes, 0, 4) === "GIF8" ? "foreign" : undefined;
}

/** The text chunk of the PNG files that masklet writes: a later run knows them by it. */
export const ownPngText = { keyword: "Software", value: "masklet output" } as const;
const ownPngMark = `${ownPngText.keyword}\0${ownPngText.value}`;

/** Enough for each signature, and for the text chunk with the end chunk behind it. */
const headBytes = 32;
const tailBytes = 64;

/** The first bytes of a file, and the last ones. */
async function endsOf(path: string): Promise<{ head: Uint8Array; tail: Uint8Array }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const part = async (length: number, from: number) => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    };
    return {
      head: await part(headBytes, 0),
      tail: await part(tailBytes, Math.max(0, size - tailBytes)),
    };
  } finally {
    await file.close();
  }
}

/**
 * What a file of a folder is: an image that the core reads, one that needs another reader, an
 * output of an earlier run, or anything else. A known ending suffices, and so do the first bytes.
 */
export async function kindOfFile(path: string): Promise<ImageKind | "output" | undefined> {
  const ending = extname(path).toLowerCase();
  const none = { head: new Uint8Array(), tail: new Uint8Array() };
  const { head, tail } = await endsOf(path).catch(() => none);
  const byBytes = kindOfBytes(head);
  if (byBytes === "own" && ascii(tail, 0, tailBytes).includes(ownPngMark)) return "output";
  if (byBytes !== undefined) return byBytes;
  if (ownEndings.has(ending)) return "own";
  return foreignEndings.has(ending) ? "foreign" : undefined;
}
