/**
 * Matching of detections to ground truth for one image and one category, following pycocotools'
 * `COCOeval.evaluateImg`. Its inputs are IoU matrices, so it is independent of masks and boxes.
 */

/** IoU thresholds .50, .55, … .95. */
export const iouThresholds: readonly number[] = Array.from(
  { length: 10 },
  (_, k) => 0.5 + k * ((0.95 - 0.5) / 9),
);

export interface MatchObject {
  /** Area in source pixels. */
  readonly area: number;
}

export interface MatchTruth extends MatchObject {
  readonly crowd: boolean;
  /** Whether it is a crowd or marked `ignore` in the file. */
  readonly ignore: boolean;
}

export interface MatchDetection extends MatchObject {
  readonly score: number;
}

/** A range of object areas in source pixels, both ends included. */
export interface AreaRange {
  readonly min: number;
  readonly max: number;
}

/** The contribution of one image to the curve of one category and area range. */
export interface Matches {
  readonly scores: readonly number[];
  /** [threshold][detection]: matches a ground truth. */
  readonly matched: readonly Uint8Array[];
  /** [threshold][detection]: counts neither as correct nor as wrong. */
  readonly ignored: readonly Uint8Array[];
  /** Number of ground truths that count. */
  readonly truthCount: number;
}

const outside = (area: number, range: AreaRange) => area < range.min || area > range.max;

/**
 * The truth that a detection matches at one threshold, or -1. `order` lists truths, ignored ones
 * last.
 */
function bestTruth(
  ious: ArrayLike<number>,
  order: readonly number[],
  truths: readonly MatchTruth[],
  truthIgnored: readonly boolean[],
  taken: Uint8Array,
  threshold: number,
): number {
  let best = -1;
  let bestIou = Math.min(threshold, 1 - 1e-10);
  for (const index of order) {
    if (taken[index] && !truths[index]!.crowd) continue;
    // A counted truth matches, and only ignored ones follow.
    if (best >= 0 && !truthIgnored[best] && truthIgnored[index]) break;
    const iou = ious[index]!;
    if (iou < bestIou) continue;
    bestIou = iou;
    best = index;
  }
  return best;
}

/** A cell without truths has the same result at every threshold. Most cells have none. */
function unmatched(detections: readonly MatchDetection[], range: AreaRange): Matches {
  const hits = new Uint8Array(detections.length);
  const skips = Uint8Array.from(detections, ({ area }) => Number(outside(area, range)));
  return {
    scores: detections.map(({ score }) => score),
    matched: iouThresholds.map(() => hits),
    ignored: iouThresholds.map(() => skips),
    truthCount: 0,
  };
}

/**
 * @param detections best score first
 * @param ious [detection][truth]
 */
export function matchImage(
  detections: readonly MatchDetection[],
  truths: readonly MatchTruth[],
  ious: readonly ArrayLike<number>[],
  range: AreaRange,
): Matches {
  if (truths.length === 0) return unmatched(detections, range);
  const truthIgnored = truths.map((truth) => truth.ignore || outside(truth.area, range));
  const indices = truths.map((_, index) => index);
  const order = [
    ...indices.filter((index) => !truthIgnored[index]),
    ...indices.filter((index) => truthIgnored[index]),
  ];
  const matched: Uint8Array[] = [];
  const ignored: Uint8Array[] = [];
  for (const threshold of iouThresholds) {
    const taken = new Uint8Array(truths.length);
    const hits = new Uint8Array(detections.length);
    const skips = new Uint8Array(detections.length);
    for (const [d, detection] of detections.entries()) {
      const truth = bestTruth(ious[d]!, order, truths, truthIgnored, taken, threshold);
      if (truth >= 0) {
        taken[truth] = 1;
        hits[d] = 1;
        skips[d] = truthIgnored[truth] ? 1 : 0;
      } else if (outside(detection.area, range)) {
        skips[d] = 1;
      }
    }
    matched.push(hits);
    ignored.push(skips);
  }
  return {
    scores: detections.map((detection) => detection.score),
    matched,
    ignored,
    truthCount: truthIgnored.filter((isIgnored) => !isIgnored).length,
  };
}

const recallSteps = 101;

/** Detections of all images, best score first; equals stay in their order. */
function ranked(images: readonly Matches[]): { image: Matches; detection: number }[] {
  const rows = images.flatMap((image) =>
    image.scores.map((score, detection) => ({ image, detection, score })),
  );
  return rows.sort((a, b) => b.score - a.score);
}

/** Precision at 101 recalls for one category, area range and threshold. */
function precisionCurve(
  rows: ReturnType<typeof ranked>,
  truthCount: number,
  thresholdIndex: number,
): Float64Array {
  const recalls = new Float64Array(rows.length);
  const precisions = new Float64Array(rows.length);
  let hits = 0;
  let counted = 0;
  for (const { image, detection } of rows) {
    if (image.ignored[thresholdIndex]![detection] === 1) continue;
    hits += image.matched[thresholdIndex]![detection]!;
    recalls[counted] = hits / truthCount;
    counted += 1;
    precisions[counted - 1] = hits / counted;
  }
  for (let i = counted - 1; i > 0; i -= 1)
    precisions[i - 1] = Math.max(precisions[i - 1]!, precisions[i]!);
  const curve = new Float64Array(recallSteps);
  let position = 0;
  for (let step = 0; step < recallSteps; step += 1) {
    while (position < counted && recalls[position]! < step * 0.01) position += 1;
    curve[step] = position < counted ? precisions[position]! : 0;
  }
  return curve;
}

/**
 * Average precision of one category and area range at each IoU threshold (`COCOeval.accumulate`).
 * It is the mean of the interpolated precision at the recalls 0, 0.01 to 1. Undefined without a
 * truth that counts.
 */
export function averagePrecisions(images: readonly Matches[]): number[] | undefined {
  const truthCount = images.reduce((sum, image) => sum + image.truthCount, 0);
  if (truthCount === 0) return undefined;
  const rows = ranked(images);
  return iouThresholds.map((_, index) => {
    const curve = precisionCurve(rows, truthCount, index);
    return curve.reduce((sum, value) => sum + value, 0) / recallSteps;
  });
}
