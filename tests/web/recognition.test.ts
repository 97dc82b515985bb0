/// The recognized family of every fixture and every real model, from the file alone.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  builtInModels,
  detectFamily,
  inspectModel,
  MaskletError,
  Segmenter,
} from "../../web/index.js";
import { handMadeModel, valueInfo } from "./protobuf_writer.js";
import { sharedFile } from "./shared_data.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const modelsIn = (folder: string) =>
  readdirSync(`${root}${folder}`).filter((file) => file.endsWith(".onnx"));

// Skipped without the models.
describe.skipIf(!sharedFile("models"))("real models", () => {
  it.each([
    ["yolov5n-hand-seg-640.onnx", "yolov5_seg", true],
    ["yolov8n-seg-320-int8.onnx", "yolo_seg", true],
    ["yolov8n-seg-640.onnx", "yolo_seg", true],
    ["yolox-nano-416.onnx", "yolox", false],
  ])("%s is %s", async (file, family, masks) => {
    const info = await inspectModel(sharedFile(`models/${file}`)!);
    expect([info.family, info.masks, info.prompt]).toEqual([family, masks, undefined]);
    expect(
      info.verdicts.filter(({ accepted }) => accepted).map((verdict) => verdict.family),
    ).toEqual([family]);
    const { inputs, outputs, metadata } = info;
    const renamed = outputs.map((output, i) => ({ ...output, name: `t${i}` })).reverse();
    expect(detectFamily(inputs, renamed, metadata)).toMatchObject({
      family,
      variant: info.variant,
    });
  });
});

it("BuiltInModels_AreOfTheirCardsFamily", async () => {
  for (const { name, family } of builtInModels)
    expect((await inspectModel(name)).family).toBe(family);
});

/**
 * `createOptions` selects among layouts of one family with the same tensors.
 */
interface ReferenceHeader {
  readonly family: string;
  readonly variant?: string;
  readonly createOptions?: { readonly family?: string };
}

describe("fixtures", () => {
  it.each(
    modelsIn("tests/data/tiny_models").filter(
      (file) => !["open_shapes.onnx", "second_input.onnx"].includes(file),
    ),
  )("tiny %s", async (file) => {
    const { family } = await inspectModel(`${root}tests/data/tiny_models/${file}`);
    expect(family).toBe(file === "any_size.onnx" ? "mask_rcnn" : "yolo_seg");
  });

  it("OpenShapes_NeedATrialRun", async () => {
    const model = `${root}tests/data/tiny_models/open_shapes.onnx`;
    expect((await inspectModel(model)).family).toBeUndefined();
    await using segmenter = await Segmenter.create({ model, device: "wasm" });
    expect(segmenter.info.family).toBe("yolo_seg");
  });

  it.each(
    readdirSync(`${root}tests/data/reference_models`).filter((file) => file.endsWith(".json")),
  )("reference %s", async (file) => {
    const path = `${root}tests/data/reference_models/${file}`;
    const { family, variant, createOptions } = JSON.parse(
      readFileSync(path, "utf8"),
    ) as ReferenceHeader;
    const model = path.replace(".json", ".onnx");
    expect((await inspectModel(model)).family).toBe(family);
    const info = await inspectModel(model, createOptions);
    expect(info.family).toBe(family);
    if (variant !== undefined) expect(info.variant).toBe(variant);
  });

  it.each(modelsIn("tests/data/prompt_models"))("promptable %s", async (file) => {
    const { family, prompt } = await inspectModel(`${root}tests/data/prompt_models/${file}`);
    const part =
      /encoder/.test(file) && !/prompt_encoder/.test(file)
        ? "encoder"
        : /combined/.test(file)
          ? "combined"
          : "decoder";
    expect([family, prompt?.part]).toEqual([undefined, part]);
    const named = /^(edge_sam|efficient_sam|sam2_hf|sam2|sam_hf|sam)/.exec(file)![1]!;
    const families: Record<string, string> = {
      sam2_hf: "sam2_transformers",
      sam_hf: "sam_transformers",
    };
    if (part !== "encoder") expect(prompt!.family).toBe(families[named] ?? named);
  });
});

describe("detectFamily", () => {
  const input = { name: "images", type: "float32", dims: [1, 3, 640, 640] };
  const rows = { name: "a", type: "float32", dims: [1, 116, 8400] };
  const planes = { name: "b", type: "float32", dims: [1, 32, 160, 160] };

  it("NeedsNoInputs", () => {
    expect(detectFamily([], [planes, rows])).toMatchObject({
      family: "yolo_seg",
      variant: "dense",
      prompt: undefined,
    });
    expect(detectFamily([input], [rows, planes])).toMatchObject({
      family: "yolo_seg",
      candidates: [{ family: "yolo_seg", certainty: 1 }],
    });
  });

  it("Nothing_IsNotAnError", () => {
    const { family, candidates, verdicts } = detectFamily(
      [input],
      [{ name: "classes", type: "float32", dims: [1, 1000] }],
    );
    expect([family, candidates]).toEqual([undefined, []]);
    expect(verdicts.every(({ accepted, reason }) => !accepted && reason.length > 10)).toBe(true);
  });
});

describe("a promptable network given to Segmenter", () => {
  it.each(["sam_decoder", "sam_encoder", "efficient_sam_combined"])(
    "%s_TheErrorSaysWhoTakesIt",
    async (name) => {
      const error = await Segmenter.create({
        model: `${root}tests/data/prompt_models/${name}.onnx`,
        device: "wasm",
      }).catch((error) => error);
      expect(error).toBeInstanceOf(MaskletError);
      expect(error.message).toMatch(/promptable network.*use PromptSegmenter/);
    },
  );
});

it("AmbiguousFile_ShowsItsCandidates_AndTheOptionDecides", async () => {
  // Final rows of 2 + 4 + 2 columns could as well be two classes and two coefficients.
  const model = handMadeModel({
    inputs: [valueInfo("images", "float32", [1, 3, 64, 64])],
    outputs: [valueInfo("a", "float32", [1, 8, 8]), valueInfo("b", "float32", [1, 2, 16, 16])],
  });
  const info = await inspectModel(model);
  if (info.family !== undefined)
    expect(
      info.candidates[0]!.certainty - (info.candidates[1]?.certainty ?? 0),
    ).toBeGreaterThanOrEqual(0.03);
  else expect(info.candidates.length).toBeGreaterThan(1);
  for (const { family, variant } of info.candidates) {
    expect(await inspectModel(model, { family: `${family}/${variant}` })).toMatchObject({
      family,
      variant,
    });
  }
});
