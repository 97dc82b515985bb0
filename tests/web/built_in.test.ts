import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { builtInModels, builtInPromptModels, findBuiltInFile } from "../../web/runtime/built_in.js";
import { readOnnxMetadata } from "../../web/runtime/onnx_metadata.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe.each(builtInModels.map((model) => [model.name, model] as const))("%s", (name, model) => {
  const file = readFileSync(findBuiltInFile(name)!.locate());
  const card = JSON.parse(readFileSync(`${root}models/${name}.json`, "utf8"));

  it("File_HasTheBytesAndDigestOfItsCard", () => {
    expect(model.bytes).toBe(file.length);
    expect(model.sha256).toBe(createHash("sha256").update(file).digest("hex"));
    expect(file.length).toBeLessThan(8 * 2 ** 20);
  });

  it("Tensors_AreThoseOfItsCard", () => {
    const { inputs, outputs } = readOnnxMetadata(new Uint8Array(file));
    const plain = ({ name, type, dims }: Record<string, unknown>) => ({ name, type, dims });
    expect(inputs).toEqual([plain(card.input)]);
    expect(outputs).toEqual(card.outputs.map(plain));
    expect(outputs[0]!.dims![1]).toBe(4 + model.labels.length + (outputs[1]!.dims![1] as number));
  });

  it("Card_NamesLicenceAndOrigin", () => {
    expect(card.licence).toBe("Apache-2.0");
    expect(card.origin).toContain("YOLOX-nano");
    expect(readFileSync(`${root}models/NOTICE`, "utf8")).toContain("Megvii");
    expect(new Set(model.labels).size).toBe(model.labels.length);
  });
});

describe.each(builtInPromptModels.map((model) => [model.name, model] as const))("%s", (name, model) => {
  const card = JSON.parse(readFileSync(`${root}models/${name}.json`, "utf8"));
  const files = [model.encoder, model.decoder].map((part) => readFileSync(findBuiltInFile(part.name)!.locate()));

  it("Files_HaveTheBytesAndDigestOfTheirCard", () => {
    for (const [k, part] of [model.encoder, model.decoder].entries()) {
      expect(part.bytes).toBe(files[k]!.length);
      expect(part.sha256).toBe(createHash("sha256").update(files[k]!).digest("hex"));
      expect(files[k]!.length).toBeLessThan(100_000);
    }
  });

  it("Tensors_AreThoseOfSegmentAnything", () => {
    const [encoder, decoder] = files.map((file) => readOnnxMetadata(new Uint8Array(file)));
    expect(encoder!.inputs.map(({ dims }) => dims)).toEqual([[1, 3, 1024, 1024]]);
    expect(encoder!.outputs.map(({ dims }) => dims)).toEqual([[1, 256, 64, 64]]);
    const inputs = ["image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input", "orig_im_size"];
    expect(decoder!.inputs.map((input) => input.name)).toEqual(inputs);
    expect(decoder!.outputs.map((output) => output.name)).toEqual(["masks", "iou_predictions", "low_res_masks"]);
  });

  it("Card_NamesLicenceAndOrigin", () => {
    expect(card.licence).toBe("Apache-2.0");
    expect(card.origin).toContain("Constructed");
  });
});

it("GeneratedCards_MatchTheJson", () => {
  expect(() => execFileSync("node", ["scripts/gen_models.mjs", "--check"], { cwd: root, stdio: "pipe" })).not.toThrow();
});
