import type { Size } from "../../base/geometry.js";
import type { Preprocessing } from "../../base/preprocessing.js";
import type { TensorInfo } from "../../base/tensor.js";
import type { ImageInput } from "../../model/image_input.js";

/** The tensors of one model file. */
export interface Graph {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** What the inputs of a mask decoder are for. */
export interface PromptInputs {
  /** Point coordinates: [B, N, 2], or [B, prompts, N, 2]. */
  readonly coords: TensorInfo;
  /**
   * 1 foreground, 0 background, 2 and 3 the corners of a box, -1 padding; one rank below `coords`.
   */
  readonly labels: TensorInfo;
  /** Boxes of their own: [B, prompts, 4]. */
  readonly boxes?: TensorInfo;
  /** A low-resolution mask of an earlier answer: [B, 1, h, w]. */
  readonly maskInput?: TensorInfo;
  /** 1 when `maskInput` counts, 0 when it does not. */
  readonly hasMask?: TensorInfo;
  /** Height and width of the image. */
  readonly originalSize?: TensorInfo;
  /** What the encoder makes of an image. */
  readonly embeddings: readonly TensorInfo[];
  /** The image itself: encoder and decoder are one graph. */
  readonly image?: ImageInput;
}

/** What the outputs of a mask decoder hold. */
export interface PromptOutputs {
  /** [B, K, H, W] or [B, prompts, K, H, W]: at the image's size, or the only ones. */
  readonly masks?: TensorInfo;
  /** As `masks`, at the decoder's own resolution: what is fed back, and read in preference. */
  readonly lowRes?: TensorInfo;
  /** Predicted IoU, one rank below masks without their sides. */
  readonly scores: TensorInfo;
}

export interface DecoderTensors {
  readonly inputs: PromptInputs;
  readonly outputs: PromptOutputs;
}

/** How a family wants images and prompts, and what its planes cover. */
export interface PromptRules {
  /**
   * `longest-side`: the image keeps its aspect ratio in the top left corner of the network's
   * square, the rest is 0 after normalization. `stretch`: it fills the square. `inside`: the graph
   * resizes; it wants the image as it is.
   */
  readonly fit: "longest-side" | "stretch" | "inside";
  /** Preprocessing of an encoder that does not do it itself. */
  readonly pixels: Omit<Preprocessing, "width" | "height" | "content" | "resizeMode" | "fill">;
  /**
   * Where a box goes: among the points as labels 2 and 3, after or before them, into an input of
   * its own, or nowhere.
   */
  readonly boxes: "corners-last" | "corners-first" | "input" | "none";
  /**
   * Whether a point (0, 0) with label -1 takes the place of a missing box (the prompt encoder's
   * `pad`), where the graph does not add it.
   */
  readonly padsWithoutBox: boolean;
  /** False where the network has no label for background points. */
  readonly background: boolean;
}

/** How a decoder will be used. */
export interface PromptBinding extends DecoderTensors {
  readonly family: string;
  /** Layout within the family. */
  readonly variant: string;
  readonly rules: PromptRules;
  /** One sentence: which tensors tell, and how. */
  readonly reason: string;
}

/** A kind of promptable network. */
export interface PromptFamily {
  readonly name: string;
  /** The decoder's binding, or one sentence about what does not fit. */
  bind(
    tensors: DecoderTensors,
  ): Omit<PromptBinding, "family" | keyof DecoderTensors> | { readonly refusal: string };
}

/** Encoder and decoder together. */
export interface PromptModel extends PromptBinding {
  /** The input that takes the image, of the encoder or of the one graph. */
  readonly imageInput: ImageInput;
  /** Output of the encoder by input of the decoder; none for a single graph. */
  readonly embeddingNames: Readonly<Record<string, string>>;
  /** Size of the network's input; undefined where it is that of the image. */
  readonly network: Size | undefined;
}

/** Normalization of Segment Anything and its kin on 0..255, which is that of ImageNet. */
export const samPixels: PromptRules["pixels"] = {
  colorOrder: "rgb",
  inputScale: 1,
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
};
