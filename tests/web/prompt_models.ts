import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CocoRle, PromptSegmenter, type PromptSegmenterOptions } from "../../web/index.js";

/**
 * Encoder and decoder (or the one file) of every promptable export; what they compute is told in
 * tests/golden/prompt_graphs.py.
 */
export const promptModels = {
  sam: { files: ["sam_encoder", "sam_decoder"], family: "sam", rule: "longest", tokens: 4 },
  sam_raw: { files: ["sam_encoder_raw", "sam_decoder"], family: "sam", rule: "longest", tokens: 4 },
  sam_single: {
    files: ["sam_encoder", "sam_decoder_single"],
    family: "sam",
    rule: "longest",
    tokens: 1,
  },
  sam_cvat: {
    files: ["sam_encoder", "sam_decoder_cvat"],
    family: "sam",
    rule: "longest",
    tokens: 1,
  },
  edge_sam: {
    files: ["edge_sam_encoder", "edge_sam_decoder"],
    family: "edge_sam",
    rule: "longest",
    tokens: 4,
  },
  efficient_sam: {
    files: ["efficient_sam_encoder", "efficient_sam_decoder"],
    family: "efficient_sam",
    rule: "stretch",
    tokens: 3,
  },
  efficient_sam_combined: {
    files: ["efficient_sam_combined"],
    family: "efficient_sam",
    rule: "stretch",
    tokens: 3,
  },
  sam_transformers: {
    files: ["sam_hf_vision_encoder", "sam_hf_prompt_encoder_mask_decoder"],
    family: "sam_transformers",
    rule: "longest",
    tokens: 3,
  },
  sam2_samexporter: {
    files: ["sam2_samexporter_encoder", "sam2_samexporter_decoder"],
    family: "sam2",
    rule: "stretch",
    tokens: 3,
  },
  sam2_ort: {
    files: ["sam2_ort_encoder", "sam2_ort_decoder"],
    family: "sam2",
    rule: "stretch",
    tokens: 3,
  },
  sam2_ort_single: {
    files: ["sam2_ort_encoder", "sam2_ort_decoder_single"],
    family: "sam2",
    rule: "stretch",
    tokens: 1,
  },
  sam2_transformers: {
    files: ["sam2_hf_vision_encoder", "sam2_hf_prompt_encoder_mask_decoder"],
    family: "sam2_transformers",
    rule: "stretch",
    tokens: 3,
  },
} as const;

export type PromptModelName = keyof typeof promptModels;

export const promptModel = (file: string) =>
  fileURLToPath(new URL(`../data/prompt_models/${file}.onnx`, import.meta.url));

export function openPromptModel(
  name: PromptModelName,
  options: Partial<PromptSegmenterOptions> = {},
): Promise<PromptSegmenter> {
  const [first, second] = promptModels[name].files as readonly [string, string?];
  const source = second
    ? { encoder: promptModel(first), decoder: promptModel(second) }
    : { model: promptModel(first) };
  return PromptSegmenter.create({
    device: "wasm",
    ...options,
    ...source,
  } as PromptSegmenterOptions);
}

export interface PromptGolden {
  readonly picture: string;
  readonly width: number;
  readonly height: number;
  readonly prompts: readonly {
    readonly name: string;
    readonly points: readonly { x: number; y: number; label: "foreground" | "background" }[];
    readonly box: readonly [number, number, number, number] | null;
    readonly maskFrom?: { prompt: string; token: number };
    readonly tokens: readonly { rle: CocoRle; predictedIou: number; stability: number }[];
  }[];
}

export const goldenFile = (name: string) =>
  fileURLToPath(new URL(`../golden/prompt/${name}`, import.meta.url));

export const goldenImages = [
  "square",
  "wide",
  "tall",
  "odd",
  "one_row",
  "one_column",
  "large",
  "padding",
  "shapes",
] as const;

export function readPromptGolden(image: string, rule: "longest" | "stretch"): PromptGolden {
  return JSON.parse(readFileSync(goldenFile(`${image}_${rule}.json`), "utf8")) as PromptGolden;
}
