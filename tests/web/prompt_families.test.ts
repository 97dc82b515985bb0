import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bindPromptModel, detectPromptPart } from "../../web/families/prompt/detect.js";
import type { Graph, PromptModel } from "../../web/families/prompt/family.js";
import {
  maskSize,
  promptFeeds,
  promptsPerRun,
  readsSourcePlanes,
} from "../../web/families/prompt/feeds.js";
import { frameImage, type Prompt } from "../../web/families/prompt/points.js";
import { inspectModel, loadCore } from "../../web/index.js";
import { readOnnxMetadata } from "../../web/model/onnx_metadata.js";
import { imageFeed } from "../../web/prompt/encoder.js";
import { type PromptModelName, promptModel, promptModels } from "./prompt_models.js";

const graphOf = (file: string): Graph =>
  readOnnxMetadata(new Uint8Array(readFileSync(promptModel(file))));

function bind(name: PromptModelName): PromptModel {
  const [first, second] = promptModels[name].files as readonly [string, string?];
  return second
    ? bindPromptModel(graphOf(first), graphOf(second))
    : bindPromptModel(undefined, graphOf(first));
}

function feedsOf(
  name: PromptModelName,
  prompts: readonly Prompt[],
  source = { width: 2048, height: 1024 },
) {
  const model = bind(name);
  const { feeds, pointCount } = promptFeeds(model, prompts, frameImage(model, source));
  const plain = Object.entries(feeds).map(([input, { type, dims, values }]) => [
    input,
    { type, dims, values: Array.from(values) },
  ]);
  return {
    feeds: Object.fromEntries(plain) as Record<
      string,
      { type: string; dims: number[]; values: number[] }
    >,
    pointCount,
  };
}

const click = (x: number, y: number, label: "foreground" | "background" = "foreground") => ({
  x,
  y,
  label,
});
const point: Prompt = { points: [click(512, 256)] };
const twoPoints: Prompt = { points: [click(512, 256), click(0, 1022, "background")] };
const box: Prompt = { points: [], box: { x1: 100, y1: 200, x2: 300, y2: 600 } };
const both: Prompt = { points: [click(512, 256)], box: { x1: 100, y1: 200, x2: 300, y2: 600 } };

describe("Recognition of promptable networks", () => {
  it.each(Object.entries(promptModels))("Pair_%s_IsItsFamily", (name, { family }) => {
    expect(bind(name as PromptModelName).family).toBe(family);
  });

  it("Names_AreOnlyHints_WhereShapesDecide", () => {
    const rename = (graph: Graph, kind: "inputs" | "outputs"): Graph => ({
      ...graph,
      [kind]: graph[kind].map((tensor, i) => ({ ...tensor, name: `${kind}${i}` })),
    });
    const shuffle = ({ inputs, outputs }: Graph): Graph => ({
      inputs: [...inputs].reverse(),
      outputs: [...outputs].reverse(),
    });
    for (const [encoder, decoder, family] of [
      ["sam_encoder", "sam_decoder", "sam"],
      ["edge_sam_encoder", "edge_sam_decoder", "edge_sam"],
      ["efficient_sam_encoder", "efficient_sam_decoder", "efficient_sam"],
      ["sam2_ort_encoder", "sam2_ort_decoder", "sam2"],
    ] as const) {
      expect(
        bindPromptModel(graphOf(encoder), shuffle(rename(graphOf(decoder), "inputs"))).family,
      ).toBe(family);
      expect(
        bindPromptModel(rename(graphOf(encoder), "outputs"), shuffle(graphOf(decoder))).family,
      ).toBe(family);
    }
    // All three embeddings differ in shape.
    const { embeddingNames } = bindPromptModel(
      rename(graphOf("sam2_ort_encoder"), "outputs"),
      graphOf("sam2_ort_decoder"),
    );
    expect(embeddingNames).toEqual({
      image_features_0: "outputs0",
      image_features_1: "outputs1",
      image_embeddings: "outputs2",
    });
  });

  it("Swapped_IsTyped_AndNamesTheTensors", () => {
    const swapped = () => bindPromptModel(graphOf("sam_decoder"), graphOf("sam_encoder"));
    expect(swapped).toThrow(expect.objectContaining({ code: "badOption", value: "input_image" }));
    expect(swapped).toThrow(/swapped.*point_coords.*input_image/);
  });

  it("ForeignEncoder_IsTyped_AndNamesTheTensor", () => {
    const mixed = () => bindPromptModel(graphOf("sam_encoder"), graphOf("sam2_ort_decoder"));
    expect(mixed).toThrow(
      expect.objectContaining({ code: "badTensor", value: "image_features_0" }),
    );
    const twice = () => bindPromptModel(graphOf("sam_decoder"), graphOf("sam_decoder"));
    expect(twice).toThrow(expect.objectContaining({ code: "unknownModel" }));
  });

  it("MissingHalf_IsTyped", () => {
    expect(() => bindPromptModel(undefined, graphOf("sam_decoder"))).toThrow(
      expect.objectContaining({ code: "badOption", value: "image_embeddings" }),
    );
    expect(() => bindPromptModel(undefined, graphOf("sam_encoder"))).toThrow(
      expect.objectContaining({ code: "badOption", value: "input_image" }),
    );
    const combined = () =>
      bindPromptModel(graphOf("efficient_sam_encoder"), graphOf("efficient_sam_combined"));
    expect(combined).toThrow(
      expect.objectContaining({ code: "badOption", value: "batched_images" }),
    );
  });

  it("ForcedFamily_MustExistAndFit", () => {
    const [encoder, decoder] = [graphOf("sam_encoder"), graphOf("sam_decoder")];
    expect(bindPromptModel(encoder, decoder, "sam").family).toBe("sam");
    expect(() => bindPromptModel(encoder, decoder, "sam9")).toThrow(
      expect.objectContaining({ code: "unknownFamily", value: "sam9" }),
    );
    expect(() => bindPromptModel(encoder, decoder, "edge_sam")).toThrow(
      /edge_sam: it takes points and labels only, not 'mask_input'/,
    );
  });

  it("TrackerOfSam3_IsRecognizedByItsCells", () => {
    const { inputs, outputs } = graphOf("sam2_hf_prompt_encoder_mask_decoder");
    const cells: Record<number, number> = { 256: 288, 128: 144, 64: 72 };
    const resize = (name: string, dims: Graph["inputs"][number]["dims"]) =>
      name.startsWith("image_embeddings")
        ? dims?.map((dim, axis) => (axis > 1 ? cells[dim as number]! : dim))
        : dims;
    const decoder = {
      inputs: inputs.map((input) => ({ ...input, dims: resize(input.name, input.dims) })),
      outputs,
    };
    const encoder = {
      inputs: [{ name: "pixel_values", type: "float32", dims: [1, 3, 1008, 1008] }],
      outputs: decoder.inputs.slice(-3),
    };
    const { variant, rules, network } = bindPromptModel(encoder, decoder);
    expect([variant, rules.pixels.mean, network]).toEqual([
      "sam3",
      [127.5, 127.5, 127.5],
      { width: 1008, height: 1008 },
    ]);
  });

  it("UnknownInput_IsNamed", () => {
    const decoder = graphOf("sam_decoder");
    const odd = {
      ...decoder,
      inputs: [...decoder.inputs, { name: "tokens", type: "int64", dims: [1, 32, 7] }],
    };
    expect(() => bindPromptModel(graphOf("sam_encoder"), odd)).toThrow(
      /'tokens' int64\[1, 32, 7\]/,
    );
  });

  it("Parts_AreDistinguished", () => {
    const parts = Object.fromEntries(
      ["sam_encoder", "sam_encoder_raw", "sam_decoder", "efficient_sam_combined"].map((file) => [
        file,
        detectPromptPart(graphOf(file)),
      ]),
    );
    expect(parts.sam_encoder).toMatchObject({ part: "encoder", family: undefined });
    expect(parts.sam_encoder_raw).toMatchObject({ part: "encoder" });
    expect(parts.sam_decoder).toMatchObject({ part: "decoder", family: "sam" });
    expect(parts.efficient_sam_combined).toMatchObject({
      part: "combined",
      family: "efficient_sam",
      variant: "combined",
    });
    expect(
      detectPromptPart({
        inputs: [{ name: "images", type: "float32", dims: [1, 3, 640, 640] }],
        outputs: [{ name: "o", type: "float32", dims: [1, 84, 8400] }],
      }),
    ).toBeUndefined();
  });

  it("Inspect_SaysWhatAFileIs", async () => {
    expect((await inspectModel(promptModel("sam2_ort_decoder"))).prompt).toMatchObject({
      part: "decoder",
      family: "sam2",
      variant: "onnxruntime",
    });
    expect((await inspectModel(promptModel("sam_hf_vision_encoder"))).prompt).toMatchObject({
      part: "encoder",
    });
  });
});

describe("Frames", () => {
  it("LongestSide_RoundsHalvesUp_AtLeastOne", () => {
    const model = bind("sam");
    expect(frameImage(model, { width: 2048, height: 1025 }).content).toEqual({
      width: 1024,
      height: 513,
    });
    expect(frameImage(model, { width: 1, height: 1 }).content).toEqual({
      width: 1024,
      height: 1024,
    });
    expect(frameImage(model, { width: 5000, height: 1 }).content).toEqual({
      width: 1024,
      height: 1,
    });
  });

  it("Stretch_FillsTheNetwork_Inside_IsTheImage", () => {
    expect(frameImage(bind("sam2_ort"), { width: 30, height: 7 }).content).toEqual({
      width: 1024,
      height: 1024,
    });
    const { network, content } = frameImage(bind("efficient_sam"), { width: 30, height: 7 });
    expect([network, content]).toEqual([
      { width: 30, height: 7 },
      { width: 30, height: 7 },
    ]);
  });

  it("OpenEncoder_HasSixteenPixelsPerCell", () => {
    expect(bind("sam_raw").network).toEqual({ width: 1024, height: 1024 });
  });
});

describe("Feeds", () => {
  it("Sam_PadsWithoutABox_CornersLast", () => {
    const { feeds, pointCount } = feedsOf("sam", [twoPoints]);
    expect(feeds.point_coords).toEqual({
      type: "float32",
      dims: [1, 3, 2],
      values: [256, 128, 0, 511, 0, 0],
    });
    expect(feeds.point_labels).toEqual({ type: "float32", dims: [1, 3], values: [1, 0, -1] });
    expect([feeds.has_mask_input!.values, feeds.mask_input!.dims, pointCount]).toEqual([
      [0],
      [1, 1, 256, 256],
      3,
    ]);
    // The large masks are not read: they are kept as small as the low-resolution ones.
    expect(feeds.orig_im_size).toEqual({ type: "float32", dims: [2], values: [128, 256] });
    const withBox = feedsOf("sam", [both]);
    expect(withBox.feeds.point_coords!.values).toEqual([256, 128, 50, 100, 150, 300]);
    expect([withBox.feeds.point_labels!.values, withBox.pointCount]).toEqual([[1, 2, 3], 3]);
  });

  it("FarEdges_AreTheLastPixels", () => {
    expect(
      feedsOf("edge_sam", [{ points: [click(2048, 1024)] }]).feeds.point_coords!.values,
    ).toEqual([1023.75, 511.75]);
    expect(
      feedsOf("sam2_ort", [{ points: [click(1, 1)] }], { width: 1, height: 1 }).feeds.point_coords!
        .values,
    ).toEqual([512, 512]);
  });

  it("Sam_WithoutLowResMasks_TellsTheRealSize", () => {
    const decoder = graphOf("sam_decoder");
    const model = bindPromptModel(graphOf("sam_encoder"), {
      ...decoder,
      outputs: decoder.outputs.filter(({ name }) => name !== "low_res_masks"),
    });
    const { feeds } = promptFeeds(model, [point], frameImage(model, { width: 2048, height: 1024 }));
    expect([feeds.orig_im_size!.values, readsSourcePlanes(model)]).toEqual([[1024, 2048], true]);
    expect(readsSourcePlanes(bind("sam"))).toBe(false);
  });

  it("EdgeSam_NeverPads", () => {
    const { feeds } = feedsOf("edge_sam", [point]);
    expect(feeds).toEqual({
      point_coords: { type: "float32", dims: [1, 1, 2], values: [256, 128] },
      point_labels: { type: "float32", dims: [1, 1], values: [1] },
    });
    expect(feedsOf("edge_sam", [box]).feeds.point_labels!.values).toEqual([2, 3]);
  });

  it("EfficientSam_StaysInTheImagesPixels", () => {
    const { feeds } = feedsOf("efficient_sam", [point, { points: [click(7, 9), click(8, 10)] }]);
    expect(feeds.batched_point_coords).toEqual({
      type: "float32",
      dims: [1, 2, 2, 2],
      values: [512, 256, -1, -1, 7, 9, 8, 10],
    });
    expect(feeds.batched_point_labels).toEqual({
      type: "float32",
      dims: [1, 2, 2],
      values: [1, -1, 1, 1],
    });
    expect(feeds.orig_im_size).toEqual({ type: "int64", dims: [2], values: [1024, 2048] });
  });

  it("EfficientSam_FixedPointCount_IsFilledUp_AndLimits", () => {
    const decoder = graphOf("efficient_sam_decoder");
    const fix = (count: number): PromptModel => {
      const inputs = decoder.inputs.map((input) => {
        if (input.name === "batched_point_coords") return { ...input, dims: [1, "q", count, 2] };
        return input.name === "batched_point_labels" ? { ...input, dims: [1, "q", count] } : input;
      });
      return bindPromptModel(graphOf("efficient_sam_encoder"), { ...decoder, inputs });
    };
    const frame = frameImage(fix(6), { width: 100, height: 100 });
    const { feeds } = promptFeeds(fix(6), [{ points: [click(5, 6)] }], frame);
    expect(Array.from(feeds.batched_point_labels!.values)).toEqual([1, -1, -1, -1, -1, -1]);
    expect(() => promptFeeds(fix(1), [box], frame)).toThrow(
      expect.objectContaining({ code: "badOption", value: 2 }),
    );
    expect(() => promptFeeds(fix(6), [twoPoints], frame)).toThrow(
      expect.objectContaining({ code: "unsupported", value: "background" }),
    );
  });

  it("SamTransformers_HasIntegerLabels_AndNoBoxes", () => {
    const { feeds } = feedsOf("sam_transformers", [point, point]);
    expect(feeds).toEqual({
      input_points: { type: "float32", dims: [1, 2, 1, 2], values: [256, 128, 256, 128] },
      input_labels: { type: "int64", dims: [1, 2, 1], values: [1, 1] },
    });
    expect(() => feedsOf("sam_transformers", [box])).toThrow(
      expect.objectContaining({ code: "unsupported", value: "box" }),
    );
  });

  it("Sam2Transformers_BoxesApart_PadsWithoutThem", () => {
    const clicked = feedsOf("sam2_transformers", [point]).feeds;
    expect(clicked.input_points).toEqual({
      type: "float32",
      dims: [1, 1, 2, 2],
      values: [256, 256, 0, 0],
    });
    expect(clicked.input_labels).toEqual({ type: "int64", dims: [1, 1, 2], values: [1, -1] });
    expect(clicked.input_boxes).toEqual({ type: "float32", dims: [1, 0, 4], values: [] });
    const boxed = feedsOf("sam2_transformers", [box, box]).feeds;
    expect(boxed.input_points).toEqual({ type: "float32", dims: [1, 2, 0, 2], values: [] });
    expect(boxed.input_boxes).toEqual({
      type: "float32",
      dims: [1, 2, 4],
      values: [50, 200, 150, 600, 50, 200, 150, 600],
    });
  });

  it("Sam2_StretchesEachAxis_CornersFirst", () => {
    const { feeds } = feedsOf("sam2_samexporter", [both, both]);
    expect(feeds.point_coords).toEqual({
      type: "float32",
      dims: [2, 3, 2],
      values: [50, 200, 150, 600, 256, 256, 50, 200, 150, 600, 256, 256],
    });
    expect(feeds.point_labels!.values).toEqual([2, 3, 1, 2, 3, 1]);
    expect([feeds.mask_input!.dims, feeds.has_mask_input]).toEqual([
      [2, 1, 256, 256],
      { type: "float32", dims: [1], values: [0] },
    ]);
    const ort = feedsOf("sam2_ort", [point]).feeds;
    expect(ort.point_labels).toEqual({ type: "int32", dims: [1, 1], values: [1] });
    expect(ort.original_image_size).toEqual({ type: "int32", dims: [2], values: [128, 256] });
  });

  it("Mask_GoesInWithItsFlag_AndMustFit", () => {
    const model = bind("sam");
    const frame = frameImage(model, { width: 64, height: 64 });
    const mask = { width: 256, height: 256, logits: new Float32Array(65536).fill(3) };
    const { feeds } = promptFeeds(model, [point], frame, mask);
    expect([feeds.has_mask_input!.values, feeds.mask_input!.values]).toEqual([[1], mask.logits]);
    expect(maskSize(model)).toEqual({ width: 256, height: 256 });
    const small = { width: 2, height: 2, logits: new Float32Array(4) };
    expect(() => promptFeeds(model, [point], frame, small)).toThrow(
      expect.objectContaining({ code: "badOption", value: 4 }),
    );
    expect(() => promptFeeds(bind("edge_sam"), [point], frame, mask)).toThrow(
      expect.objectContaining({ code: "unsupported", value: "mask" }),
    );
  });

  it("PromptsPerRun_FollowTheGraph", () => {
    const counts = [
      "sam",
      "edge_sam",
      "efficient_sam",
      "efficient_sam_combined",
      "sam_transformers",
      "sam2_ort",
    ] as const;
    expect(counts.map((name) => promptsPerRun(bind(name)))).toEqual([
      1,
      1,
      "open",
      "open",
      "open",
      "open",
    ]);
  });
});

// 1023 * 1024 / 2048 = 511.5 and 1025 * 1024 / 2048 = 512.5: get_preprocess_shape of
// segment_anything rounds both up.
it.each([
  [1023, 512],
  [1025, 513],
])("ImageOf2048x%i_Fills%iRowsOfTheInput", async (height, rows) => {
  const core = await loadCore();
  const model = bindPromptModel(graphOf("sam_encoder"), graphOf("sam_decoder"));
  const image = { width: 2048, height, data: new Uint8ClampedArray(2048 * height * 4).fill(255) };
  const frame = frameImage(model, image);
  expect(frame.content).toEqual({ width: 1024, height: rows });
  const { data } = imageFeed(core, model, image, frame) as { data: Float32Array };
  const value = (row: number) => data[row * 1024]!;
  expect(value(rows - 1)).toBeGreaterThan(2);
  expect(value(rows)).toBeCloseTo(0, 5);
});
