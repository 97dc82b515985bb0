import type { PolygonRing } from "../base/geometry.js";

/** The points of a ring as pairs. */
export function pairs(points: Float32Array): [number, number][] {
  return Array.from({ length: points.length / 2 }, (_, k) => [points[2 * k]!, points[2 * k + 1]!]);
}

type Pair = [number, number];

/** The closest pair of corners of two rings. */
function closest(a: readonly Pair[], b: readonly Pair[]): [number, number] {
  let best: [number, number] = [0, 0];
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const [i, [ax, ay]] of a.entries()) {
    for (const [j, [bx, by]] of b.entries()) {
      const distance = (ax - bx) ** 2 + (ay - by) ** 2;
      if (distance < bestDistance) {
        bestDistance = distance;
        best = [i, j];
      }
    }
  }
  return best;
}

/**
 * Joins all outer rings into one, for formats with one polygon per object (YOLO). A bridge leads
 * from the closest corner of the joined part to the next ring and back, so it has no area. Holes
 * are dropped.
 */
export function joinOuterRings(rings: readonly PolygonRing[]): Pair[] {
  let joined: Pair[] = [];
  for (const ring of rings) {
    if (ring.isHole) continue;
    const points = pairs(ring.points);
    if (joined.length === 0) {
      joined = points;
      continue;
    }
    const [at, from] = closest(joined, points);
    const detour = [...points.slice(from), ...points.slice(0, from + 1), joined[at]!];
    joined = [...joined.slice(0, at + 1), ...detour, ...joined.slice(at + 1)];
  }
  return joined;
}

/** The number with up to four decimals, without trailing zeros. */
export function short(value: number): string {
  return String(Number(value.toFixed(4)));
}
