// How the masks of decoded instances are to be read from a network's outputs: what a decoder hands
// to assembleMasks.
#pragma once

#include <cstdint>
#include <utility>

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/view.h"

namespace masklet {

/// What the planes of a MaskSource mean.
enum class MaskForm : uint32_t {
  /// logit = the instance's coefficients . planes, over the whole network input (YOLO).
  prototypes,
  /// probability = sigmoid(coefficients . planes), set to 0 outside the box at the planes' own
  /// resolution and
  /// interpolated after that (YOLACT's crop and postprocess).
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
  /// Samples spread evenly over the exact box, a border of zero samples around them, source pixels
  /// read at
  /// their centers (detectron2 paste_masks_in_image).
  exactZeroBorder,
  /// A border of zero samples is added, the box grown by (size + 2) / size, its corners cut to
  /// whole numbers,
  /// and the plane resized to (x2 - x1 + 1) x (y2 - y1 + 1) pixels (torchvision
  /// paste_masks_in_image).
  wholePixelsZeroBorder,
  /// The box's corners cut to whole numbers and the plane resized to (x2 - x1 + 1) x (y2 - y1 + 1)
  /// pixels
  /// (onnx/models Mask R-CNN).
  wholePixels,
};

/// Masks that compete for each pixel, as transformers' compute_segments lets them (MaskForm::planes
/// only): the pixel belongs to the instance with the greatest score * value, whether or not that
/// value is above the threshold.
struct ExclusiveMasks {
  bool on = false;
  /// An instance is dropped unless it keeps more than this share of the pixels where its own score
  /// * value is at least MaskSource::threshold.
  double minShare = 0.8;
  /// At most this many of those left, in the order of the instances.
  uint32_t maxInstances = UINT32_MAX;
};

/// Masks that are kept when they hardly depend on the threshold (MaskForm::planes without cropToBox
/// only): stability = area(value > threshold + offset) / area(value > threshold - offset) at the
/// image's own resolution (segment_anything.utils.amg.calculate_stability_score; 0 where the latter
/// is empty). An instance below `minStability` has no pixel.
struct StableMasks {
  bool on = false;
  float offset = 1;  ///< not negative
  float minStability = 0;
};

/// Views are of a network's outputs, or of `storage`, and must outlive the use.
struct MaskSource {
  MaskForm form = MaskForm::prototypes;
  /// [1, P, h, w]; for planes and boxPlanes [B, P, h, w], the B * P planes are chosen from by
  /// Instances::rows. Not used by boxes.
  TensorView planes;
  /// A pixel is object where the interpolated value is greater. 0 for logits, 0.5 for
  /// probabilities.
  float threshold = 0;
  /// The values are probabilities: soft coverage is round(255 * value), not of its sigmoid.
  bool probability = false;
  /// Planes are cut at the instance's box; otherwise the mask reaches as far as there are object
  /// pixels, its rectangle up to one sample further. Other forms lie within their box
  /// (croppedPrototypes, boxPlanes: and what interpolation adds).
  bool cropToBox = true;
  /// The instance's box is the tight box of its mask (networks without a box output).
  bool boxFromMask = false;
  /// Not 0: planes are interpolated to this size first and read from there, as references do that
  /// enlarge to the input's size, cut the padding off and resize once more (SAM, mmdetection). With
  /// `viaSize` equal to the network input, or planes of that size, samples outside the letterbox's
  /// content are never read: the edge of the content is clamped to.
  SizePx viaSize;
  BoxPaste paste = BoxPaste::exactZeroBorder;
  ExclusiveMasks exclusive;
  StableMasks stable;
  /// With exclusive masks: not 0 for instances that compete but are not wanted. Empty, or one per
  /// instance.
  Buffer<uint8_t> hidden;
  /// Memory of planes that had to be rearranged.
  Buffer<float> storage;

  /// As new, but for the memory.
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
