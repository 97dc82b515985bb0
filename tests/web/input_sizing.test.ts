import { expect, it } from "vitest";
import type { InputSizing } from "../../web/base/preprocessing.js";
import { preprocessingFor } from "../../web/families/input_sizing.js";
import { yoloSeg } from "../../web/families/yolo_seg.js";

const usual = { ...yoloSeg.preprocessing, width: 640, height: 640 };
const size = (sizing: InputSizing, width: number, height: number) => {
  const made = preprocessingFor(sizing, { width, height }, usual);
  return [made.width, made.height, made.content && [made.content.width, made.content.height]];
};

it("Fixed_IsTheSameForAll", () => {
  expect(preprocessingFor({ rule: "fixed" }, { width: 3, height: 1000 }, usual)).toBe(usual);
});

it("Source_IsTheImagesOwnSize", () => {
  expect(size({ rule: "source" }, 333, 17)).toEqual([333, 17, undefined]);
});

const shortSide = (multiple: number, rounding?: "half-up" | "down") =>
  ({
    rule: "short-side",
    shortSide: 800,
    longSide: 1333,
    multiple,
    ...(rounding ? { rounding } : {}),
  }) as const;

// Worked out by hand from detectron2's ResizeShortestEdge: scale = 800 / min, unless scale * max >
// 1333; sides int(side * scale + 0.5).
it.each([
  [640, 480, [1067, 800]],
  [480, 640, [800, 1067]],
  [500, 500, [800, 800]],
  [1920, 1080, [1333, 750]],
  [1080, 1920, [750, 1333]],
  [1, 1, [800, 800]],
  // The longer side limits so much that one pixel of the shorter is left.
  [5000, 1, [1333, 1]],
])("ShortSide_%i_x_%i", (width, height, content) => {
  expect(size(shortSide(1), width, height)).toEqual([...content, content]);
});

it("Padding_GoesUpToTheMultiple_AndRoundingMayGoDown", () => {
  expect(size(shortSide(32), 640, 480)).toEqual([1088, 800, [1067, 800]]);
  expect(size(shortSide(32, "down"), 640, 480)).toEqual([1088, 800, [1066, 800]]);
});

it("StretchedFamilies_ShortSideSizing_KeepsTheAspectRatio", () => {
  const made = preprocessingFor(
    shortSide(1),
    { width: 640, height: 480 },
    { ...usual, resizeMode: "stretch" },
  );
  expect(made).toMatchObject({
    width: 1067,
    height: 800,
    content: { width: 1067, height: 800 },
    resizeMode: "letterbox-top-left",
  });
});

it("WholeResults_AreNotLostToRounding", () => {
  for (let side = 1; side <= 2000; ++side)
    expect(size(shortSide(1, "down"), side, side)).toEqual([800, 800, [800, 800]]);
});
