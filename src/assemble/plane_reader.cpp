#include "assemble/plane_reader.h"

namespace masklet {

namespace {

SizePx planeSize(const TensorView& planes) {
  return {static_cast<int32_t>(planes.dims[3]), static_cast<int32_t>(planes.dims[2])};
}

/// The samples of [begin, begin + count); count must be at least 1.
SampleRange rangeOf(int32_t begin, int32_t count) {
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + count - 1)};
}

RectPx rectOf(PixelRange columns, PixelRange rows) {
  if (columns.begin >= columns.end || rows.begin >= rows.end) return {};
  return {columns.begin, rows.begin, columns.end - columns.begin, rows.end - rows.begin};
}

}  // namespace

RectPx WholeInputReader::reachedBy(SampleRange columns, SampleRange rows) const {
  return rectOf(columnTaps_.reachedBy(columns), rowTaps_.reachedBy(rows));
}

RectPx PrototypeReader::cropSrc(size_t instance, float margin) const {
  (void)margin;
  return boxCropSrc(instances_.boxesNet[instance], letterbox_);
}

Status PrototypeReader::open(size_t instance, RectPx cropSrc, CropSamples& samples) {
  (void)cropSrc;
  rows_.select(coefficients(instance));
  samples = samplesOf(rows_);
  return okStatus();
}

/// The samples r with x1 - 1 <= r < x2 + 1; the box is in samples.
RectPx CroppedPrototypeReader::cropMsk(size_t instance) const {
  const Box& boxNet = instances_.boxesNet[instance];
  const SizePx size = rows_.size();
  const double perNetX = static_cast<double>(size.width) / letterbox_.net.width;
  const double perNetY = static_cast<double>(size.height) / letterbox_.net.height;
  constexpr double kPadding = 1;
  const Box boxMsk{static_cast<float>(boxNet.x1 * perNetX - kPadding),
                   static_cast<float>(boxNet.y1 * perNetY - kPadding),
                   static_cast<float>(boxNet.x2 * perNetX + kPadding),
                   static_cast<float>(boxNet.y2 * perNetY + kPadding)};
  return cropRect(boxMsk, size);
}

RectPx CroppedPrototypeReader::cropSrc(size_t instance, float margin) const {
  (void)margin;
  const RectPx crop = cropMsk(instance);
  if (crop.empty()) return {};
  return reachedBy(rangeOf(crop.x, crop.width), rangeOf(crop.y, crop.height));
}

Status CroppedPrototypeReader::open(size_t instance, RectPx cropSrc, CropSamples& samples) {
  (void)cropSrc;
  rows_.select(coefficients(instance));
  rows_.crop(cropMsk(instance));
  samples = samplesOf(rows_);
  return okStatus();
}

PlaneReader::PlaneReader(const Instances& instances, const MaskSource& source,
                         const Letterbox& letterbox, const MaskKernels& kernels)
    : WholeInputReader(instances, letterbox),
      source_(source),
      rows_(planeSize(source.planes), source.threshold),
      resized_(rows_, source.viaSize, kernels) {}

Status PlaneReader::prepare() {
  const SizePx size = viaAnotherSize() ? source_.viaSize : rows_.size();
  if (viaAnotherSize()) MASKLET_TRY(resized_.prepare());
  return makeTaps(size, size == letterbox_.net ? SampleLimit::content : SampleLimit::plane);
}

const float* PlaneReader::plane(size_t instance) const {
  const SizePx size = planeSize(source_.planes);
  const size_t planePx = static_cast<size_t>(size.width) * static_cast<size_t>(size.height);
  return source_.planes.data + instances_.rows[instance] * planePx;
}

RectPx PlaneReader::cropSrc(size_t instance, float margin) const {
  if (source_.cropToBox) return boxCropSrc(instances_.boxesNet[instance], letterbox_);
  SampleRange columns;
  SampleRange rows;
  rows_.select(plane(instance));
  if (!rows_.objectRange(margin, columns, rows)) return {};
  if (viaAnotherSize()) {
    const RectPx reached =
        rectOf(resized_.columnTaps().reachedBy(columns), resized_.rowTaps().reachedBy(rows));
    if (reached.empty()) return {};
    columns = rangeOf(reached.x, reached.width);
    rows = rangeOf(reached.y, reached.height);
  }
  return reachedBy(columns, rows);
}

Status PlaneReader::open(size_t instance, RectPx cropSrc, CropSamples& samples) {
  (void)cropSrc;
  rows_.select(plane(instance));
  GridRows* grid = &rows_;
  if (viaAnotherSize()) grid = &resized_;
  samples = samplesOf(*grid);
  return okStatus();
}

}  // namespace masklet
