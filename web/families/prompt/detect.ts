import { MaskletError } from "../../base/errors.js";
import type { Size } from "../../base/geometry.js";
import type { TensorInfo } from "../../base/tensor.js";
import { describeTensor } from "../../base/tensor.js";
import { fixedSize, type ImageInput } from "../../model/image_input.js";
import type { PromptPart } from "../../model/info.js";
import type { Graph, PromptBinding, PromptModel } from "./family.js";
import { promptFamilies } from "./index.js";
import { list, readDecoder, readEncoder } from "./roles.js";

/**
 * Input side of an encoder that leaves it open. All published models of these families share it.
 */
const usualSide = 1024;

/** Tells which part of a promptable network a file is. Undefined for any other network. */
export function detectPromptPart(graph: Graph): PromptPart | undefined {
  const decoder = bindDecoder(graph);
  if ("family" in decoder) {
    const { family, variant, reason, inputs } = decoder;
    return { part: inputs.image ? "combined" : "decoder", family, variant, reason };
  }
  const encoder = readEncoder(graph);
  if (
    "refusal" in encoder ||
    encoder.outputs.length !== graph.outputs.length ||
    !encoder.outputs.every(isEmbedding)
  )
    return undefined;
  const embeddings = list(encoder.outputs);
  const reason = `takes one image '${encoder.imageInput.name}' and computes ${embeddings}`;
  return { part: "encoder", family: undefined, variant: undefined, reason };
}

/**
 * Combines encoder and decoder.
 * @param encoder undefined for one graph with both parts
 * @throws MaskletError `unknownModel` if a file is not such a part, or the decoder does not fit the
 *   wanted family; `badOption` if the two are swapped or one is missing; `badTensor` if they do not
 *   belong together; `unknownFamily` if the wanted family does not exist.
 */
export function bindPromptModel(
  encoder: Graph | undefined,
  decoder: Graph,
  wanted?: string,
): PromptModel {
  const binding = bindDecoder(decoder, wanted);
  if ("refusal" in binding) throw explainRefusal(encoder, decoder, binding.refusal);
  const { image } = binding.inputs;
  if (!encoder) {
    if (image)
      return {
        ...binding,
        imageInput: image,
        embeddingNames: {},
        network: networkSize(binding, image),
      };
    const embeddings = list(binding.inputs.embeddings);
    const message =
      `the model is a decoder. It takes ${embeddings} from an encoder: ` +
      "pass { encoder, decoder }";
    throw new MaskletError("badOption", "load", message, {
      value: binding.inputs.embeddings[0]!.name,
    });
  }
  if (image) {
    const message = `the decoder takes the image itself ('${image.name}'): pass it as { model }`;
    throw new MaskletError("badOption", "load", message, { value: image.name });
  }
  const read = readEncoder(encoder);
  if ("refusal" in read)
    throw new MaskletError("unknownModel", "load", `the encoder does not fit: ${read.refusal}`);
  const embeddingNames = matchEmbeddings(read.outputs, binding.inputs.embeddings);
  return {
    ...binding,
    imageInput: read.imageInput,
    embeddingNames,
    network: networkSize(binding, read.imageInput),
  };
}

function bindDecoder(graph: Graph, wanted?: string): PromptBinding | { readonly refusal: string } {
  const families =
    wanted === undefined ? promptFamilies : promptFamilies.filter(({ name }) => name === wanted);
  if (families.length === 0) {
    const names = promptFamilies.map(({ name }) => name).join(", ");
    const message = `family is '${wanted}'; it must be one of ${names}`;
    throw new MaskletError("unknownFamily", "load", message, { value: String(wanted) });
  }
  const tensors = readDecoder(graph);
  if ("refusal" in tensors) return tensors;
  const refusals: string[] = [];
  for (const family of families) {
    const answer = family.bind(tensors);
    if ("rules" in answer) return { ...tensors, ...answer, family: family.name };
    refusals.push(`${family.name}: ${answer.refusal}`);
  }
  return {
    refusal: `no promptable family fits the inputs ${list(graph.inputs)}. ${refusals.join(". ")}`,
  };
}

function explainRefusal(encoder: Graph | undefined, decoder: Graph, refusal: string): MaskletError {
  if (encoder && "inputs" in readDecoder(encoder) && "imageInput" in readEncoder(decoder)) {
    const message =
      "encoder and decoder are swapped: " +
      `the encoder takes points (${list(encoder.inputs)}), ` +
      `the decoder an image (${list(decoder.inputs)})`;
    return new MaskletError("badOption", "load", message, { value: decoder.inputs[0]!.name });
  }
  const what = encoder ? "the decoder" : "the model";
  if (!encoder && "imageInput" in readEncoder(decoder)) {
    const message =
      `${what} takes an image but not points (${list(decoder.inputs)}). ` +
      "If it is an encoder, pass { encoder, decoder }";
    return new MaskletError("badOption", "load", message, { value: decoder.inputs[0]!.name });
  }
  return new MaskletError("unknownModel", "load", `${what} does not take prompts: ${refusal}`);
}

/**
 * Finds the encoder's output for each embedding of the decoder: by name if every name exists, else
 * by shape, which must be unambiguous.
 */
function matchEmbeddings(
  outputs: readonly TensorInfo[],
  wanted: readonly TensorInfo[],
): Record<string, string> {
  const byName = wanted.every(({ name }) => outputs.some((output) => output.name === name));
  return Object.fromEntries(
    wanted.map((input) => {
      const fitting = outputs.filter(
        (output) => (byName ? output.name === input.name : true) && fits(output, input),
      );
      if (fitting.length === 1) return [input.name, fitting[0]!.name];
      const found = fitting.length === 0 ? "none fits" : `${list(fitting)} fit equally well`;
      const message =
        `the decoder needs ${describeTensor(input)}, ` +
        `the encoder computes ${list(outputs)}: ${found}`;
      throw new MaskletError("badTensor", "load", message, { value: input.name });
    }),
  );
}

/** Whether types are equal, and every axis that both fix has the same length. */
function fits(output: TensorInfo, input: TensorInfo): boolean {
  if (output.type !== input.type) return false;
  if (!output.dims || !input.dims) return true;
  return output.dims.every(
    (dim, axis) =>
      typeof dim === "string" || typeof input.dims![axis] === "string" || dim === input.dims![axis],
  );
}

function networkSize({ rules, inputs }: PromptBinding, imageInput: ImageInput): Size | undefined {
  const fixed = fixedSize(imageInput);
  if (fixed || rules.fit === "inside") return fixed;
  // An encoder that resizes inside its graph leaves its input open. Its embeddings have one cell
  // per 16 pixels.
  const cells = inputs.embeddings
    .map(({ dims }) => dims?.at(-1))
    .filter((dim) => typeof dim === "number");
  const side = cells.length > 0 ? 16 * Math.min(...cells) : usualSide;
  return { width: side, height: side };
}

/** Whether the tensor has many channels at a fraction of the image's size. */
function isEmbedding({ dims }: TensorInfo): boolean {
  if (!dims) return false;
  const [, channels, height, width] = dims;
  return typeof channels === "number" && channels >= 16 && height === width;
}
