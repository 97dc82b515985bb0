import type { Preprocessing } from "../base/preprocessing.js";
import type { RawTensor } from "../base/tensor.js";

/**
 * Largest relative difference of a line of an output that still counts as rounding. fp32 kernels of
 * WebGPU and of the CPU differ by about 1e-4, fp16 ones by up to 0.02; kernels that are wrong
 * (wrong axis, wrong padding, zeros read back) differ by more than 0.3.
 */
const tolerance = 0.05;

/**
 * The same for networks that quantize as they run: on a YOLOv8n in int8, ONNX Runtime's own two CPU
 * builds differ by 0.086.
 */
const quantizedTolerance = 0.2;

/**
 * Added to the norm of a line, per element: below it a value (say a class score) is as good as
 * zero.
 */
const negligible = 1e-4;

/**
 * An image for the comparison, planar [3, height, width] as the network would see it: ramps, edges
 * and fine noise, so that every layer has something to do. The same on every machine.
 */
export function checkImage({ width, height, inputScale, mean, std }: Preprocessing): Float32Array {
  const out = new Float32Array(3 * width * height);
  let state = 0x9e3779b9;
  for (let i = 0, channel = 0; channel < 3; ++channel) {
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < width; ++x, ++i) {
        // Marsaglia's xorshift32 (2003), for noise.
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        const ramp =
          (channel === 0 ? x / width : channel === 1 ? y / height : (x + y) / (width + height)) *
          150;
        const disc =
          Math.hypot(x - width * 0.4, y - height * 0.55) < Math.min(width, height) * 0.25 ? 70 : 0;
        const pixel = ramp + disc + ((state >>> 0) / 2 ** 32) * 30;
        out[i] = (pixel * inputScale - mean[channel]!) / std[channel]!;
      }
    }
  }
  return out;
}

/**
 * Says where two results of the same network on the same input differ by more than rounding,
 * undefined when they agree.
 *
 * Compared per line, because channels of one output have scales as different as pixels and
 * probabilities: the lines of a tensor are its last axis; where that axis is the shorter one of a
 * rank-3 tensor, rows are objects whose order may change with rounding, so there each column is
 * compared after sorting. Where quantization levels move, rows of a plane near zero say nothing:
 * there planes are compared whole.
 */
export function compareOutputs(
  actual: ReadonlyMap<string, RawTensor>,
  reference: ReadonlyMap<string, RawTensor>,
  quantizesAtRun = false,
): string | undefined {
  const allowed = quantizesAtRun ? quantizedTolerance : tolerance;
  for (const [name, expected] of reference) {
    const got = actual.get(name);
    if (!got || got.dims.join() !== expected.dims.join()) {
      return `output '${name}' has shape [${got?.dims ?? "none"}], on the CPU [${expected.dims}]`;
    }
    const difference = largestDifference(got, expected, quantizesAtRun);
    // Negated, so that NaN fails.
    if (!(difference <= allowed)) {
      return `output '${name}' differs by ${(difference * 100).toFixed(1)} % from the CPU's (allowed ${allowed * 100} %)`;
    }
  }
  return undefined;
}

function largestDifference(actual: RawTensor, expected: RawTensor, wholePlanes: boolean): number {
  const { dims } = expected;
  const length = dims
    .slice(wholePlanes && dims.length === 4 ? -2 : -1)
    .reduce((product, dim) => product * dim, 1);
  const rows = length === 0 ? 0 : expected.data.length / length;
  const rowsAreObjects = dims.length === 3 && length < dims[1]!;
  let largest = 0;
  for (let line = 0; line < (rowsAreObjects ? length : rows); ++line) {
    const take = rowsAreObjects
      ? (data: Float32Array) =>
          Float32Array.from({ length: rows }, (_, row) => data[row * length + line]!).sort()
      : (data: Float32Array) => data.subarray(line * length, (line + 1) * length);
    const difference = relativeDifference(take(actual.data), take(expected.data));
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(largest)) break;
  }
  return largest;
}

/**
 * ||a - b|| / (||b|| + floor); NaN where only one side is finite. Places where both are NaN or the
 * same infinity agree.
 */
function relativeDifference(a: Float32Array, b: Float32Array): number {
  let [squares, norm] = [0, 0];
  for (let i = 0; i < b.length; ++i) {
    if (Object.is(a[i], b[i])) {
      if (Number.isFinite(b[i])) norm += b[i]! * b[i]!;
      continue;
    }
    squares += (a[i]! - b[i]!) ** 2;
    norm += b[i]! * b[i]!;
  }
  return Math.sqrt(squares) / (Math.sqrt(norm) + negligible * Math.sqrt(b.length));
}
