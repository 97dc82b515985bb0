/** Top left corner of a label, in pixels of the canvas. */
export interface LabelSpot {
  x: number;
  y: number;
}

/** What is to be labeled: the object's box and the size of its label, in the same pixels. */
export interface LabelWish {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly width: number;
  readonly height: number;
}

interface Placed {
  x: number;
  y: number;
  width: number;
  height: number;
}

const gapPx = 4;

/** Places for one label, the best first: over the object, then inside it, then under it. */
function* candidates({ x1, y1, x2, y2, width, height }: LabelWish): Generator<LabelSpot> {
  const center = (x1 + x2 - width) / 2;
  const above = y1 - height - gapPx;
  yield { x: center, y: above };
  yield { x: x1, y: above };
  yield { x: x2 - width, y: above };
  yield { x: center, y: y1 + gapPx };
  yield { x: center, y: (y1 + y2 - height) / 2 };
  yield { x: x1 + gapPx, y: y1 + gapPx };
  yield { x: x2 - width - gapPx, y: y1 + gapPx };
  yield { x: center, y: y2 - height - gapPx };
  yield { x: center, y: y2 + gapPx };
}

const overlaps = (a: Placed, b: Placed): boolean =>
  a.x < b.x + b.width + 1 &&
  b.x < a.x + a.width + 1 &&
  a.y < b.y + b.height + 1 &&
  b.y < a.y + a.height + 1;

/**
 * Finds places for labels so that none covers another and all stay on the canvas. Wishes come in
 * order of importance; a label for which no place is left gets undefined. Greedy: n labels cost O(n
 * * placed).
 */
export function placeLabels(
  wishes: readonly LabelWish[],
  bounds: { readonly width: number; readonly height: number },
): (LabelSpot | undefined)[] {
  const placed: Placed[] = [];
  return wishes.map((wish) => {
    const { width, height } = wish;
    for (const spot of candidates(wish)) {
      const x = Math.min(Math.max(spot.x, 0), bounds.width - width);
      const label = { x, y: spot.y, width, height };
      if (x < 0 || label.y < 0 || label.y + height > bounds.height) continue;
      if (placed.some((other) => overlaps(label, other))) continue;
      placed.push(label);
      return { x, y: label.y };
    }
    return undefined;
  });
}
