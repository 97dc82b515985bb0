import { MaskletError, type Stage } from "../base/errors.js";
import { numberTypes } from "./columns.js";
import type { ArrayType, Heap, NumberArray } from "./heap.js";
import { statusError } from "./status.js";

/** The common interface of all stage objects of the wasm module. */
interface BoundStage {
  lastValue(): number;
  columns(): number;
}

type ColumnTypes = Readonly<Record<string, (typeof numberTypes)[number]>>;

/** Address, count and type of a column. */
const wordsPerColumn = 3;

/**
 * A stage object of the wasm module and its columns by name. Each call asks for the addresses
 * again, because the memory may have moved.
 */
export class StageHandle<S extends BoundStage, C extends ColumnTypes> {
  readonly #heap: Heap;
  readonly #types: C;
  readonly #places: ReadonlyMap<string, number>;

  constructor(
    /** For the methods that do work; see `wasm/stage.h`. */
    readonly bound: S,
    heap: Heap,
    types: C,
  ) {
    this.#heap = heap;
    this.#types = types;
    this.#places = new Map(Object.keys(types).map((name, place) => [name, place]));
  }

  /** Throws the error of a status that is not ok. */
  check(status: number, stage: Stage): void {
    if (status !== 0) throw statusError(status, this.bound.lastValue(), stage);
  }

  /** Number of values in the column. */
  count(name: keyof C & string): number {
    return this.#find(name).count;
  }

  /** A copy of the column. */
  read<N extends keyof C & string>(name: N): InstanceType<C[N]> {
    const { address, count } = this.#find(name);
    return this.#heap.read(this.#typeOf(name), address, count) as InstanceType<C[N]>;
  }

  /** Copies the column into all of `out`. */
  readInto<N extends keyof C & string>(name: N, out: InstanceType<C[N]>): void {
    this.#heap.readInto(this.#typeOf(name), this.#find(name).address, out);
  }

  /** A copy of a column of bytes, as a clamped array. */
  readClamped(name: keyof C & string): Uint8ClampedArray<ArrayBuffer> {
    const { address, count } = this.#find(name);
    return this.#heap.read(Uint8ClampedArray, address, count) as Uint8ClampedArray<ArrayBuffer>;
  }

  /** A column of ASCII text. */
  readText(name: keyof C & string): string {
    const { address, count } = this.#find(name);
    return this.#heap.readText(address, count);
  }

  /** Copies parts, one after another, into the column. Reserve the room for them first. */
  write(name: keyof C & string, ...parts: readonly ArrayLike<number>[]): void {
    const { address, count } = this.#find(name);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length !== count)
      throw new Error(`column ${name} has room for ${count} numbers, not ${length}`);
    const bytes = this.#types[name]!.BYTES_PER_ELEMENT;
    let at = address;
    for (const part of parts) {
      const clamped = part instanceof Uint8ClampedArray;
      // The array's own type makes it one memory copy.
      this.#heap.write(clamped ? Uint8ClampedArray : this.#typeOf(name), at, part);
      at += part.length * bytes;
    }
  }

  #typeOf(name: keyof C & string): ArrayType<NumberArray> {
    return this.#types[name] as unknown as ArrayType<NumberArray>;
  }

  #find(name: keyof C & string): { address: number; count: number } {
    const at = this.bound.columns() + this.#places.get(name)! * wordsPerColumn * 4;
    const [address, count, type] = this.#heap.read(Uint32Array, at, wordsPerColumn);
    if (numberTypes[type!] !== this.#types[name])
      throw new MaskletError("coreVersion", "load", `column ${name} has numbers of type ${type}`);
    return { address: address!, count: count! };
  }
}
