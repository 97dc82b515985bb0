#include "mask/plane_reader.h"

namespace masklet {

namespace {

SizePx planeSize(const TensorView& planes) {
  return {static_cast<int32_t>(planes.dims[3]), static_cast<int32_t>(planes.dims[2])};
}

/// The samples of [begin, begin + count); count is at least 1.
SampleRange samplesOf(int32_t begin, int32_t count) {
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + count - 1)};
}

RectPx rectOf(PixelRange columns, PixelRange rows) {
  if (columns.begin >= columns.end || rows.begin >= rows.end) return {};
  return {columns.begin, rows.begin, columns.end - columns.begin, rows.end - rows.begin};
}

}  // namespace

Status PrototypeReader::prepare() {
  return makeSampleTaps(letterbox_, rows_.size(), columnTaps_, rowTaps_);
}

RectPx PrototypeReader::cropSrc(size_t instance) const {
  return boxCropSrc(instances_.boxesNet[instance], letterbox_);
}

Status PrototypeReader::open(size_t instance, RectPx cropSrc, CropSamples& samples) {
  (void)cropSrc;
  rows_.select(instances_.coefficients.data() + instance * instances_.coefficientCount);
  samples = {&rows_, &columnTaps_, &rowTaps_, 0, 0};
  return okStatus();
}

Status CroppedPrototypeReader::prepare() {
  return makeSampleTaps(letterbox_, rows_.size(), columnTaps_, rowTaps_);
}

/// The samples r with x1 - 1 <= r < x2 + 1, the box being in samples.
RectPx CroppedPrototypeReader::cropMsk(size_t instance) const {
  const Box& boxNet = instances_.boxesNet[instance];
  const SizePx size = rows_.size();
  const double perNetX = static_cast<double>(size.width) / letterbox_.net.width;
  const double perNetY = static_cast<double>(size.height) / letterbox_.net.height;
  constexpr double kPadding = 1;
  const Box boxMsk{
      static_cast<float>(boxNet.x1 * perNetX - kPadding), static_cast<float>(boxNet.y1 * perNetY - kPadding),
      static_cast<float>(boxNet.x2 * perNetX + kPadding), static_cast<float>(boxNet.y2 * perNetY + kPadding)};
  return cropRect(boxMsk, size);
}

RectPx CroppedPrototypeReader::cropSrc(size_t instance) const {
  const RectPx crop = cropMsk(instance);
  if (crop.empty()) return {};
  return rectOf(columnTaps_.reachedBy(samplesOf(crop.x, crop.width)),
                rowTaps_.reachedBy(samplesOf(crop.y, crop.height)));
}

Status CroppedPrototypeReader::open(size_t instance, RectPx cropSrc, CropSamples& samples) {
  (void)cropSrc;
  rows_.select(instances_.coefficients.data() + instance * instances_.coefficientCount);
  rows_.crop(cropMsk(instance));
  samples = {&rows_, &columnTaps_, &rowTaps_, 0, 0};
  return okStatus();
}

PlaneReader::PlaneReader(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
                         const MaskKernels& kernels)
    : instances_(instances),
      source_(source),
      letterbox_(letterbox),
      rows_(planeSize(source.planes), source.threshold),
      resized_(rows_, source.viaSize, kernels) {}

Status PlaneReader::prepare() {
  const SizePx size = viaAnotherSize() ? source_.viaSize : rows_.size();
  const SampleLimit limit = size == letterbox_.net ? SampleLimit::content : SampleLimit::plane;
  if (viaAnotherSize()) MASKLET_TRY(resized_.prepare());
  return makeSampleTaps(letterbox_, size, columnTaps_, rowTaps_, limit);
}

const float* PlaneReader::plane(size_t instance) const {
  const SizePx size = planeSize(source_.planes);
  const size_t planePx = static_cast<size_t>(size.width) * static_cast<size_t>(size.height);
  return source_.planes.data + instances_.rows[instance] * planePx;
}

RectPx PlaneReader::cropSrc(size_t instance) const {
  if (source_.cropToBox) return boxCropSrc(instances_.boxesNet[instance], letterbox_);
  SampleRange columns;
  SampleRange rows;
  rows_.select(plane(instance));
  if (!rows_.objectRange(columns, rows)) return {};
  if (viaAnotherSize()) {
    const RectPx reached =
        rectOf(resized_.columnTaps().reachedBy(columns), resized_.rowTaps().reachedBy(rows));
    if (reached.empty()) return {};
    columns = samplesOf(reached.x, reached.width);
    rows = samplesOf(reached.y, reached.height);
  }
  return rectOf(columnTaps_.reachedBy(columns), rowTaps_.reachedBy(rows));
}

Status PlaneReader::open(size_t instance, RectPx cropSrc, CropSamples& samples) {
  (void)cropSrc;
  rows_.select(plane(instance));
  GridRows* grid = &rows_;
  if (viaAnotherSize()) grid = &resized_;
  samples = {grid, &columnTaps_, &rowTaps_, 0, 0};
  return okStatus();
}

}  // namespace masklet
