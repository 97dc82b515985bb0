#include "assemble/box_paste.h"

#include <cmath>

namespace masklet {

namespace {

uint32_t borderOf(BoxPaste paste) {
  return paste == BoxPaste::wholePixels ? 0 : 1;
}

PixelRange clipped(double begin, double end, int32_t side) {
  const auto limit = static_cast<double>(side);
  return {static_cast<int32_t>(std::clamp(begin, 0.0, limit)),
          static_cast<int32_t>(std::clamp(end, 0.0, limit))};
}

/// Pixels less than one sample away from the plane. Beyond them, all samples belong to the border.
PasteAxis exactAxis(float x1, float x2, int32_t samples, int32_t imageSide) {
  const double side = static_cast<double>(x2) - x1;
  if (!(side > 0)) return {};
  PasteAxis axis{x1, samples / side, 1, {}};
  const double reach = 0.5 / axis.samplesPerPx;  // half a sample outside the box
  axis.pixels = clipped(std::floor(x1 - reach - 0.5) + 1, std::ceil(x2 + reach - 0.5), imageSide);
  return axis;
}

/// torchvision's expand_boxes: halves around the center, in fp32.
void growBox(float growBy, float& x1, float& x2) {
  const float half = (x2 - x1) * 0.5f * growBy;
  const float center = (x2 + x1) * 0.5f;
  x1 = center - half;
  x2 = center + half;
}

/// Number of `samples`, with the border.
PasteAxis wholeAxis(float x1, float x2, int32_t samples, int32_t imageSide) {
  const double first = std::trunc(static_cast<double>(x1));
  const double last = std::trunc(static_cast<double>(x2));
  const double side = std::max(last - first + 1, 1.0);
  PasteAxis axis{first, samples / side, 0, {}};
  axis.pixels = clipped(first, last + 1, imageSide);
  return axis;
}

Status fillTaps(const PasteAxis& axis, int32_t begin, int32_t count, int32_t samples,
                SampleTaps& taps) {
  MASKLET_TRY(taps.left.resize(static_cast<size_t>(count)));
  MASKLET_TRY(taps.weight.resize(static_cast<size_t>(count)));
  const SampleRange range{0, static_cast<uint32_t>(samples - 1)};
  for (int32_t i = 0; i < count; ++i) {
    const SampleTap tap = sampleTapAt(axis.sampleAt(begin + i), range);
    taps.left[static_cast<size_t>(i)] = tap.left;
    taps.weight[static_cast<size_t>(i)] = tap.weight;
  }
  return okStatus();
}

}  // namespace

PasteAxis makePasteAxis(BoxPaste paste, float x1, float x2, int32_t samples, float growBy,
                        int32_t imageSide) {
  if (!std::isfinite(x1) || !std::isfinite(x2)) return {};
  if (paste == BoxPaste::exactZeroBorder) return exactAxis(x1, x2, samples, imageSide);
  if (paste == BoxPaste::wholePixels) return wholeAxis(x1, x2, samples, imageSide);
  growBox(growBy, x1, x2);
  if (!std::isfinite(x1) || !std::isfinite(x2)) return {};
  return wholeAxis(x1, x2, samples + 2, imageSide);
}

BoxPlaneReader::BoxPlaneReader(const Instances& instances, const MaskSource& source,
                               const Letterbox& letterbox)
    : instances_(instances),
      source_(source),
      letterbox_(letterbox),
      sizeMsk_{static_cast<int32_t>(source.planes.dims[3]),
               static_cast<int32_t>(source.planes.dims[2])},
      rows_(sizeMsk_, source.threshold, borderOf(source.paste)) {}

void BoxPlaneReader::axesOf(size_t instance, PasteAxis& x, PasteAxis& y) const {
  const Box& boxNet = instances_.boxesNet[instance];
  const Point low = letterbox_.toSrc(Point{boxNet.x1, boxNet.y1});
  const Point high = letterbox_.toSrc(Point{boxNet.x2, boxNet.y2});
  // One factor for both axes, by the width: torchvision's expand_masks.
  const auto width = static_cast<float>(sizeMsk_.width);
  const float growBy = (width + 2) / width;
  x = makePasteAxis(source_.paste, static_cast<float>(low.x), static_cast<float>(high.x),
                    sizeMsk_.width, growBy, letterbox_.src.width);
  y = makePasteAxis(source_.paste, static_cast<float>(low.y), static_cast<float>(high.y),
                    sizeMsk_.height, growBy, letterbox_.src.height);
}

RectPx BoxPlaneReader::cropSrc(size_t instance, float margin) const {
  (void)margin;
  PasteAxis x;
  PasteAxis y;
  axesOf(instance, x, y);
  if (x.pixels.begin >= x.pixels.end || y.pixels.begin >= y.pixels.end) return {};
  return {x.pixels.begin, y.pixels.begin, x.pixels.end - x.pixels.begin,
          y.pixels.end - y.pixels.begin};
}

Status BoxPlaneReader::open(size_t instance, RectPx cropSrc, CropSamples& samples) {
  PasteAxis x;
  PasteAxis y;
  axesOf(instance, x, y);
  const SizePx grid = rows_.size();
  MASKLET_TRY(fillTaps(x, cropSrc.x, cropSrc.width, grid.width, columnTaps_));
  MASKLET_TRY(fillTaps(y, cropSrc.y, cropSrc.height, grid.height, rowTaps_));
  const size_t planePx = static_cast<size_t>(sizeMsk_.width) * static_cast<size_t>(sizeMsk_.height);
  rows_.select(source_.planes.data + instances_.rows[instance] * planePx);
  samples = {&rows_, &columnTaps_, &rowTaps_, cropSrc.x, cropSrc.y};
  return okStatus();
}

}  // namespace masklet
