// Mask R-CNN in the three forms in which it is exported.
#pragma once

#include "core/instances.h"
#include "core/view.h"
#include "assemble/mask_source.h"

namespace masklet {

/// Who wrote the graph. The numbers cross the wasm boundary.
enum class MaskRcnnExport : uint32_t {
  onnxModels = 0,  ///< maskrcnn-benchmark in onnx/models: masks over boxes, classes counted from 1
  torchvision =
      1,  ///< masks already pasted into the whole image, classes are COCO's own ids (1..90)
  detectron2 = 2,  ///< masks over boxes, classes counted from 0
};

/// The outputs by what they are. For N objects, N may be 0.
struct MaskRcnnOutputs {
  TensorView boxes;   ///< [N, 4] x1, y1, x2, y2 in network pixels
  TensorView labels;  ///< [N]
  TensorView scores;  ///< [N]
  TensorView
      masks;  ///< [N, 1, h, w] probabilities; of torchvision h, w are those of the network input
};

/// Takes the objects above the score threshold; the graph has done its own suppression, so
/// iouThreshold is not used. Class ids: onnxModels' label - 1 (its label 0 is background and never
/// given), else the label itself. Dropped are rows with a score or box that is NaN or infinite, an
/// inverted box, or a class that is not in 0..classCount - 1 (not in 0..2^24 when classCount is 0).
/// `masks` is told how each export pastes: onnx/models README, torchvision
/// roi_heads.paste_masks_in_image (done in the graph), detectron2 paste_masks_in_image. Fails with
/// badRank, badShape, badArgument (thresholds, class filter) and outOfMemory.
Status decodeMaskRcnn(const MaskRcnnOutputs& given, MaskRcnnExport kind, uint32_t classCount,
                      SizePx net, const DecodeOptions& options, Instances& instances,
                      MaskSource& masks);

}  // namespace masklet
