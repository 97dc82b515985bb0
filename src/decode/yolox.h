// YOLOX box detectors.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

/// The meaning of the first four values of a row. The numbers cross the wasm boundary.
enum class YoloxBoxes : uint32_t {
  /// Decided by the values: pixels if all sizes are at least 0 and the maximum one, read as a
  /// logarithm, gives a box beyond kMaxSidePx; else cells.
  automatic = 0,
  /// Offset from the grid cell and logarithm of the size, in units of the stride: exports of
  /// YOLOX's unmodified export_onnx.py, decoded as in its demo_postprocess.
  cells = 1,
  /// Center and size in network pixels: exports with --decode_in_inference.
  pixels = 2,
};

/// Decodes detections [1, N, 5 + C] (four box values, objectness, C class scores, both after the
/// sigmoid) and does class-aware NMS; score = objectness * class score. The rows are the cells of
/// the levels of stride 8, 16, 32 (and 64), row by row, of a network input of size `net`.
/// addObjectnessRows decides which rows pass. Fails with badRank, badShape (without classes; for
/// cells, N does not match the levels of `net`), badArgument (unknown YoloxBoxes, thresholds
/// outside 0..1, maxInstances 0, class filter whose length is not C) and outOfMemory.
Status decodeYolox(const TensorView& detections, YoloxBoxes boxes, SizePx net,
                   const DecodeOptions& options, Instances& instances, MaskSource& source);

}  // namespace masklet
