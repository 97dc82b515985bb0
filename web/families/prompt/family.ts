import type { Size } from "../../base/geometry.js";
import type { Preprocessing } from "../../base/preprocessing.js";
import type { TensorInfo } from "../../base/tensor.js";
import type { ImageInput } from "../../model/image_input.js";

/** The tensors of one model file. */
export interface Graph {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** The inputs of a mask decoder by role. */
export interface PromptInputs {
  /** Point coordinates: [B, N, 2], or [B, prompts, N, 2]. */
  readonly coords: TensorInfo;
  /**
   * Labels of the points, one rank below `coords`: 1 foreground, 0 background, 2 and 3 the corners
   * of a box, -1 padding.
   */
  readonly labels: TensorInfo;
  /** Boxes in a separate input: [B, prompts, 4]. */
  readonly boxes?: TensorInfo;
  /** A low-resolution mask from an earlier run: [B, 1, h, w]. */
  readonly maskInput?: TensorInfo;
  /** A flag: 1 if `maskInput` is set, else 0. */
  readonly hasMask?: TensorInfo;
  /** Height and width of the image. */
  readonly originalSize?: TensorInfo;
  /** The results of the encoder. */
  readonly embeddings: readonly TensorInfo[];
  /** The image, if encoder and decoder are one graph. */
  readonly image?: ImageInput;
}

/** The outputs of a mask decoder by role. */
export interface PromptOutputs {
  /** Masks [B, K, H, W] or [B, prompts, K, H, W], often at the size of the image. */
  readonly masks?: TensorInfo;
  /** The same masks at the decoder's resolution. They are preferred, and can be fed back. */
  readonly lowRes?: TensorInfo;
  /** Predicted IoU: the shape of the masks without their sides. */
  readonly scores: TensorInfo;
}

export interface DecoderTensors {
  readonly inputs: PromptInputs;
  readonly outputs: PromptOutputs;
}

/** How a family takes images and prompts. */
export interface PromptRules {
  /**
   * `longest-side`: the image keeps its aspect ratio in the top left corner of the network's
   * square, and the rest is 0 after normalization. `stretch`: the image fills the square.
   * `inside`: the graph resizes, and the image keeps its own size.
   */
  readonly fit: "longest-side" | "stretch" | "inside";
  /** Preprocessing, for an encoder that does not normalize itself. */
  readonly pixels: Omit<Preprocessing, "width" | "height" | "content" | "resizeMode" | "fill">;
  /**
   * Where a box goes: after or before the points as labels 2 and 3, or into a separate input.
   * `none`: boxes are not supported.
   */
  readonly boxes: "corners-last" | "corners-first" | "input" | "none";
  /**
   * Whether a point (0, 0) with label -1 must stand for a missing box, because the graph does not
   * add it (the prompt encoder's `pad`).
   */
  readonly padsWithoutBox: boolean;
  /** Whether the network supports background points. */
  readonly background: boolean;
}

/** How a decoder is used. */
export interface PromptBinding extends DecoderTensors {
  readonly family: string;
  /** Layout within the family. */
  readonly variant: string;
  readonly rules: PromptRules;
  /** One sentence about the tensors that identify the family. */
  readonly reason: string;
}

/** A kind of promptable network. */
export interface PromptFamily {
  readonly name: string;
  /** Binds a decoder, or tells in one sentence what does not fit. */
  bind(
    tensors: DecoderTensors,
  ): Omit<PromptBinding, "family" | keyof DecoderTensors> | { readonly refusal: string };
}

/** An encoder with its decoder. */
export interface PromptModel extends PromptBinding {
  /** The image input of the encoder, or of the single graph. */
  readonly imageInput: ImageInput;
  /** Output names of the encoder by the decoder's input names; empty for a single graph. */
  readonly embeddingNames: Readonly<Record<string, string>>;
  /** Size of the network's input. Undefined if it is the size of the image. */
  readonly network: Size | undefined;
}

/** Normalization of the Segment Anything models: ImageNet's, scaled to 0..255. */
export const samPixels: PromptRules["pixels"] = {
  colorOrder: "rgb",
  inputScale: 1,
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
};
