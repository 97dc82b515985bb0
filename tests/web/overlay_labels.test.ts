import { describe, expect, test } from "vitest";
import { type LabelRequest, placeLabels } from "../../web/view/overlay_labels.js";

const bounds = { width: 300, height: 200 };

function wish(x1: number, y1: number, x2: number, y2: number): LabelRequest {
  return { x1, y1, x2, y2, width: 60, height: 20 };
}

/** Numbers in [0, 1) from a seed (mulberry32), so that a failure can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("placeLabels", () => {
  test("PlaceLabels_RoomAbove_CentersOverTheObject", () => {
    expect(placeLabels([wish(100, 100, 180, 180)], bounds)).toEqual([{ x: 110, y: 76 }]);
  });

  test("PlaceLabels_ObjectAtTheTop_GoesInside", () => {
    const [spot] = placeLabels([wish(100, 0, 180, 180)], bounds);
    expect(spot).toEqual({ x: 110, y: 4 });
  });

  test("PlaceLabels_ObjectAtTheSide_StaysOnTheCanvas", () => {
    expect(placeLabels([wish(0, 100, 10, 120), wish(290, 100, 300, 120)], bounds)).toEqual([
      { x: 0, y: 76 },
      { x: 240, y: 76 },
    ]);
  });

  test("PlaceLabels_SameObjectOftenEnough_LeavesSomeOut", () => {
    const spots = placeLabels(
      Array.from({ length: 12 }, () => wish(100, 100, 110, 110)),
      bounds,
    );
    expect(spots[0]).toBeDefined();
    expect(spots.at(-1)).toBeUndefined();
  });

  test("PlaceLabels_LabelWiderThanTheCanvas_IsLeftOut", () => {
    expect(placeLabels([wish(10, 30, 20, 40)], { width: 59, height: 200 })).toEqual([undefined]);
  });

  test("PlaceLabels_ManyRandomObjects_NeverOverlapAndStayInside", () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = randomFrom(seed);
      const wishes = Array.from({ length: 30 }, () => {
        const x = random() * 280;
        const y = random() * 180;
        const size = { width: 20 + random() * 80, height: 12 + random() * 12 };
        return { ...wish(x, y, x + random() * (300 - x), y + random() * (200 - y)), ...size };
      });
      const placed = placeLabels(wishes, bounds).flatMap((spot, index) => {
        const { width, height } = wishes[index]!;
        return spot === undefined ? [] : [{ ...spot, width, height }];
      });
      expect(placed.length).toBeGreaterThan(3);
      for (const [index, a] of placed.entries()) {
        expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= 300 && a.y + a.height <= 200).toBe(true);
        for (const b of placed.slice(index + 1)) {
          const apart =
            a.x + a.width <= b.x ||
            b.x + b.width <= a.x ||
            a.y + a.height <= b.y ||
            b.y + b.height <= a.y;
          expect(apart, `seed ${seed}`).toBe(true);
        }
      }
    }
  });
});
