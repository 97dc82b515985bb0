// Masks given over the whole network input: prototypes and planes. Internal to src/assemble.
#pragma once

#include "assemble/mask_reader.h"
#include "core/letterbox.h"

namespace masklet {

/// Common base: one set of taps for all instances.
class WholeInputReader : public MaskReader {
 protected:
  WholeInputReader(const Instances& instances, const Letterbox& letterbox)
      : instances_(instances), letterbox_(letterbox) {}

  Status makeTaps(SizePx sizeMsk, SampleLimit limit = SampleLimit::plane) {
    return makeSampleTaps(letterbox_, sizeMsk, columnTaps_, rowTaps_, limit);
  }
  CropSamples samplesOf(GridRows& grid) const { return {&grid, &columnTaps_, &rowTaps_, 0, 0}; }
  /// The source pixels that samples in the ranges can influence.
  RectPx reachedBy(SampleRange columns, SampleRange rows) const;
  const float* coefficients(size_t instance) const {
    return instances_.coefficients.data() + instance * instances_.coefficientCount;
  }

  const Instances& instances_;
  const Letterbox& letterbox_;

 private:
  SampleTaps columnTaps_;
  SampleTaps rowTaps_;
};

/// MaskForm::prototypes.
class PrototypeReader final : public WholeInputReader {
 public:
  PrototypeReader(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
                  const MaskKernels& kernels)
      : WholeInputReader(instances, letterbox), rows_(source.planes, kernels) {}

  Status prepare() override { return makeTaps(rows_.size()); }
  RectPx cropSrc(size_t instance, float margin) const override;
  Status open(size_t instance, RectPx cropSrc, CropSamples& samples) override;

 private:
  PrototypeRows rows_;
};

/// MaskForm::croppedPrototypes: the crop of YOLACT's box_utils.crop, one sample wider than the box
/// on each side, then bilinear. The mask may exceed the box by the reach of the interpolation.
class CroppedPrototypeReader final : public WholeInputReader {
 public:
  CroppedPrototypeReader(const Instances& instances, const MaskSource& source,
                         const Letterbox& letterbox, const MaskKernels& kernels)
      : WholeInputReader(instances, letterbox), rows_(source.planes, source.threshold, kernels) {}

  Status prepare() override { return makeTaps(rows_.size()); }
  RectPx cropSrc(size_t instance, float margin) const override;
  Status open(size_t instance, RectPx cropSrc, CropSamples& samples) override;

 private:
  RectPx cropMsk(size_t instance) const;

  CroppedPrototypeRows rows_;
};

/// MaskForm::planes.
class PlaneReader final : public WholeInputReader {
 public:
  PlaneReader(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
              const MaskKernels& kernels);

  Status prepare() override;
  RectPx cropSrc(size_t instance, float margin) const override;
  Status open(size_t instance, RectPx cropSrc, CropSamples& samples) override;

 private:
  const float* plane(size_t instance) const;
  bool viaAnotherSize() const { return source_.viaSize != SizePx{}; }

  const MaskSource& source_;
  mutable PlaneRows rows_;
  ResizedRows resized_;
};

}  // namespace masklet
