import { checkNames, type OptionNames, optionError } from "../base/options.js";
import { builtInPromptModels } from "../model/built_in.js";
import type { ModelSource } from "../model/built_in_types.js";
import { type LoadedModel, loadModel } from "../model/store.js";
import type { PromptDigests, PromptSegmenterOptions } from "./types.js";

/** The files of a promptable model. A combined graph has no encoder. */
export interface PromptFiles {
  readonly encoder: LoadedModel | undefined;
  readonly decoder: LoadedModel;
}

interface Places {
  readonly encoder: ModelSource | undefined;
  readonly decoder: ModelSource;
}

const digestNames = { encoder: true, decoder: true } satisfies OptionNames<PromptDigests>;

/**
 * Loads the files that the options name.
 * @throws MaskletError `badOption`, and as `loadModel`
 */
export async function loadPromptFiles(options: PromptSegmenterOptions): Promise<PromptFiles> {
  const { cache, onProgress, signal } = options;
  const places = findPlaces(options);
  const digests = digestsFor(places, options.sha256);
  const load = (source: ModelSource, sha256: string | undefined) =>
    loadModel(source, { cache, onProgress, signal, sha256 });
  // One after another, because the caller could not tell two concurrent downloads apart.
  const encoder = places.encoder && (await load(places.encoder, digests.encoder));
  return { encoder, decoder: await load(places.decoder, digests.decoder) };
}

function findPlaces({ model, encoder, decoder }: PromptSegmenterOptions): Places {
  const isUnnamed = model === undefined && encoder === undefined && decoder === undefined;
  const builtIn = isUnnamed
    ? builtInPromptModels[0]
    : builtInPromptModels.find(({ name }) => name === model);
  if (builtIn) return { encoder: builtIn.encoder.name, decoder: builtIn.decoder.name };
  if (model !== undefined) {
    if (encoder === undefined && decoder === undefined)
      return { encoder: undefined, decoder: model };
    const shown = "given with encoder or decoder";
    throw optionError("load", "model", shown, "left out, or the only one");
  }
  const missing = encoder === undefined ? "encoder" : decoder === undefined ? "decoder" : undefined;
  if (missing) throw optionError("load", missing, "missing", "given: { encoder, decoder }");
  return { encoder, decoder: decoder! };
}

/** The required digest of each file. A combined graph counts as `decoder`. */
function digestsFor({ encoder }: Places, asked: PromptSegmenterOptions["sha256"]): PromptDigests {
  if (asked === undefined) return {};
  if (typeof asked === "string") {
    if (encoder === undefined) return { decoder: asked };
    const rule = "{ encoder, decoder }, a digest for each of the two files";
    throw optionError("load", "sha256", asked, rule);
  }
  checkNames("load", asked, digestNames, "sha256");
  if (encoder !== undefined) return asked;
  const shown = `{ ${Object.keys(asked).join(", ")} }`;
  throw optionError("load", "sha256", shown, "one digest, for one file");
}
