import { describe, expect, test } from "vitest";
import { Heap } from "../../web/core/heap.js";

/** A memory that can grow as wasm's does: earlier views lose their buffer. */
function growingMemory(pages: number) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 8 });
  const owner = { HEAPU8: new Uint8Array(memory.buffer) };
  const grow = () => {
    memory.grow(1);
    owner.HEAPU8 = new Uint8Array(memory.buffer);
  };
  return { owner, grow };
}

describe("Heap", () => {
  test("Heap_WriteAndRead_GiveCopies", () => {
    const heap = new Heap(growingMemory(1).owner);
    const values = Float32Array.of(1.5, Number.NaN, -0);
    heap.write(Float32Array, 64, values);
    const read = heap.read(Float32Array, 64, 3);
    expect(read).toEqual(values);
    heap.write(Float32Array, 64, [9, 9, 9]);
    expect(read).toEqual(values);
    expect(read.buffer.byteLength).toBe(12);
  });

  test("Heap_Write_ConvertsOtherTypesElementByElement", () => {
    const heap = new Heap(growingMemory(1).owner);
    heap.write(Uint8Array, 100, [7, 7, 7, 7]);
    heap.write(Uint8Array, 100, Float64Array.of(1, 2, 3));
    expect([...heap.read(Uint8Array, 100, 4)]).toEqual([1, 2, 3, 7]);
    heap.write(Uint32Array, 200, Uint8Array.of(1, 2));
    expect([...heap.read(Uint32Array, 200, 2)]).toEqual([1, 2]);
  });

  test("Heap_AfterGrowth_SeesTheNewMemory", () => {
    const { owner, grow } = growingMemory(1);
    const heap = new Heap(owner);
    heap.write(Uint32Array, 1000, [42]);
    const before = heap.read(Uint32Array, 1000, 1);
    grow();
    expect(heap.byteLength).toBe(2 * 65536);
    expect(heap.read(Uint32Array, 1000, 1)).toEqual(before);
    heap.write(Uint32Array, 65536 + 4, [43]);
    const out = new Uint32Array(2);
    heap.readInto(Uint32Array, 65536, out);
    expect([...out]).toEqual([0, 43]);
  });

  test("Heap_NothingAtNoAddress_IsEmpty", () => {
    const heap = new Heap(growingMemory(1).owner);
    heap.write(Float64Array, 3, []);
    expect(heap.read(Float64Array, 3, 0).length).toBe(0);
    expect(heap.readText(0, 0)).toBe("");
  });

  test("Heap_BeyondTheMemory_Throws", () => {
    const heap = new Heap(growingMemory(1).owner);
    expect(() => heap.read(Uint8Array, 65536, 1)).toThrow(RangeError);
    expect(() => heap.write(Uint8Array, 65535, [1, 2])).toThrow(RangeError);
  });
});
