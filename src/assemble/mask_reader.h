// All of src/assemble but assembleMasks sees the view of the letterbox as the whole image
// (Letterbox::cutOut).
//
// Where the masks of one image may have object pixels, and the grid each is interpolated from.
// Internal to src/assemble.
#pragma once

#include "assemble/grid_rows.h"
#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/letterbox.h"

namespace masklet {

/// How the pixels of one crop sample a grid.
struct CropSamples {
  GridRows* grid = nullptr;
  /// The taps of the source pixels from (`xSrc`, `ySrc`) on.
  const SampleTaps* columns = nullptr;
  const SampleTaps* rows = nullptr;
  int32_t xSrc = 0;
  int32_t ySrc = 0;
};

/// One form of masks. The instances, the source and the letterbox must outlive it.
class MaskReader {
 public:
  MaskReader() = default;
  MaskReader(const MaskReader&) = delete;
  MaskReader& operator=(const MaskReader&) = delete;
  virtual ~MaskReader() = default;

  /// Makes what all instances share. Fails with outOfMemory.
  virtual Status prepare() = 0;
  /// The source pixels among which all object pixels of the instance are, in the image; may be
  /// empty. With a `margin`, pixels whose value is greater than the threshold less the margin count
  /// too; only forms without a box have them.
  virtual RectPx cropSrc(size_t instance, float margin) const = 0;
  /// Opens the mask of an instance whose crop is not empty; the samples are valid until the next
  /// call. Fails with outOfMemory.
  virtual Status open(size_t instance, RectPx cropSrc, CropSamples& samples) = 0;
};

/// The source pixels of a box in network pixels (see cropRect).
inline RectPx boxCropSrc(const Box& boxNet, const Letterbox& letterbox) {
  return boxNet.finite() ? cropRect(letterbox.toSrc(boxNet), letterbox.src) : RectPx{};
}

}  // namespace masklet
