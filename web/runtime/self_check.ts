import type { Preprocessing } from "../base/preprocessing.js";
import type { RawTensor } from "../base/tensor.js";

/**
 * Maximum relative difference of a line of an output that counts as rounding. The fp32 kernels of
 * WebGPU and the CPU differ by about 1e-4, fp16 kernels by up to 0.02. Incorrect kernels (wrong
 * axis, wrong padding, zeros read back) differ by more than 0.3.
 */
const tolerance = 0.05;

/**
 * The maximum for networks that quantize at run time. On a YOLOv8n in int8, two CPU builds of ONNX
 * Runtime differ by 0.086.
 */
const quantizedTolerance = 0.2;

/**
 * Added to the norm of a line, per element. A smaller value, for example a class score, counts as
 * zero.
 */
const negligible = 1e-4;

/**
 * Makes an input for the comparison, planar [3, height, width], normalized. Its ramps, edges and
 * fine noise exercise every layer. It is the same on every machine.
 */
export function checkImage({ width, height, inputScale, mean, std }: Preprocessing): Float32Array {
  const out = new Float32Array(3 * width * height);
  let state = 0x9e3779b9;
  for (let i = 0, channel = 0; channel < 3; ++channel) {
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < width; ++x, ++i) {
        // Noise: Marsaglia's xorshift32 (2003).
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
 * Describes the first difference beyond rounding between two results of a network for one input.
 * Undefined if they agree.
 *
 * It compares line by line, because the channels of one output differ in scale (pixels,
 * probabilities). A line runs along the last axis. If that is the shorter axis of a rank-3 tensor,
 * the rows are objects, and rounding may change their order; the comparison then sorts each column.
 * With quantization at run time, rows of a plane near zero are unreliable; the comparison then
 * takes whole planes.
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
      return (
        `output '${name}' differs by ${(difference * 100).toFixed(1)} % ` +
        `from the CPU's (maximum ${allowed * 100} %)`
      );
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
 * ||a - b|| / (||b|| + floor). NaN if only one side of a pair is finite. Two NaNs agree, and so do
 * two equal infinities.
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
