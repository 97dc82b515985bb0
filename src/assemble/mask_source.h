// Tells assembleMasks how to read the masks of decoded instances from a network's outputs.
#pragma once

#include <cstdint>
#include <utility>

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/view.h"

namespace masklet {

/// The meaning of the planes of a MaskSource.
enum class MaskForm : uint32_t {
  /// logit = the instance's coefficients . planes, over the whole network input (YOLO).
  prototypes,
  /// probability = sigmoid(coefficients . planes), set to 0 outside the box at the planes' own
  /// resolution, then interpolated (YOLACT's crop and postprocess).
  croppedPrototypes,
  /// Plane number rows[k] is the mask of instance k, over the whole network input.
  planes,
  /// Plane number rows[k] is the mask of instance k, over its box (Mask R-CNN).
  boxPlanes,
  /// The network gives boxes only: every pixel of the box is object.
  boxes,
};

/// How a plane is laid over a box (MaskForm::boxPlanes).
enum class BoxPaste : uint32_t {
  /// The samples are spread evenly over the exact box, within a border of zero samples. Source
  /// pixels are read at their centers (detectron2 paste_masks_in_image).
  exactZeroBorder,
  /// A border of zero samples is added, and the box is grown by (size + 2) / size. Its corners are
  /// truncated to integers, and the plane is resized to (x2 - x1 + 1) x (y2 - y1 + 1) pixels
  /// (torchvision paste_masks_in_image).
  wholePixelsZeroBorder,
  /// The box's corners are truncated to integers, and the plane is resized to (x2 - x1 + 1) x (y2 -
  /// y1 + 1) pixels (onnx/models Mask R-CNN).
  wholePixels,
};

/// Masks that compete for each pixel, as in transformers' compute_segments (MaskForm::planes only).
/// The pixel belongs to the instance with the maximum score * value, even below the threshold.
struct ExclusiveMasks {
  bool on = false;
  /// An instance is dropped unless it keeps more than this share of the pixels where its own score
  /// * value is at least MaskSource::threshold.
  double minShare = 0.8;
  /// Maximum number of remaining instances, in their order.
  uint32_t maxInstances = UINT32_MAX;
};

/// Keeps masks that hardly depend on the threshold (MaskForm::planes without cropToBox only):
/// stability = area(value > threshold + offset) / area(value > threshold - offset) at the image's
/// own resolution (segment_anything.utils.amg.calculate_stability_score; 0 where the latter is
/// empty). An instance below `minStability` gets an empty mask.
struct StableMasks {
  bool on = false;
  float offset = 1;  ///< not negative
  float minStability = 0;
};

/// The views point into a network's outputs or into `storage`, which must outlive them.
struct MaskSource {
  MaskForm form = MaskForm::prototypes;
  /// [1, P, h, w]; for planes and boxPlanes [B, P, h, w], and Instances::rows selects among the B *
  /// P planes. Unused by boxes.
  TensorView planes;
  /// A pixel is object if the interpolated value is above this. 0 for logits, 0.5 for
  /// probabilities.
  float threshold = 0;
  /// The values are probabilities: soft coverage is round(255 * value), not of its sigmoid.
  bool probability = false;
  /// Planes are clipped to the instance's box. Otherwise the mask contains all object pixels, and
  /// its rectangle may be one sample larger. Other forms lie within their box (croppedPrototypes
  /// and boxPlanes: plus the reach of interpolation).
  bool cropToBox = true;
  /// The instance's box is the tight box of its mask (networks without a box output).
  bool boxFromMask = false;
  /// Unless 0, planes are first interpolated to this size, and pixels are read from there. Some
  /// references do so: they enlarge to the input's size, remove the padding and resize again (SAM,
  /// mmdetection). If `viaSize` or the planes have the size of the network input, samples outside
  /// the letterbox's content are never read: positions are clamped to the content.
  SizePx viaSize;
  BoxPaste paste = BoxPaste::exactZeroBorder;
  ExclusiveMasks exclusive;
  StableMasks stable;
  /// Exclusive masks only: nonzero for instances that compete but must not appear in the result.
  /// Empty, or one per instance.
  Buffer<uint8_t> hidden;
  /// Memory for rearranged planes.
  Buffer<float> storage;

  /// Resets everything except the memory.
  void clear() {
    Buffer<float> kept = std::move(storage);
    kept.clear();
    *this = {};
    storage = std::move(kept);
  }
};

/// The usual source: masks are coefficients . `prototypes`.
inline MaskSource prototypeSource(const TensorView& prototypes) {
  MaskSource source;
  source.planes = prototypes;
  return source;
}

}  // namespace masklet
