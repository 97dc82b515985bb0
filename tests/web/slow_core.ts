import type { RawTensor } from "../../web/base/tensor.js";
/**
 * The slow definition of the core, in plain loops over doubles. The tests compare the core with it.
 */

import type { RgbaImage } from "../../web/base/image.js";
import type { Preprocessing } from "../../web/base/preprocessing.js";

export interface Letterbox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

const roundHalfEven = (value: number): number => {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
};

const clamp = (value: number, min: number, max: number) => Math.min(Math.max(value, min), max);

export function slowLetterbox(
  src: { width: number; height: number },
  net: Pick<Preprocessing, "width" | "height" | "resizeMode" | "content">,
): Letterbox {
  const ratio = Math.min(net.width / src.width, net.height / src.height);
  const stretch = net.resizeMode === "stretch";
  const largest = stretch
    ? net
    : {
        width: clamp(roundHalfEven(src.width * ratio), 1, net.width),
        height: clamp(roundHalfEven(src.height * ratio), 1, net.height),
      };
  const { width, height } = net.content ?? largest;
  const offset = (side: number, content: number) =>
    net.resizeMode === "letterbox-center"
      ? Math.max(0, roundHalfEven((side - content) / 2 - 0.1))
      : 0;
  return {
    x: offset(net.width, width),
    y: offset(net.height, height),
    width,
    height,
    scaleX: width / src.width,
    scaleY: height / src.height,
  };
}

/** Bilinear value of channel `channel` at a continuous position, edges extended. */
function sample({ width, height, data }: RgbaImage, channel: number, x: number, y: number): number {
  const at = (column: number, row: number) => data[(row * width + column) * 4 + channel]!;
  const px = clamp(x - 0.5, 0, width - 1);
  const py = clamp(y - 0.5, 0, height - 1);
  const [x0, y0] = [Math.floor(px), Math.floor(py)];
  const [x1, y1] = [Math.min(x0 + 1, width - 1), Math.min(y0 + 1, height - 1)];
  const top = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * (px - x0);
  const bottom = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * (px - x0);
  return top + (bottom - top) * (py - y0);
}

export function slowTensorize(image: RgbaImage, p: Preprocessing): Float64Array {
  const box = slowLetterbox(image, p);
  const out = new Float64Array(3 * p.width * p.height);
  for (let plane = 0; plane < 3; ++plane) {
    const channel = p.colorOrder === "rgb" ? plane : 2 - plane;
    for (let y = 0; y < p.height; ++y) {
      for (let x = 0; x < p.width; ++x) {
        const inside = x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
        const fill = typeof p.fill === "number" ? p.fill : p.fill[plane]!;
        const level = inside
          ? sample(image, channel, (x + 0.5 - box.x) / box.scaleX, (y + 0.5 - box.y) / box.scaleY)
          : fill;
        out[(plane * p.height + y) * p.width + x] =
          (level * p.inputScale - p.mean[plane]!) / p.std[plane]!;
      }
    }
  }
  return out;
}

export interface SlowInstance {
  readonly box: readonly [number, number, number, number];
  readonly score: number;
  readonly classId: number;
  readonly coefficients: readonly number[];
}

const area = ([x1, y1, x2, y2]: SlowInstance["box"]) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

export function slowIou(a: SlowInstance["box"], b: SlowInstance["box"]): number {
  const shared = area([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  return shared === 0 ? 0 : shared / (area(a) + area(b) - shared);
}

/**
 * Detections [1, 4 + C + P, N]: best class of each anchor, then greedy suppression within each
 * class.
 */
export function slowDetect(
  detections: RawTensor,
  coefficientCount: number,
  options: { scoreThreshold: number; iouThreshold: number; maxInstances: number },
): SlowInstance[] {
  const [, channels = 0, anchors = 0] = detections.dims;
  const classCount = channels - 4 - coefficientCount;
  const at = (channel: number, anchor: number) => detections.data[channel * anchors + anchor]!;
  const found: SlowInstance[] = [];
  for (let anchor = 0; anchor < anchors; ++anchor) {
    const scores = Array.from({ length: classCount }, (_, k) => at(4 + k, anchor));
    const score = Math.max(...scores);
    if (!(score > Math.fround(options.scoreThreshold))) continue;
    const [cx, cy, w, h] = [at(0, anchor), at(1, anchor), at(2, anchor), at(3, anchor)];
    found.push({
      box: [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2],
      score,
      classId: scores.indexOf(score),
      coefficients: Array.from({ length: coefficientCount }, (_, k) =>
        at(4 + classCount + k, anchor),
      ),
    });
  }
  found.sort((a, b) => b.score - a.score);
  const kept: SlowInstance[] = [];
  for (const one of found) {
    const rival = kept.some(
      (k) => k.classId === one.classId && slowIou(k.box, one.box) > options.iouThreshold,
    );
    if (!rival && kept.length < options.maxInstances) kept.push(one);
  }
  return kept;
}

/** The mask logit of one instance at the center of source pixel (x, y). */
export function slowLogit(
  { coefficients }: SlowInstance,
  prototypes: RawTensor,
  box: Letterbox,
  net: { width: number; height: number },
  x: number,
  y: number,
): number {
  const [, , height = 0, width = 0] = prototypes.dims;
  const logit = (column: number, row: number) =>
    coefficients.reduce(
      (sum, c, k) => sum + c * prototypes.data[(k * height + row) * width + column]!,
      0,
    );
  const px = clamp((((x + 0.5) * box.scaleX + box.x) * width) / net.width - 0.5, 0, width - 1);
  const py = clamp((((y + 0.5) * box.scaleY + box.y) * height) / net.height - 0.5, 0, height - 1);
  const [x0, y0] = [Math.floor(px), Math.floor(py)];
  const [x1, y1] = [Math.min(x0 + 1, width - 1), Math.min(y0 + 1, height - 1)];
  const top = logit(x0, y0) + (logit(x1, y0) - logit(x0, y0)) * (px - x0);
  const bottom = logit(x0, y1) + (logit(x1, y1) - logit(x0, y1)) * (px - x0);
  return top + (bottom - top) * (py - y0);
}
