import { MaskletError } from "../base/errors.js";
import type { RawTensor } from "../base/tensor.js";
import { float32ToFloat16, toRawTensor } from "../base/tensor.js";
import type { OrtModule, OrtTensor } from "./ort_module.js";
import { enqueueOrt } from "./ort_queue.js";

/** The array type of each element type. float16 are bit patterns, bool are 0 and 1. */
const arrays = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
} as const;

export type FeedType = keyof typeof arrays;
export type FeedData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array;

/** The values of one input. `data` must not change before the run settles. */
export interface Feed {
  readonly type: FeedType;
  readonly dims: readonly number[];
  readonly data: FeedData;
}

/** The inputs of a run by name. */
export type Feeds = Readonly<Record<string, Feed | KeptTensor>>;

/** A {@link KeptTensor} was lost with its session or device. It must be computed again. */
export class LostTensorError extends Error {}

/**
 * Makes a feed of the declared element type. It uses a `Float32Array` for a float32 input directly
 * and copies everything else.
 * @throws MaskletError `unsupported` for a type without numbers.
 */
export function makeFeed(type: string, dims: readonly number[], values: ArrayLike<number>): Feed {
  if (!Object.hasOwn(arrays, type)) {
    throw new MaskletError(
      "unsupported",
      "preprocess",
      `the type of an input is ${type}; it must be numeric`,
      { value: type },
    );
  }
  const known = type as FeedType;
  return { type: known, dims, data: toArray(known, values) };
}

function toArray(type: FeedType, values: ArrayLike<number>): FeedData {
  if (type === "float32" && values instanceof Float32Array) return values;
  if (type === "float16")
    return float32ToFloat16(values instanceof Float32Array ? values : Float32Array.from(values));
  if (type === "int64") return BigInt64Array.from(values as ArrayLike<never>, BigInt);
  if (type === "uint64") return BigUint64Array.from(values as ArrayLike<never>, BigInt);
  return arrays[type].from(values as number[]);
}

type Place = { readonly feed: Feed } | { readonly tensor: OrtTensor; readonly ort: OrtModule };

/**
 * An output that stays where it was computed, on the GPU or in JavaScript's memory. Another session
 * can take it as an input. On the GPU, it lives as long as the session that computed it.
 */
export class KeptTensor {
  private place: Place | undefined;

  /** @internal */
  constructor(
    readonly type: string,
    readonly dims: readonly number[],
    place: Place,
    private readonly onEnd: (tensor: KeptTensor) => void = () => undefined,
  ) {
    this.place = place;
  }

  /** Whether it is disposed or lost with its session. */
  get lost(): boolean {
    return this.place === undefined;
  }

  get onGpu(): boolean {
    return this.place !== undefined && "tensor" in this.place;
  }

  /** Frees the memory. A second call has no effect. */
  dispose(): Promise<void> {
    return enqueueOrt(async () => this.end());
  }

  /** Like {@link dispose}, without waiting. Call it in the queue. */
  end(): void {
    this.lose()();
  }

  /**
   * Counts as lost from now on. The function that is returned frees the memory, which a run under
   * way may still use.
   */
  lose(): () => void {
    const { place } = this;
    this.place = undefined;
    this.onEnd(this);
    return () => {
      try {
        if (place && "tensor" in place) place.tensor.dispose();
      } catch {
        // Its device is lost.
      }
    };
  }

  /** Makes a tensor of `ort`. If `mine`, dispose it after the run. Call it in the queue. */
  async asTensor(ort: OrtModule, onGpu: boolean): Promise<{ tensor: OrtTensor; mine: boolean }> {
    const { place } = this;
    if (place && "tensor" in place && onGpu && place.ort === ort)
      return { tensor: place.tensor, mine: false };
    return { tensor: toOrtTensor(ort, await this.toFeed()), mine: true };
  }

  /** Reads the values as float32, which moves them off the GPU. Call it in the queue. */
  async read(name: string): Promise<RawTensor> {
    return toRawTensor(name, await this.toFeed(), "inference");
  }

  private async toFeed(): Promise<Feed> {
    const { place } = this;
    if (!place) throw new LostTensorError("a tensor was disposed, or it was lost with its device");
    if ("feed" in place) return place.feed;
    const data = (await place.tensor.getData(true)) as FeedData;
    const feed = { type: this.type as FeedType, dims: this.dims, data };
    this.place = { feed };
    this.onEnd(this);
    return feed;
  }
}

/** The caller must dispose the tensor. */
export function toOrtTensor(ort: OrtModule, { type, dims, data }: Feed): OrtTensor {
  return new ort.Tensor(type, data, dims);
}
