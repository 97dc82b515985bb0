// Mask R-CNN in its three export forms.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

/// The exporter of the graph. The numbers cross the wasm boundary.
enum class MaskRcnnExport : uint32_t {
  /// maskrcnn-benchmark in onnx/models: masks over boxes, classes counted from 1.
  onnxModels = 0,
  /// Masks already pasted into the whole image, classes are COCO's own ids (1..90).
  torchvision = 1,
  /// Masks over boxes, classes counted from 0.
  detectron2 = 2,
};

/// The outputs by role. N is the number of objects and may be 0.
struct MaskRcnnOutputs {
  TensorView boxes;   ///< [N, 4] x1, y1, x2, y2 in network pixels
  TensorView labels;  ///< [N]
  TensorView scores;  ///< [N]
  TensorView masks;   ///< [N, 1, h, w] probabilities; for torchvision, h x w is the size of the
                      ///< network input
};

/// Takes the objects above the score threshold. The graph contains the suppression, so iouThreshold
/// is unused. Class ids: onnxModels' label - 1 (label 0 is background and never occurs), else the
/// label itself. Dropped are rows with a score or box that is NaN or infinite, an inverted box, or
/// a class outside 0..classCount - 1 (outside 0..2^24 if classCount is 0). `masks` receives the
/// pasting rule of the export: onnx/models README, torchvision roi_heads.paste_masks_in_image (done
/// in the graph), detectron2 paste_masks_in_image. Fails with badRank, badShape, badArgument
/// (thresholds, class filter) and outOfMemory.
Status decodeMaskRcnn(const MaskRcnnOutputs& given, MaskRcnnExport kind, uint32_t classCount,
                      SizePx net, const DecodeOptions& options, Instances& instances,
                      MaskSource& masks);

}  // namespace masklet
