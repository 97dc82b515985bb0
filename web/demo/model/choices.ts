import {
  builtInModels,
  type CreateOptions,
  builtInPromptModels as libraryPromptModels,
  type ModelSource,
  PromptSegmenter,
  Segmenter,
} from "../../index.js";
import type { LoadOptions } from "./loader.js";

/** A model that finds objects. */
export interface ObjectModel {
  readonly model: ModelSource;
  readonly name: string;
  readonly isBuiltIn: boolean;
  /** Side of the square input, in pixels; left out: the model's own size. */
  readonly inputSize?: number;
}

/** A model that answers clicks: one file, or an encoder and a decoder in either order. */
export interface PromptModel {
  readonly files: readonly [ModelSource] | readonly [ModelSource, ModelSource];
  readonly name: string;
  readonly isBuiltIn: boolean;
}

type Shared = Pick<CreateOptions, "allowSoftwareAdapter">;

/** The default one first. */
export const builtInObjectModels = builtInModels.map(
  ({ name }): ObjectModel => ({ model: name, name, isBuiltIn: true }),
);
/** The default one first. */
export const builtInPromptModels = libraryPromptModels.map(
  ({ name }): PromptModel => ({ files: [name], name, isBuiltIn: true }),
);

export function createSegmenter({ allowSoftwareAdapter = false }: Shared) {
  return ({ model, inputSize }: ObjectModel, options: LoadOptions): Promise<Segmenter> => {
    const size = inputSize === undefined ? {} : { inputSize };
    return Segmenter.create({ allowSoftwareAdapter, ...options, model, ...size });
  };
}

export function createPromptSegmenter({ allowSoftwareAdapter = false }: Shared) {
  return async ({ files }: PromptModel, options: LoadOptions): Promise<PromptSegmenter> => {
    const create = (
      model: { model: ModelSource } | { encoder: ModelSource; decoder: ModelSource },
    ) => PromptSegmenter.create({ allowSoftwareAdapter, ...options, ...model });
    const [first, second] = files;
    if (second === undefined) return create({ model: first });
    try {
      return await create({ encoder: first, decoder: second });
    } catch (error) {
      options.signal.throwIfAborted();
      // The order is a guess. If the other order fails too, the first error says more.
      return create({ encoder: second, decoder: first }).catch(() => {
        throw error;
      });
    }
  };
}

/** One file, or a pair: the file called a decoder, or else the smaller one, comes second. */
export function promptModel(files: readonly File[]): PromptModel {
  const [a, b] = files as [File, File | undefined];
  if (b === undefined) return { files: [a], name: a.name, isBuiltIn: false };
  const isDecoder = ({ name }: File) => /decod|prompt/i.test(name);
  const swap = isDecoder(a) === isDecoder(b) ? a.size < b.size : isDecoder(a);
  const [encoder, decoder] = swap ? [b, a] : [a, b];
  return { files: [encoder, decoder], name: `${encoder.name} + ${decoder.name}`, isBuiltIn: false };
}
