// Pastes masks that are given over their boxes into the image. Internal to src/assemble.
#pragma once

#include "assemble/mask_reader.h"
#include "core/letterbox.h"

namespace masklet {

/// One axis of a plane over a box: pixel r of the image samples the plane at (r + 0.5 - origin) *
/// samplesPerPx - 0.5 + border, in samples of the plane with its border.
struct PasteAxis {
  double origin = 0;
  double samplesPerPx = 0;
  double border = 0;
  /// The image pixels that the plane and its border cover.
  PixelRange pixels;

  double sampleAt(int32_t pixel) const {
    return (pixel + 0.5 - origin) * samplesPerPx - 0.5 + border;
  }
};

/// The axes along x of the box [x1, x2] and a plane of `samples` columns, or along y. `growBy` is
/// (size + 2) / size of BoxPaste::wholePixelsZeroBorder. The range is empty if the box is not
/// finite or does not cover a pixel.
PasteAxis makePasteAxis(BoxPaste paste, float x1, float x2, int32_t samples, float growBy,
                        int32_t imageSide);

/// MaskForm::boxPlanes. Boxes are mapped to source pixels without clipping, because the plane
/// covers the whole box.
class BoxPlaneReader final : public MaskReader {
 public:
  BoxPlaneReader(const Instances& instances, const MaskSource& source, const Letterbox& letterbox);

  Status prepare() override { return okStatus(); }
  RectPx cropSrc(size_t instance, float margin) const override;
  Status open(size_t instance, RectPx cropSrc, CropSamples& samples) override;

 private:
  void axesOf(size_t instance, PasteAxis& x, PasteAxis& y) const;

  const Instances& instances_;
  const MaskSource& source_;
  const Letterbox& letterbox_;
  SizePx sizeMsk_;
  PlaneRows rows_;
  SampleTaps columnTaps_;
  SampleTaps rowTaps_;
};

}  // namespace masklet
