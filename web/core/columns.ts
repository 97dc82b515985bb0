/** Number types of columns, in the order of `NumberType` in `wasm/stage.h`. */
export const numberTypes = [
  Uint8Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
] as const;

/*
 * The columns of each stage, in the order of the stage's C++ header. A new column is one line there
 * and one here; tests compare the lists.
 */

/** Of `wasm/image_stage.h`. */
export const imageColumns = {
  file: Uint8Array,
  image: Uint8Array,
  imageSize: Int32Array,
  input: Float32Array,
} as const;

/** Of `wasm/decode_stage.h`. */
export const decodeColumns = {
  output0: Float32Array,
  output1: Float32Array,
  output2: Float32Array,
  output3: Float32Array,
  output4: Float32Array,
  output5: Float32Array,
  classFilter: Uint8Array,
  boxes: Float32Array,
  scores: Float32Array,
  classIds: Uint32Array,
  rows: Uint32Array,
  stabilities: Float32Array,
  rects: Int32Array,
  areas: Uint32Array,
  runs: Uint32Array,
  runOffsets: Uint32Array,
  coverage: Uint8Array,
  coverageOffsets: Uint32Array,
} as const;

/** Of `wasm/mask_stage.h`. */
export const maskColumns = {
  rects: Int32Array,
  runs: Uint32Array,
  runOffsets: Uint32Array,
  crowds: Uint8Array,
  resultRect: Int32Array,
  resultRuns: Uint32Array,
  sharedArea: Uint32Array,
  ious: Float64Array,
  text: Uint8Array,
  counts: Uint32Array,
  polygonPoints: Float64Array,
  polygonOffsets: Uint32Array,
  ringPoints: Float32Array,
  ringOffsets: Uint32Array,
  ringParents: Int32Array,
} as const;
