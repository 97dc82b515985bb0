// Everything in src/assemble except assembleMasks treats the letterbox's view as the whole image
// (Letterbox::cutOut).
//
// The pixels that can be object in the masks of one image, and the grid behind each mask. Internal
// to src/assemble.
#pragma once

#include "assemble/grid_rows.h"
#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/letterbox.h"

namespace masklet {

/// The taps by which one crop samples a grid.
struct CropSamples {
  GridRows* grid = nullptr;
  /// The taps of the source pixels, starting at (`xSrc`, `ySrc`).
  const SampleTaps* columns = nullptr;
  const SampleTaps* rows = nullptr;
  int32_t xSrc = 0;
  int32_t ySrc = 0;
};

/// Reads one form of masks. The instances, the source and the letterbox must outlive it.
class MaskReader {
 public:
  MaskReader() = default;
  MaskReader(const MaskReader&) = delete;
  MaskReader& operator=(const MaskReader&) = delete;
  virtual ~MaskReader() = default;

  /// Prepares the data that all instances share. Fails with outOfMemory.
  virtual Status prepare() = 0;
  /// A rectangle in the image that contains all object pixels of the instance; it may be empty.
  /// With a `margin`, it also contains all pixels above the threshold minus the margin. Only forms
  /// without a box support a margin.
  virtual RectPx cropSrc(size_t instance, float margin) const = 0;
  /// Opens the mask of an instance with a nonempty crop. The samples are valid until the next call.
  /// Fails with outOfMemory.
  virtual Status open(size_t instance, RectPx cropSrc, CropSamples& samples) = 0;
};

/// The source pixels of a box in network pixels (see cropRect).
inline RectPx boxCropSrc(const Box& boxNet, const Letterbox& letterbox) {
  return boxNet.finite() ? cropRect(letterbox.toSrc(boxNet), letterbox.src) : RectPx{};
}

}  // namespace masklet
