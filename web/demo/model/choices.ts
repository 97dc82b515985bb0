import {
  builtInModels,
  builtInPromptModels,
  type CreateOptions,
  type ModelSource,
  PromptSegmenter,
  Segmenter,
} from "../../index.js";
import type { LoadOptions } from "./loader.js";

/** A network that finds objects. */
export interface ObjectModel {
  readonly model: ModelSource;
  readonly name: string;
  readonly isBuiltIn: boolean;
  /** Of the network's input, in pixels; absent: the model's own. */
  readonly inputSize?: number;
}

/** A promptable network: one file, or an encoder and a decoder in either order. */
export interface PromptModelChoice {
  readonly files: readonly [ModelSource] | readonly [ModelSource, ModelSource];
  readonly name: string;
  readonly isBuiltIn: boolean;
}

type Shared = Pick<CreateOptions, "allowSoftwareAdapter">;

/** The default one first. */
export const builtInObjectModels = builtInModels.map(
  ({ name }): ObjectModel => ({ model: name, name, isBuiltIn: true }),
);
export const builtInPromptChoices = builtInPromptModels.map(
  ({ name }): PromptModelChoice => ({ files: [name], name, isBuiltIn: true }),
);

export function createSegmenter({ allowSoftwareAdapter }: Shared) {
  return ({ model, inputSize }: ObjectModel, options: LoadOptions): Promise<Segmenter> => {
    const size = inputSize === undefined ? {} : { inputSize };
    return Segmenter.create({
      allowSoftwareAdapter: allowSoftwareAdapter ?? false,
      ...options,
      model,
      ...size,
    });
  };
}

export function createPromptSegmenter({ allowSoftwareAdapter }: Shared) {
  return async ({ files }: PromptModelChoice, options: LoadOptions): Promise<PromptSegmenter> => {
    const create = (
      model: { model: ModelSource } | { encoder: ModelSource; decoder: ModelSource },
    ) =>
      PromptSegmenter.create({
        allowSoftwareAdapter: allowSoftwareAdapter ?? false,
        ...options,
        ...model,
      });
    const [first, second] = files;
    if (second === undefined) return create({ model: first });
    try {
      return await create({ encoder: first, decoder: second });
    } catch (error) {
      options.signal.throwIfAborted();
      // Names and sizes are hints only; if the other order fails too, the first error tells more.
      return create({ encoder: second, decoder: first }).catch(() => {
        throw error;
      });
    }
  };
}

/** Files dropped together: what is called a decoder, or else is smaller, comes last. */
export function promptChoice(files: readonly File[]): PromptModelChoice {
  const [a, b] = files as [File, File | undefined];
  if (b === undefined) return { files: [a], name: a.name, isBuiltIn: false };
  const isDecoder = ({ name }: File) => /decod|prompt/i.test(name);
  const swap = isDecoder(a) === isDecoder(b) ? a.size < b.size : isDecoder(a);
  const [encoder, decoder] = swap ? [b, a] : [a, b];
  return { files: [encoder, decoder], name: `${encoder.name} + ${decoder.name}`, isBuiltIn: false };
}
