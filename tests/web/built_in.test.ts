import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cardProblems, readBuiltInCards } from "../../scripts/model_cards.mjs";
import { inspectModel, MaskletError, PromptSegmenter, Segmenter } from "../../web/index.js";
import { builtInModels, builtInPromptModels, findBuiltInFile } from "../../web/runtime/built_in.js";
import { readExporterHints } from "../../web/runtime/exporter_hints.js";
import { readOnnxMetadata } from "../../web/runtime/onnx_metadata.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const mebibyte = 2 ** 20;

/** Most bytes that a model may have, all its files together; of one that is not named 8 MiB. */
const budgets: Readonly<Record<string, number>> = {
  "masklet-n": 3 * mebibyte,
  "masklet-nuclei": mebibyte,
  "masklet-click": 5 * mebibyte,
  "region-click": 100_000,
};
const budgetOf = (name: string) => budgets[name] ?? 8 * mebibyte;

const readCard = (name: string) => JSON.parse(readFileSync(`${root}models/${name}.json`, "utf8"));
const readModel = (name: string) => readFileSync(findBuiltInFile(name)!.locate());
const digestOf = (file: Uint8Array) => createHash("sha256").update(file).digest("hex");
const plainTensor = ({ name, type, dims }: Record<string, unknown>) => ({ name, type, dims });

describe.each(builtInModels.map((model) => [model.name, model] as const))("%s", (name, model) => {
  const file = readModel(name);
  const card = readCard(name);
  const { inputs, outputs, metadata, opset } = readOnnxMetadata(new Uint8Array(file));

  it("File_HasTheBytesAndDigestOfItsCard", () => {
    expect(model.bytes).toBe(file.length);
    expect(model.sha256).toBe(digestOf(file));
    expect(file.length).toBeLessThanOrEqual(budgetOf(name));
  });

  it("Tensors_AreThoseOfItsCard", () => {
    expect(inputs).toEqual([plainTensor(card.input)]);
    expect(outputs).toEqual(card.outputs.map(plainTensor));
    expect(outputs[0]!.dims![1]).toBe(4 + model.labels.length + (outputs[1]!.dims![1] as number));
    expect(opset).toBeLessThanOrEqual(17);
  });

  it("Metadata_SaysWhatTheCardSays", () => {
    const hints = readExporterHints(metadata);
    const { width, height, multiple } = model.input;
    expect(hints).toMatchObject({ labels: model.labels, task: "segment", stride: multiple ?? 32, inputSize: { width, height } });
    expect(metadata.license).toBe(card.licence);
    // What is known by its card alone is taken for another network once a byte of the file changes.
    const { resizeMode } = card.preprocessing;
    if (multiple !== undefined) expect(hints.preprocessing).toEqual({ resizeMode });
  });

  it("Card_NamesLicenceAndOrigin", () => {
    expect(card.licence).toBe("Apache-2.0");
    const notice = readFileSync(`${root}models/NOTICE`, "utf8");
    const publishers = { "YOLOX-nano": "Megvii", "PicoDet-S": "PaddlePaddle" };
    const used = Object.entries(publishers).filter(([network]) => card.origin.includes(network));
    expect(used.length).toBeGreaterThan(0);
    for (const [, publisher] of used) expect(notice).toContain(publisher);
    expect(new Set(model.labels).size).toBe(model.labels.length);
  });

  it("Card_FiguresAndVariants_AreOfTheModelThatShips", () => {
    const { metrics, variants = [] } = card;
    expect(metrics.sizes.map(({ input }: { input: number }) => input)).toContain(model.input.width);
    const shipped = variants.filter(({ isShipped }: { isShipped?: boolean }) => isShipped);
    expect(shipped).toHaveLength(variants.length === 0 ? 0 : 1);
    for (const { figures } of shipped) expect(figures.bytes).toBe(file.length);
  });

  it("InputSize_ThatTheGraphLeavesOpen_CanBeChosen", async () => {
    const { width, height, multiple } = model.input;
    expect((await inspectModel(name)).preprocessing).toMatchObject({ width, height, ...model.preprocessing });
    const wider = { width: width + 64, height: height - 32 };
    if (multiple === undefined) {
      await expect(inspectModel(name, { inputSize: wider })).rejects.toMatchObject({ code: "badOption", value: wider.width });
      return;
    }
    await expect(inspectModel(name, { inputSize: 417 })).rejects.toMatchObject({ code: "badOption", value: 417 });
    await using segmenter = await Segmenter.create({ model: name, inputSize: wider });
    expect(segmenter.info.preprocessing).toMatchObject({ ...model.preprocessing, ...wider });
    const { outputs: raw } = await segmenter.infer({ width: 64, height: 48, data: new Uint8Array(64 * 48 * 4).fill(90) });
    const [rows, planes] = outputs.map((output) => raw.get(output.name)!);
    expect(planes!.dims.slice(2)).toEqual([wider.height / 4, wider.width / 4]);
    expect(rows!.dims[1]).toBe(outputs[0]!.dims![1]);
    expect([...rows!.data, ...planes!.data].every(Number.isFinite)).toBe(true);
  });
});

describe.each(builtInPromptModels.map((model) => [model.name, model] as const))("%s", (name, model) => {
  const card = readCard(name);
  const parts = ["encoder", "decoder"] as const;
  const files = { encoder: readModel(model.encoder.name), decoder: readModel(model.decoder.name) };

  it("Files_HaveTheBytesAndDigestOfTheirCard", () => {
    for (const part of parts) {
      expect(model[part].bytes).toBe(files[part].length);
      expect(model[part].sha256).toBe(digestOf(files[part]));
    }
    expect(files.encoder.length + files.decoder.length).toBeLessThanOrEqual(budgetOf(name));
  });

  it("Tensors_AreThoseOfItsCard_AndOfSegmentAnything", () => {
    for (const part of parts) {
      const { inputs, outputs } = readOnnxMetadata(new Uint8Array(files[part]));
      expect(inputs).toEqual(card[part].inputs.map(plainTensor));
      expect(outputs).toEqual(card[part].outputs.map(plainTensor));
    }
    const names = (tensors: { name: string }[]) => tensors.map((tensor) => tensor.name);
    const inputs = ["image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input", "orig_im_size"];
    expect(names(card.decoder.inputs)).toEqual(inputs);
    expect(names(card.decoder.outputs)).toEqual(["masks", "iou_predictions", "low_res_masks"]);
  });

  it("Card_NamesLicenceAndOrigin", () => {
    expect(card.licence).toBe("Apache-2.0");
    expect(card.origin).toMatch(/Constructed|YOLOX-nano|trained/);
  });

  it("Create_ByNameAndByFiles_IsTheSameModel", async () => {
    const byName = await PromptSegmenter.create({ model: name, device: "wasm" });
    const byFiles = await PromptSegmenter.create({ ...files, device: "wasm" });
    expect(byFiles.info).toEqual(byName.info);
    expect(byName.info).toMatchObject({ family: card.family, takes: { boxes: true, background: true, masks: true } });
    expect(byName.info.preprocessing).toMatchObject(card.preprocessing ?? {});
    await byName.dispose();
    await byFiles.dispose();
  });

  it("Segmenter_AskedForIt_SaysWhoTakesIt", async () => {
    const error = await Segmenter.create({ model: name, device: "wasm" }).catch((error) => error);
    expect(error).toBeInstanceOf(MaskletError);
    expect(error).toMatchObject({ code: "badOption", stage: "load", value: name });
    expect(error.message).toContain("PromptSegmenter takes it");
  });
});

it("UnknownName_SaysWhichThereAre", async () => {
  const error = await inspectModel("masklet-unheard-of").catch((error) => error);
  expect(error).toMatchObject({ code: "badModel" });
  for (const { name } of [...builtInModels, ...builtInPromptModels]) expect(error.message).toContain(name);
});

describe("the cards", () => {
  const cards = readBuiltInCards();

  it("GeneratedCards_MatchTheJson", () => {
    expect(() => execFileSync("node", ["scripts/gen_models.mjs", "--check"], { cwd: root, stdio: "pipe" })).not.toThrow();
  });

  it("Defaults_ComeFirst_AndThereIsOneOfEachKind", () => {
    for (const [kind, models] of [
      ["segment", builtInModels],
      ["prompt", builtInPromptModels],
    ] as const) {
      // biome-ignore format: a table
      const defaults = cards.filter((card: Record<string, unknown>) => card.kind === kind && card.default === true);
      expect(defaults.map(({ name }: { name: string }) => name)).toEqual([models[0].name]);
    }
    expect(builtInModels[0].name).toBe("masklet-n");
  });

  it.each<[string, object, string]>([
    ["segment", { bytes: "many" }, "bytes"],
    ["segment", { sha256: "A".repeat(64) }, "sha256"],
    ["segment", { file: "nowhere.onnx" }, "file"],
    ["segment", { trainingdata: [] }, "trainingdata (unknown)"],
    ["segment", { trainingData: "photos" }, "trainingData"],
    ["segment", { failures: [{ picture: "docs/images/models/nowhere.jpg", caption: "it fails" }] }, "failures"],
    ["segment", { variants: [{ storage: "fp16", figures: { maskAp: 0.2 } }] }, "variants"],
    ["segment", { metrics: { data: "photos", sizes: [{ maskAp: 0.2 }] } }, "metrics"],
    ["segment", { labels: ["a,b"] }, "labels"],
    ["segment", { name: "other" }, "name (is not the file's)"],
    ["segment", { kind: "boxes" }, "kind"],
    ["prompt", { encoder: { file: "masklet-n.onnx" } }, "encoder"],
    ["prompt", { metrics: [{ data: "photos", figures: { iou1: "good" } }] }, "metrics"],
  ])("Card_OfKind_%s_With_%o_IsRefused", (kind, change, field) => {
    const card = cards.find((card: Record<string, unknown>) => card.kind === kind && card.default === true)!;
    expect(cardProblems(card)).toEqual([]);
    expect(cardProblems({ ...card, ...change })).toContain(field);
  });

  it("OpenInput_WithoutUsualSize_OrFixedOneWith_IsRefused", () => {
    const card = cards.find(({ name }: { name: string }) => name === "masklet-n")!;
    const input = { name: "images", type: "float32", content: "RGB", dims: [1, 3, "height", "width"] };
    expect(cardProblems({ ...card, input })).toEqual(["input.size and input.multiple"]);
    expect(cardProblems({ ...card, input: { ...input, size: [416, 416], multiple: 32 } })).toEqual([]);
    expect(cardProblems({ ...card, input: { ...input, size: [416, 400], multiple: 32 } })).toEqual(["input.size"]);
    expect(cardProblems({ ...card, input: { ...input, dims: [1, 3, 416, 416], size: [416, 416] } })).toHaveLength(1);
  });
});
