import { readFileSync } from "node:fs";
import type { CocoRle, DecodeOutputsOptions, OutputTensor, Size } from "../../web/index.js";

/** One instance as the reference gives it. */
export interface ExpectedInstance {
  /** x1, y1, x2, y2 in source pixels. */
  readonly box: readonly [number, number, number, number];
  readonly score: number;
  readonly classId: number;
  readonly rle: CocoRle;
}

/** Header of a golden; `tests/golden/golden_file.py` describes it. */
export interface GoldenHeader {
  readonly family: string;
  readonly variant?: string;
  readonly source: Size;
  readonly network: Size;
  readonly preprocessing?: DecodeOutputsOptions["preprocessing"];
  readonly options: Omit<DecodeOutputsOptions, "source" | "network" | "family" | "variant">;
  readonly labels?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly inputs?: DecodeOutputsOptions["inputs"];
  readonly outputs: readonly {
    readonly name: string;
    readonly dims: readonly number[];
    readonly type?: string;
  }[];
  readonly expected: readonly ExpectedInstance[];
  readonly origin: string;
  readonly maxBoxPx?: number;
  readonly maxScore?: number;
  readonly minIou?: number;
  readonly why?: string;
}

export interface Golden {
  readonly header: GoldenHeader;
  readonly outputs: ReadonlyMap<string, OutputTensor>;
}

/** Reads a golden and checks that it is whole. */
export function readGolden(path: string): Golden {
  const bytes = readFileSync(path);
  const headerBytes = bytes.readUInt32LE(0);
  const text = bytes.toString("utf8", 4, 4 + headerBytes);
  // Goldens are never rewritten; some were made when the mode had its British name.
  const header = JSON.parse(text.replace("letterbox-centre", "letterbox-center")) as GoldenHeader;
  let at = 4 + headerBytes;
  const outputs = new Map<string, OutputTensor>();
  for (const { name, dims, type } of header.outputs) {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const data = new Float32Array(new Uint8Array(bytes.subarray(at, at + count * 4)).buffer);
    outputs.set(name, { dims, data, ...(type === undefined ? {} : { type }) });
    at += count * 4;
  }
  if (at !== bytes.length)
    throw new Error(`${path} has ${bytes.length} bytes, its header asks for ${at}`);
  return { header, outputs };
}

/** What `decode` is told about a golden, apart from the family. */
export function decodeOptions({
  source,
  network,
  preprocessing,
  options,
  labels,
  metadata,
  inputs,
}: GoldenHeader): DecodeOutputsOptions {
  const optional = { preprocessing, labels, metadata, inputs };
  const given = Object.fromEntries(
    Object.entries(optional).filter(([, value]) => value !== undefined),
  );
  return { ...options, source, network, ...given };
}
