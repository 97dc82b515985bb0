import { describe, expect, test } from "vitest";
import { paintIds as paintInOrder, paintOrder, pickInstance } from "../../web/view/overlay_ids.js";
import type { IdMap, OverlayInstance } from "../../web/view/overlay_renderer.js";

/** An instance whose mask is a filled rectangle; only what the overlay uses of a mask. */
function rectangle(x: number, y: number, width: number, height: number): OverlayInstance {
  const paint = (target: Uint8Array | Uint16Array, stride: number, value: number) => {
    for (let row = y; row < y + height; row += 1)
      target.fill(value, row * stride + x, row * stride + x + width);
  };
  return {
    mask: { x, y, width, height, area: width * height, paint },
  } as unknown as OverlayInstance;
}

const anySide = Number.POSITIVE_INFINITY;

function paintIds(
  instances: OverlayInstance[],
  width: number,
  height: number,
  maxSidePx: number,
  previous?: IdMap,
): IdMap {
  return paintInOrder(
    instances,
    paintOrder(instances, "bestScore"),
    width,
    height,
    maxSidePx,
    previous,
  );
}

describe("paintOrder", () => {
  const instances = [
    rectangle(0, 0, 9, 9),
    rectangle(0, 0, 1, 1),
    rectangle(0, 0, 3, 3),
    rectangle(5, 5, 1, 1),
  ];

  test("PaintOrder_BestScore_IsLast", () => {
    expect(paintOrder(instances, "bestScore")).toEqual([3, 2, 1, 0]);
  });

  test("PaintOrder_Smallest_IsLastAndOfEqualsTheBetter", () => {
    expect(paintOrder(instances, "smallest")).toEqual([0, 2, 3, 1]);
  });

  test("PaintOrder_None_IsEmpty", () => {
    expect(paintOrder([], "smallest")).toEqual([]);
  });
});

describe("paintIds", () => {
  test("PaintIds_Overlap_BetterScoreOwnsThePixel", () => {
    const map = paintIds([rectangle(0, 0, 2, 1), rectangle(1, 0, 2, 1)], 4, 1, anySide);
    expect([...map.ids]).toEqual([1, 1, 2, 0]);
  });

  test("PaintIds_UpTo255Instances_TakeOneByte", () => {
    const instances = Array.from({ length: 256 }, (_, x) => rectangle(x, 0, 1, 1));
    expect(paintIds(instances.slice(0, 255), 256, 1, anySide).ids).toBeInstanceOf(Uint8Array);
    const map = paintIds(instances, 256, 1, anySide);
    expect(map.ids).toBeInstanceOf(Uint16Array);
    expect(map.ids[255]).toBe(256);
  });

  test("PaintIds_SameSize_ReusesTheArrayWithoutOldPixels", () => {
    const first = paintIds([rectangle(0, 0, 3, 3)], 3, 3, anySide);
    const second = paintIds([rectangle(1, 1, 1, 1)], 3, 3, anySide, first);
    expect(second.ids).toBe(first.ids);
    expect([...second.ids]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
  });

  test("PaintIds_OtherSize_TakesANewArray", () => {
    const first = paintIds([], 3, 3, anySide);
    expect(paintIds([], 3, 4, anySide, first).ids).toHaveLength(12);
  });

  test.each([
    [7, 4, 2, 4, 2],
    [8, 4, 2, 4, 2],
    [9, 4, 3, 3, 2],
  ])("PaintIds_Side%iOverLimit%i_IsSubsampledBy%i", (side, limit, scale, width, height) => {
    const map = paintIds([rectangle(0, 0, side, 4)], side, 4, limit);
    expect(map).toMatchObject({ scale, width, height });
    expect(map.ids.every((id) => id === 1)).toBe(true);
    expect(pickInstance(map, side - 1, 3, 0)).toBe(0);
  });

  test("PaintIds_NoInstances_IsEmpty", () => {
    expect([...paintIds([], 1, 1, anySide).ids]).toEqual([0]);
  });
});

describe("pickInstance", () => {
  const map = paintIds([rectangle(4, 4, 2, 2), rectangle(8, 4, 1, 1)], 12, 12, anySide);

  test("PickInstance_OnMask_GivesItsIndex", () => {
    expect(pickInstance(map, 4.9, 5.9, 0)).toBe(0);
    expect(pickInstance(map, 8, 4, 0)).toBe(1);
  });

  test("PickInstance_BesideMask_GivesNothing", () => {
    expect(pickInstance(map, 3.99, 4, 0)).toBe(-1);
    expect(pickInstance(map, 6, 4, 0)).toBe(-1);
  });

  test("PickInstance_WithRadius_GivesTheNearest", () => {
    expect(pickInstance(map, 7, 4, 2)).toBe(1);
    expect(pickInstance(map, 6, 4, 2)).toBe(0);
    expect(pickInstance(map, 0, 0, 2)).toBe(-1);
  });

  test.each([
    [-1, 0],
    [0, -1],
    [12, 0],
    [0, 12],
    [Number.NaN, 0],
  ])("PickInstance_Outside(%d, %d)_GivesNothing", (x, y) => {
    expect(pickInstance(map, x, y, 0)).toBe(-1);
  });
});
