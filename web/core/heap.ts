/** The memory of an Emscripten module. The module replaces the view whenever the memory grows. */
export interface HeapOwner {
  readonly HEAPU8: Uint8Array;
}

/** A kind of typed array, by its constructor. */
export interface ArrayType<T> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

export interface NumberArray extends ArrayLike<number> {
  set(values: ArrayLike<number>): void;
  slice(): unknown;
}

/**
 * The memory of one wasm instance. Only this class reads or writes it.
 *
 * Memory growth detaches all earlier views. Each call therefore makes its own view and returns a
 * copy that JavaScript owns. Addresses are byte offsets, up to 4 GB.
 */
export class Heap {
  readonly #owner: HeapOwner;

  constructor(owner: HeapOwner) {
    this.#owner = owner;
  }

  /** Size of the memory. It never shrinks. */
  get byteLength(): number {
    return this.#owner.HEAPU8.byteLength;
  }

  /**
   * Copies `values` to `address` as elements of `Type`. The memory must have room for them. Values
   * of the same type are copied as bytes.
   */
  write(Type: ArrayType<NumberArray>, address: number, values: ArrayLike<number>): void {
    this.#view(Type, address, values.length).set(values);
  }

  /** A copy of `count` elements at `address`. */
  read<T extends NumberArray>(Type: ArrayType<T>, address: number, count: number): T {
    return this.#view(Type, address, count).slice() as T;
  }

  /** Copies the elements at `address` into all of `out`. */
  readInto<T extends NumberArray>(Type: ArrayType<T>, address: number, out: T): void {
    out.set(this.#view(Type, address, out.length));
  }

  /** ASCII text of `count` bytes at `address`. */
  readText(address: number, count: number): string {
    return new TextDecoder().decode(this.read(Uint8Array, address, count));
  }

  #view<T extends NumberArray>(Type: ArrayType<T>, address: number, count: number): T {
    // An empty buffer may have no address yet.
    return new Type(this.#owner.HEAPU8.buffer, count === 0 ? 0 : address, count);
  }
}
