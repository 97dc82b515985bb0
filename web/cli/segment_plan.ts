import { type Input, standardStream } from "./inputs.js";
import { checkDocument, checkOutputs, inFolder, outputNames } from "./output_plan.js";
import { UsageError } from "./usage_error.js";
import {
  endings,
  type FileFormat,
  type Format,
  isFileFormat,
  type StreamFormat,
} from "./writers.js";

/** Which file each image and each document goes to. `-` is stdout. */
export interface Plan {
  /** The files of an input, in the order of the formats. */
  filesOf(input: Input): readonly { readonly format: FileFormat; readonly to: string }[];
  readonly documents: readonly { readonly format: StreamFormat; readonly to: string }[];
}

/** The names of documents in a folder. */
const documentNames: Readonly<Record<StreamFormat, string>> = {
  json: "results.json",
  coco: "coco.json",
};

/** Whether `--out` names the only file rather than a folder. */
const namesFile = (out: string, format: FileFormat) =>
  out === standardStream || out.toLowerCase().endsWith(endings[format].replace(/^.*(?=\.)/, ""));

/**
 * Decides all outputs and checks them before the first image.
 * @param read other files that the run reads
 */
export async function planOutputs(
  inputs: readonly Input[],
  formats: readonly Format[],
  out: string | undefined,
  read: readonly string[],
): Promise<Plan> {
  const files = formats.filter(isFileFormat);
  const documents = formats.filter((format): format is StreamFormat => !isFileFormat(format));
  const reads = [...inputs.map(({ path }) => path), ...read];
  const only = formats.length === 1 ? files[0] : undefined;
  if (inputs.length === 1 && only !== undefined && out !== undefined && namesFile(out, only)) {
    if (out !== standardStream) await checkDocument(out, reads);
    return { filesOf: () => [{ format: only, to: out }], documents: [] };
  }
  if (formats.length === 1 && documents.length === 1) {
    const to = out ?? standardStream;
    if (to !== standardStream) await checkDocument(to, reads);
    return { filesOf: () => [], documents: [{ format: documents[0]!, to }] };
  }
  if (out === standardStream)
    throw new UsageError(
      "standard output takes one document, or the file of one image; --out must name a folder",
    );
  const names = outputNames(
    inputs,
    files.map((format) => endings[format]),
    documents.map((format) => documentNames[format]),
  );
  const nameOf = new Map(inputs.map(({ path }, index) => [path, names[index]!]));
  const filesOf = ({ path }: Input) =>
    files.map((format) => ({
      format,
      to: inFolder(out, `${nameOf.get(path)!}${endings[format]}`),
    }));
  const plan = {
    filesOf,
    documents: documents.map((format) => ({ format, to: inFolder(out, documentNames[format]) })),
  };
  const all = [...inputs.flatMap(filesOf), ...plan.documents].map(({ to }) => to);
  await checkOutputs(all, reads);
  return plan;
}
