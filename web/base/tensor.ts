import { MaskletError, type Stage } from "./errors.js";

/** An input or output of a network, as the model file declares it. */
export interface TensorInfo {
  /** Name in the graph. */
  readonly name: string;
  /** Element type: `float32`, `float16`, `int64` … */
  readonly type: string;
  /**
   * Sizes of the axes. A number is fixed. A string is the symbolic name of an open size, `'?'` if
   * it has none. Undefined means that the file does not state the rank.
   */
  readonly dims: readonly (number | string)[] | undefined;
}

/** An output of a network as float32, whatever runtime computed it. */
export interface RawTensor {
  /** Sizes of the axes. */
  readonly dims: readonly number[];
  /** The values in row-major order; their number is the product of `dims`. */
  readonly data: Float32Array;
  /** Element type in the network: `int64`, `bool` … Undefined means `float32`. */
  readonly type?: string;
}

/** Name, type and shape for a message: `'output0' float32[1, 116, 8400]`. */
export function describeTensor({ name, type, dims }: TensorInfo): string {
  return `'${name}' ${type}${dims ? `[${dims.join(", ")}]` : " of unknown rank"}`;
}

export function isFloat({ type }: TensorInfo): boolean {
  return type === "float32" || type === "float16" || type === "float64";
}

/**
 * Converts a tensor of any numeric type to float32.
 * @throws MaskletError `badTensor` for a type without numbers, or data that does not fit its shape.
 */
export function toRawTensor(
  name: string,
  tensor: { dims: readonly number[]; data: unknown; type?: string },
  stage: Stage,
): RawTensor {
  const dims = Array.from(tensor.dims, Number);
  const type = tensor.type ?? elementType(tensor.data);
  const data = toFloat32(name, type, tensor.data, stage);
  const expected = dims.reduce((product, dim) => product * dim, 1);
  if (data.length !== expected) {
    throw new MaskletError(
      "badTensor",
      stage,
      `output '${name}' has ${data.length} values, ` +
        `but its shape [${dims.join(", ")}] needs ${expected}`,
      { value: data.length },
    );
  }
  return type === "float32" ? { dims, data } : { dims, data, type };
}

/** The element type of an array, from the name of its class. */
function elementType(data: unknown): string {
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const bits = /^(?:Big)?(Uint|Int|Float)(8|16|32|64)(?:Clamped)?Array$/.exec(kind);
  return bits ? `${bits[1]!.toLowerCase()}${bits[2]}` : kind;
}

/** Does not copy float32: ONNX Runtime has already copied it out of its own memory. */
function toFloat32(name: string, type: string, data: unknown, stage: Stage): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === "float16" && data instanceof Uint16Array) return float16ToFloat32(data);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    return Float32Array.from(data, Number);
  if (ArrayBuffer.isView(data) && !(data instanceof DataView))
    return new Float32Array(data as unknown as ArrayLike<number>);
  throw new MaskletError(
    "badTensor",
    stage,
    `output '${name}' has the type ${type}; it must be numeric`,
    {
      value: type,
    },
  );
}

/** Converts IEEE 754 binary16 bit patterns to float32, exactly, NaN and infinities included. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; ++i) {
    const half = bits[i]!;
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) out[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) out[i] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else out[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return out;
}

/**
 * Converts float32 to binary16 bit patterns. It rounds to nearest even; a value that is too large
 * becomes infinity.
 */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; ++i) {
    const sign = (bits[i]! >>> 16) & 0x8000;
    const magnitude = bits[i]! & 0x7fffffff;
    if (magnitude > 0x7f800000) out[i] = sign | 0x7e00;
    else if (magnitude >= 0x477ff000) out[i] = sign | 0x7c00;
    else if (magnitude >= 0x38800000) {
      // Re-bias the exponent from 127 to 15 and round away the low 13 bits. A carry into the
      // exponent is correct.
      out[i] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    } else out[i] = sign | roundHalfEven(Math.abs(values[i]!) * 2 ** 24);
  }
  return out;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
