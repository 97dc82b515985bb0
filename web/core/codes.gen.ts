// Generated from src/core/status.def by scripts/gen_codes.mjs; not to be edited.

/**
 * Statuses of the C++ core by number: the name, what happened, and what the value that comes with
 * it means.
 */
export const coreStatuses = {
  0: { name: "ok", what: "no error", value: "" },
  1: { name: "outOfMemory", what: "out of memory", value: "bytes asked for" },
  2: {
    name: "badSize",
    what: "an image side is zero, negative or too large",
    value: "the side in pixels",
  },
  3: {
    name: "tooManyPixels",
    what: "the image has more pixels than the limit",
    value: "pixels in the image",
  },
  4: {
    name: "bufferTooSmall",
    what: "a buffer is smaller than its shape says",
    value: "elements in the buffer",
  },
  5: {
    name: "badArgument",
    what: "an argument is out of range or not finite",
    value: "the argument",
  },
  6: { name: "badRank", what: "a tensor has the wrong number of dimensions", value: "the rank" },
  7: {
    name: "badShape",
    what: "a tensor dimension does not fit the model family",
    value: "the dimension",
  },
  8: {
    name: "badImageFile",
    what: "the file is not a JPEG, PNG or BMP that can be decoded",
    value: "bytes in the file",
  },
  9: {
    name: "badRuns",
    what: "run lengths do not add up to the area of their mask",
    value: "the sum of the runs",
  },
  10: {
    name: "badRleString",
    what: "a compressed COCO RLE string is malformed",
    value: "offset of the bad character",
  },
  11: { name: "noImage", what: "no image was set before this stage", value: "0" },
  12: { name: "noInstances", what: "no instances were decoded before this stage", value: "0" },
  13: { name: "badIndex", what: "an index is outside its range", value: "the index" },
  14: {
    name: "truncatedImageFile",
    what: "the image file is truncated: its pixels need more bytes",
    value: "bytes in the file",
  },
  15: {
    name: "imageFileTooCostly",
    what: "the image file costs too much work or memory",
    value: "bytes in the file",
  },
} as const;
