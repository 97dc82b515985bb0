import type { Preprocessing, RgbaImage } from "../index.js";

/**
 * The baseline of `masklet bench`: ordinary JavaScript, as in demos of YOLO segmentation in the
 * browser. It resizes to a padded RGBA image like a canvas and converts it to a planar tensor. It
 * loops over the scores without a transposition, sorts, applies a quadratic NMS, and computes a
 * full-size mask per object, pixel by pixel. The code is plain and correct, and nothing in it is
 * deliberately slow.
 */

export interface BaselineOutputs {
  /** [1, 4 + classes + prototypes, anchors] */
  readonly detections: { readonly dims: readonly number[]; readonly data: Float32Array };
  /** [1, prototypes, height, width] */
  readonly prototypes: { readonly dims: readonly number[]; readonly data: Float32Array };
}

export interface BaselineInstance {
  readonly score: number;
  readonly classId: number;
  /** x1, y1, x2, y2 in network pixels. */
  readonly box: readonly [number, number, number, number];
  /** 0 or 1 per pixel of the source. */
  readonly mask: Uint8Array;
}

/** The placement of the image in the network's input. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function placementOf(
  image: { width: number; height: number },
  net: Preprocessing,
): Placement {
  if (net.resizeMode === "stretch") return { x: 0, y: 0, width: net.width, height: net.height };
  const ratio = Math.min(net.width / image.width, net.height / image.height);
  const width = Math.round(image.width * ratio);
  const height = Math.round(image.height * ratio);
  if (net.resizeMode === "letterbox-top-left") return { x: 0, y: 0, width, height };
  return {
    x: Math.round((net.width - width) / 2 - 0.1),
    y: Math.round((net.height - height) / 2 - 0.1),
    width,
    height,
  };
}

/** A canvas's `drawImage` with bilinear smoothing onto a gray canvas, in typed arrays. */
export function drawImage(
  image: RgbaImage,
  net: Pick<Preprocessing, "width" | "height" | "fill">,
  place: Placement,
): Uint8ClampedArray {
  const gray = typeof net.fill === "number" ? net.fill : net.fill[0];
  const canvas = new Uint8ClampedArray(net.width * net.height * 4).fill(gray);
  const { width, height, data } = image;
  for (let y = 0; y < place.height; y += 1) {
    const sy = Math.min(Math.max(((y + 0.5) * height) / place.height - 0.5, 0), height - 1);
    const y0 = Math.floor(sy);
    const y1 = Math.min(y0 + 1, height - 1);
    const fy = sy - y0;
    for (let x = 0; x < place.width; x += 1) {
      const sx = Math.min(Math.max(((x + 0.5) * width) / place.width - 0.5, 0), width - 1);
      const x0 = Math.floor(sx);
      const x1 = Math.min(x0 + 1, width - 1);
      const fx = sx - x0;
      const to = ((place.y + y) * net.width + place.x + x) * 4;
      for (let c = 0; c < 4; c += 1) {
        const top =
          data[(y0 * width + x0) * 4 + c]! * (1 - fx) + data[(y0 * width + x1) * 4 + c]! * fx;
        const bottom =
          data[(y1 * width + x0) * 4 + c]! * (1 - fx) + data[(y1 * width + x1) * 4 + c]! * fx;
        canvas[to + c] = top * (1 - fy) + bottom * fy;
      }
    }
  }
  return canvas;
}

/** Converts an image to a planar tensor [3, height, width]. */
export function baselinePreprocess(image: RgbaImage, net: Preprocessing): Float32Array {
  const canvas = drawImage(image, net, placementOf(image, net));
  const plane = net.width * net.height;
  const tensor = new Float32Array(3 * plane);
  const order = net.colorOrder === "rgb" ? [0, 1, 2] : [2, 1, 0];
  for (let i = 0; i < plane; i += 1) {
    for (let c = 0; c < 3; c += 1) {
      tensor[c * plane + i] =
        (canvas[i * 4 + order[c]!]! * net.inputScale - net.mean[c]!) / net.std[c]!;
    }
  }
  return tensor;
}

interface Candidate {
  readonly score: number;
  readonly classId: number;
  readonly box: readonly [number, number, number, number];
  readonly coefficients: Float32Array;
}

function candidatesOf(
  { detections, prototypes }: BaselineOutputs,
  scoreThreshold: number,
): Candidate[] {
  const [, rows = 0, anchors = 0] = detections.dims;
  const prototypeCount = prototypes.dims[1]!;
  const classes = rows - 4 - prototypeCount;
  const { data } = detections;
  const found: Candidate[] = [];
  for (let i = 0; i < anchors; i += 1) {
    let score = 0;
    let classId = 0;
    for (let c = 0; c < classes; c += 1) {
      const value = data[(4 + c) * anchors + i]!;
      if (value > score) {
        score = value;
        classId = c;
      }
    }
    if (score <= scoreThreshold) continue;
    const [cx, cy, w, h] = [0, 1, 2, 3].map((row) => data[row * anchors + i]!) as [
      number,
      number,
      number,
      number,
    ];
    const coefficients = new Float32Array(prototypeCount);
    for (let p = 0; p < prototypeCount; p += 1)
      coefficients[p] = data[(4 + classes + p) * anchors + i]!;
    found.push({
      score,
      classId,
      box: [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2],
      coefficients,
    });
  }
  return found;
}

function overlap(a: Candidate["box"], b: Candidate["box"]): number {
  const w = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (w <= 0 || h <= 0) return 0;
  const both = w * h;
  return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both);
}

function suppress(
  candidates: Candidate[],
  iouThreshold: number,
  maxInstances: number,
): Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates.sort((a, b) => b.score - a.score)) {
    if (kept.length >= maxInstances) break;
    if (
      !kept.some(
        (k) => k.classId === candidate.classId && overlap(k.box, candidate.box) > iouThreshold,
      )
    )
      kept.push(candidate);
  }
  return kept;
}

/** The logits of one object over the whole prototype plane. */
function logitsOf(coefficients: Float32Array, { prototypes }: BaselineOutputs): Float32Array {
  const [, count = 0, height = 0, width = 0] = prototypes.dims;
  const logits = new Float32Array(height * width);
  for (let i = 0; i < logits.length; i += 1) {
    let sum = 0;
    for (let p = 0; p < count; p += 1)
      sum += coefficients[p]! * prototypes.data[p * height * width + i]!;
    logits[i] = sum;
  }
  return logits;
}

function fullFrameMask(
  candidate: Candidate,
  outputs: BaselineOutputs,
  image: { width: number; height: number },
  net: Preprocessing,
): Uint8Array {
  const place = placementOf(image, net);
  const logits = logitsOf(candidate.coefficients, outputs);
  const [, , rows = 0, columns = 0] = outputs.prototypes.dims;
  const [x1, x2] = [candidate.box[0], candidate.box[2]].map(
    (x) => ((x - place.x) * image.width) / place.width,
  );
  const [y1, y2] = [candidate.box[1], candidate.box[3]].map(
    (y) => ((y - place.y) * image.height) / place.height,
  );
  const mask = new Uint8Array(image.width * image.height);
  for (let y = 0; y < image.height; y += 1) {
    const py = (((y + 0.5) * place.height) / image.height + place.y) * (rows / net.height) - 0.5;
    const sy = Math.min(Math.max(py, 0), rows - 1);
    const y0 = Math.floor(sy);
    const y1Row = Math.min(y0 + 1, rows - 1);
    for (let x = 0; x < image.width; x += 1) {
      const px = (((x + 0.5) * place.width) / image.width + place.x) * (columns / net.width) - 0.5;
      const sx = Math.min(Math.max(px, 0), columns - 1);
      const x0 = Math.floor(sx);
      const x1Column = Math.min(x0 + 1, columns - 1);
      const top =
        logits[y0 * columns + x0]! * (1 - (sx - x0)) + logits[y0 * columns + x1Column]! * (sx - x0);
      const bottom =
        logits[y1Row * columns + x0]! * (1 - (sx - x0)) +
        logits[y1Row * columns + x1Column]! * (sx - x0);
      const logit = top * (1 - (sy - y0)) + bottom * (sy - y0);
      if (logit > 0 && x >= x1! && x < x2! && y >= y1! && y < y2!) mask[y * image.width + x] = 1;
    }
  }
  return mask;
}

/** Converts raw outputs to instances with full-size masks. */
export function baselinePostprocess(
  outputs: BaselineOutputs,
  image: { width: number; height: number },
  net: Preprocessing,
  options: { scoreThreshold: number; iouThreshold: number; maxInstances: number },
): BaselineInstance[] {
  const candidates = candidatesOf(outputs, options.scoreThreshold);
  return suppress(candidates, options.iouThreshold, options.maxInstances).map((candidate) => ({
    score: candidate.score,
    classId: candidate.classId,
    box: candidate.box,
    mask: fullFrameMask(candidate, outputs, image, net),
  }));
}
