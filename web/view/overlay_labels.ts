/** The place of a label in pixels of the canvas. */
export interface LabelSpot {
  /** Left edge. */
  x: number;
  /** Top edge. */
  y: number;
}

/** A label to place: the box of its object and the size of the label, in pixels of the canvas. */
export interface LabelRequest {
  /** Left edge of the box. */
  readonly x1: number;
  /** Top edge of the box. */
  readonly y1: number;
  /** Right edge of the box. */
  readonly x2: number;
  /** Bottom edge of the box. */
  readonly y2: number;
  /** Width of the label. */
  readonly width: number;
  /** Height of the label. */
  readonly height: number;
}

interface Placed {
  x: number;
  y: number;
  width: number;
  height: number;
}

const gapPx = 4;

/** Places for one label, best first: above the object, then inside it, then below it. */
function* candidates({ x1, y1, x2, y2, width, height }: LabelRequest): Generator<LabelSpot> {
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
 * Places labels on a canvas, so that they do not cover each other. The algorithm is greedy, with a
 * time of O(labels x placed labels).
 * @param requests the labels, most important first
 * @param bounds size of the canvas
 * @returns one place per label, or undefined for a label without room
 *
 * @example
 * ```ts
 * import { placeLabels } from "masklet";
 *
 * const label = { x1: 40, y1: 60, x2: 200, y2: 300, width: 80, height: 20 };
 * const [spot] = placeLabels([label], { width: 640, height: 480 });
 * if (spot) console.log(spot.x, spot.y);
 * ```
 */
export function placeLabels(
  requests: readonly LabelRequest[],
  bounds: { readonly width: number; readonly height: number },
): (LabelSpot | undefined)[] {
  const placed: Placed[] = [];
  return requests.map((request) => {
    const { width, height } = request;
    for (const spot of candidates(request)) {
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
