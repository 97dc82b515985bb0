import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MaskletError } from "../../web/base/errors.js";
import { readOnnxMetadata } from "../../web/model/onnx_metadata.js";
import { encode, handMadeModel, valueInfo } from "./protobuf_writer.js";
import { sharedFile } from "./shared_data.js";

const builtIn = new Uint8Array(
  readFileSync(new URL("../../models/masklet-n.onnx", import.meta.url)),
);

const small = handMadeModel({
  inputs: [
    valueInfo("images", "float32", ["batch", 3, "height", 640]),
    valueInfo("weight", "float32", [2]),
  ],
  outputs: [valueInfo("output0", "float16", [1, 116, 8400]), valueInfo("open", "int64")],
  initializers: [
    [
      [1, 2],
      [2, 1],
      [8, "weight"],
      [9, new Uint8Array(8)],
    ],
  ],
  metadata: { names: "{0: 'cat'}", stride: "32", "": "no key" },
});

function errorOf(work: () => unknown): MaskletError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(MaskletError);
    return error as MaskletError;
  }
  throw new Error("nothing was thrown");
}

describe("readOnnxMetadata", () => {
  it("HandMadeModel_EveryPart_IsRead", () => {
    const model = readOnnxMetadata(small);
    expect({ ...model, metadata: { ...model.metadata } }).toEqual({
      irVersion: 8,
      opset: 13,
      producer: "by hand",
      graphName: "graph",
      inputs: [{ name: "images", type: "float32", dims: ["batch", 3, "height", 640] }],
      outputs: [
        { name: "output0", type: "float16", dims: [1, 116, 8400] },
        { name: "open", type: "int64", dims: undefined },
      ],
      quantizesAtRun: false,
      metadata: { names: "{0: 'cat'}", stride: "32", "": "no key" },
    });
  });

  it("Nodes_RevealQuantizationAtRun", () => {
    const model = (...operators: string[]) =>
      handMadeModel({
        inputs: [valueInfo("x", "float32", [1])],
        outputs: [valueInfo("y", "float32", [1])],
        operators,
      });
    expect(readOnnxMetadata(model("Conv", "DynamicQuantizeLinear", "Relu")).quantizesAtRun).toBe(
      true,
    );
    expect(readOnnxMetadata(model("Conv", "QuantizeLinear")).quantizesAtRun).toBe(false);
  });

  it("BuiltInModel_AsShipped_HasTheTensorsOfItsCard", () => {
    const { inputs, outputs, opset, quantizesAtRun } = readOnnxMetadata(builtIn);
    const card = JSON.parse(
      readFileSync(new URL("../../models/masklet-n.json", import.meta.url), "utf8"),
    );
    const plain = ({ name, type, dims }: Record<string, unknown>) => ({ name, type, dims });
    expect(inputs).toEqual([plain(card.input)]);
    expect(outputs).toEqual(card.outputs.map(plain));
    // 4 + 80 classes + 32 coefficients, whatever size the input has.
    expect([inputs[0]!.dims![1], outputs[0]!.dims![1], outputs[1]!.dims![1]]).toEqual([3, 116, 32]);
    expect([13, 17]).toContain(opset);
    expect(quantizesAtRun).toBe(false);
  });

  it.skipIf(!sharedFile("models/yolov8n-seg-640.onnx"))(
    "ExportedModel_UltralyticsMetadata_IsRead",
    () => {
      const { metadata, producer } = readOnnxMetadata(
        new Uint8Array(readFileSync(sharedFile("models/yolov8n-seg-640.onnx")!)),
      );
      expect(metadata).toMatchObject({
        stride: "32",
        task: "segment",
        imgsz: "[640, 640]",
        end2end: "False",
      });
      expect(metadata.names).toMatch(/^\{0: 'person', 1: 'bicycle'/);
      expect(producer).toBe("onnx.quantize");
    },
  );

  it("MinusOneAndZeroDimensions_OfOldExporters_AreOpen", () => {
    const shape = [-1n, 0, 3].map((dim) => [1, [[1, dim]]] as const);
    const info = [
      [1, "x"],
      [
        2,
        [
          [
            1,
            [
              [1, 1],
              [2, shape],
            ],
          ],
        ],
      ],
    ] as never;
    expect(
      readOnnxMetadata(handMadeModel({ inputs: [info], outputs: [info] })).inputs[0]!.dims,
    ).toEqual(["?", "?", 3]);
  });

  it("ExternalWeights_AreUnsupportedByName", () => {
    const external = [
      [8, "conv.weight"],
      [14, 1],
    ] as never;
    const bytes = handMadeModel({
      inputs: [valueInfo("x", "float32", [1])],
      outputs: [valueInfo("y", "float32", [1])],
      initializers: [external],
    });
    expect(errorOf(() => readOnnxMetadata(bytes))).toMatchObject({
      code: "unsupported",
      stage: "load",
      value: "conv.weight",
    });
  });

  it("EveryPrefix_OfASmallFile_IsRefusedOrTheWholeGraph", () => {
    const complete = readOnnxMetadata(small);
    for (let length = 0; length < small.length; ++length) {
      try {
        // A cut between two fields after the graph leaves a well-formed, shorter file; the tensors
        // must then be all there.
        expect(readOnnxMetadata(small.subarray(0, length)).outputs).toEqual(complete.outputs);
      } catch (error) {
        expect(error, `cut at ${length}`).toMatchObject({ code: "badModel", stage: "load" });
      }
    }
    expect(errorOf(() => readOnnxMetadata(new Uint8Array(0))).message).toContain("no graph");
  });

  it("Prefixes_OfTheBuiltInModel_AreRefused", () => {
    for (let length = 1; length < builtIn.length; length += 9973) {
      const error = errorOf(() => readOnnxMetadata(builtIn.subarray(0, length)));
      expect(error.code).toBe("badModel");
      expect(error.message).toMatch(/no ONNX model/);
    }
  });

  it("RandomBytesAndFlippedBits_NeverEscapeTheErrorType", () => {
    let state = 12345;
    const random = () => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state >> 8;
    };
    for (let round = 0; round < 3000; ++round) {
      const bytes =
        round % 2 ? small.slice() : Uint8Array.from({ length: random() % 200 }, () => random());
      for (let flip = 0; flip < 3 && round % 2; ++flip)
        bytes[random() % bytes.length]! ^= 1 << (random() % 8);
      try {
        readOnnxMetadata(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MaskletError);
        expect(["badModel", "unsupported"]).toContain((error as MaskletError).code);
      }
    }
  });

  it("AnnouncedLength_BeyondTheFile_NamesTheOffset", () => {
    // Field 7, 1000 bytes announced, none there.
    const error = errorOf(() => readOnnxMetadata(Uint8Array.of(7 * 8 + 2, 0xe8, 0x07)));
    expect(error.message).toContain("1000 bytes announced, 0 left at byte 3");
    expect(error.value).toBe(3);
  });

  it("NumberOfElevenBytes_AndGroups_AreRefused", () => {
    expect(errorOf(() => readOnnxMetadata(new Uint8Array(11).fill(0xff))).message).toContain(
      "longer than ten bytes",
    );
    expect(errorOf(() => readOnnxMetadata(Uint8Array.of(9 * 8 + 3))).message).toContain(
      "wire type 3",
    );
  });

  it("WebPage_InsteadOfAModel_IsNotAModel", () => {
    expect(
      errorOf(() => readOnnxMetadata(new TextEncoder().encode("<!doctype html><html>"))).code,
    ).toBe("badModel");
  });

  it("GraphWithoutOutputs_IsNamed", () => {
    const bytes = encode([
      [
        7,
        [
          [2, "empty"],
          [11, valueInfo("x", "float32", [1])],
        ],
      ],
    ]);
    expect(errorOf(() => readOnnxMetadata(bytes)).message).toBe(
      "the ONNX graph 'empty' has no outputs",
    );
  });
});
