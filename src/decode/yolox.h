// YOLOX box detectors.
#pragma once

#include "core/instances.h"
#include "core/view.h"
#include "assemble/mask_source.h"

namespace masklet {

/// What the first four values of a row are. The numbers cross the wasm boundary.
enum class YoloxBoxes : uint32_t {
  /// Told by the values: no size is negative and the greatest, read as a logarithm, would be a box
  /// beyond
  /// kMaxSidePx -> pixels, else cells.
  automatic = 0,
  /// Offset from the grid cell and logarithm of the size, in units of the stride: exports of
  /// YOLOX's
  /// export_onnx.py as it is; decoded by its demo_postprocess.
  cells = 1,
  /// Center and size in network pixels: exports with --decode_in_inference.
  pixels = 2,
};

/// Decodes detections [1, N, 5 + C] (four box values, objectness, C class scores, both after the
/// sigmoid) and does class-aware NMS; score = objectness * class score. The rows are the cells of
/// the levels of stride 8, 16, 32 (and 64), row by row, of a network input of size `net`. Which
/// rows pass: see addObjectnessRows. Fails with badRank, badShape (no class; N is no sum of levels
/// of `net`, where boxes are cells), badArgument (unknown YoloxBoxes, thresholds outside 0..1,
/// maxInstances 0, class filter of another length than C) and outOfMemory.
Status decodeYolox(const TensorView& detections, YoloxBoxes boxes, SizePx net,
                   const DecodeOptions& options, Instances& instances, MaskSource& source);

}  // namespace masklet
