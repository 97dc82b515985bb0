// Masks given over the whole network input: prototypes and planes. Internal to src/mask.
#pragma once

#include "core/letterbox.h"
#include "mask/mask_reader.h"

namespace masklet {

/// MaskForm::prototypes.
class PrototypeReader final : public MaskReader {
 public:
  PrototypeReader(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
                  const MaskKernels& kernels)
      : instances_(instances), letterbox_(letterbox), rows_(source.planes, kernels) {}

  Status prepare() override;
  RectPx cropSrc(size_t instance) const override;
  Status open(size_t instance, RectPx cropSrc, CropSamples& samples) override;

 private:
  const Instances& instances_;
  const Letterbox& letterbox_;
  PrototypeRows rows_;
  SampleTaps columnTaps_;
  SampleTaps rowTaps_;
};

/// MaskForm::croppedPrototypes: the crop of YOLACT's box_utils.crop, one sample wider than the box on each
/// side, then bilinear. The mask may reach beyond the box by what the interpolation adds.
class CroppedPrototypeReader final : public MaskReader {
 public:
  CroppedPrototypeReader(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
                         const MaskKernels& kernels)
      : instances_(instances), letterbox_(letterbox), rows_(source.planes, source.threshold, kernels) {}

  Status prepare() override;
  RectPx cropSrc(size_t instance) const override;
  Status open(size_t instance, RectPx cropSrc, CropSamples& samples) override;

 private:
  RectPx cropMsk(size_t instance) const;

  const Instances& instances_;
  const Letterbox& letterbox_;
  CroppedPrototypeRows rows_;
  SampleTaps columnTaps_;
  SampleTaps rowTaps_;
};

/// MaskForm::planes.
class PlaneReader final : public MaskReader {
 public:
  PlaneReader(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
              const MaskKernels& kernels);

  Status prepare() override;
  RectPx cropSrc(size_t instance) const override;
  Status open(size_t instance, RectPx cropSrc, CropSamples& samples) override;

 private:
  const float* plane(size_t instance) const;
  bool viaAnotherSize() const { return source_.viaSize != SizePx{}; }

  const Instances& instances_;
  const MaskSource& source_;
  const Letterbox& letterbox_;
  mutable PlaneRows rows_;
  ResizedRows resized_;
  SampleTaps columnTaps_;
  SampleTaps rowTaps_;
};

}  // namespace masklet
