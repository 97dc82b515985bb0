import { InvalidArgumentError, Option } from "commander";
import { builtInModels, builtInPromptModels, type CreateOptions } from "../index.js";

/** Options about a model that several commands share. */
export interface ModelFlags {
  family?: string;
  inputSize?: NonNullable<CreateOptions["inputSize"]>;
}

/** The flags as options of `Segmenter.create` and `inspectModel`. */
export function modelOptions({
  family,
  inputSize,
}: ModelFlags): Pick<CreateOptions, "family" | "inputSize"> {
  return {
    ...(family === undefined ? {} : { family }),
    ...(inputSize === undefined ? {} : { inputSize }),
  };
}

/** Parses `640`, or `640x384` (width x height). The model restricts the sizes later. */
function sizeOf(text: string): NonNullable<CreateOptions["inputSize"]> {
  const [, width, height] = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(text) ?? [];
  if (width === undefined)
    throw new InvalidArgumentError("must be a number of pixels or WIDTHxHEIGHT");
  return height === undefined ? Number(width) : { width: Number(width), height: Number(height) };
}

const names = (models: readonly { readonly name: string }[]) =>
  models.map(({ name }) => name).join(", ");

export const defaultModel: string = builtInModels[0].name;
export const defaultPromptModel: string = builtInPromptModels[0].name;
export const modelNames: string = names(builtInModels);
export const promptModelNames: string = names(builtInPromptModels);

export const inputSizeOption = (): Option =>
  new Option(
    "--input-size <pixels>",
    "input size of a model that leaves it open: 640 or 640x384 (default: set by the model)",
  ).argParser(sizeOf);
