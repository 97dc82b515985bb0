#include "assemble/sample_taps.h"

#include <algorithm>
#include <cmath>

namespace masklet {

namespace {

/// `toSample` maps the center of a pixel, in pixels, to samples.
template <class ToSample>
Status fillTaps(int32_t pixels, SampleRange range, ToSample toSample, SampleTaps& taps) {
  const auto count = static_cast<size_t>(pixels);
  MASKLET_TRY(taps.left.resize(count));
  MASKLET_TRY(taps.weight.resize(count));
  for (size_t pixel = 0; pixel < count; ++pixel) {
    const SampleTap tap = sampleTapAt(toSample(static_cast<double>(pixel) + 0.5), range);
    taps.left[pixel] = tap.left;
    taps.weight[pixel] = tap.weight;
  }
  return okStatus();
}

SampleRange spanOf(int32_t first, int32_t count) {
  return {static_cast<uint32_t>(first), static_cast<uint32_t>(first + count - 1)};
}

}  // namespace

SampleTap sampleTapAt(double sample, SampleRange range) {
  if (!(sample > range.first)) return {range.first, 0};
  if (sample >= range.last) return {range.last, 0};
  const double left = std::floor(sample);
  return {static_cast<uint32_t>(left), static_cast<float>(sample - left)};
}

PixelRange SampleTaps::reachedBy(SampleRange range) const {
  const uint32_t lowest = range.first == 0 ? 0 : range.first - 1;
  const uint32_t* begin = std::lower_bound(left.begin(), left.end(), lowest);
  const uint32_t* end = std::upper_bound(begin, left.end(), range.last);
  return {static_cast<int32_t>(begin - left.begin()), static_cast<int32_t>(end - left.begin())};
}

Status makeSampleTaps(const Letterbox& letterbox, SizePx sizeMsk, SampleTaps& columns,
                      SampleTaps& rows, SampleLimit limit) {
  const double perNetX = static_cast<double>(sizeMsk.width) / letterbox.net.width;
  const double perNetY = static_cast<double>(sizeMsk.height) / letterbox.net.height;
  const RectPx& content = letterbox.contentNet;
  const bool cut = limit == SampleLimit::content;
  const SampleRange rangeX = cut ? spanOf(content.x, content.width) : spanOf(0, sizeMsk.width);
  const SampleRange rangeY = cut ? spanOf(content.y, content.height) : spanOf(0, sizeMsk.height);
  const auto toX = [&](double xSrc) { return letterbox.toNet(Point{xSrc, 0}).x * perNetX - 0.5; };
  const auto toY = [&](double ySrc) { return letterbox.toNet(Point{0, ySrc}).y * perNetY - 0.5; };
  MASKLET_TRY(fillTaps(letterbox.src.width, rangeX, toX, columns));
  return fillTaps(letterbox.src.height, rangeY, toY, rows);
}

Status makeResizeTaps(int32_t samples, int32_t pixels, SampleTaps& taps) {
  const double perPixel = static_cast<double>(samples) / pixels;
  const auto toSample = [&](double pixel) { return pixel * perPixel - 0.5; };
  return fillTaps(pixels, spanOf(0, samples), toSample, taps);
}

Status CropTaps::cut(const SampleTaps& columns, int32_t xSrc, int32_t widthPx) {
  const auto width = static_cast<uint32_t>(widthPx);
  const uint32_t* left = columns.left.data() + xSrc;
  const float* weight = columns.weight.data() + xSrc;
  MASKLET_TRY(cellStartPx_.resize(width + size_t{1}));
  MASKLET_TRY(cellLeft_.resize(width));
  MASKLET_TRY(firstWeight_.resize(width));
  MASKLET_TRY(lastWeight_.resize(width));
  size_t cellCount = 0;
  for (uint32_t x = 0; x < width; ++x) {
    if (cellCount == 0 || left[x] != cellLeft_[cellCount - 1]) {
      cellStartPx_[cellCount] = x;
      cellLeft_[cellCount] = left[x];
      firstWeight_[cellCount] = weight[x];
      ++cellCount;
    }
    lastWeight_[cellCount - 1] = weight[x];
  }
  cellStartPx_[cellCount] = width;
  const bool contiguous = cellLeft_[cellCount - 1] - cellLeft_[0] + 1 == cellCount;
  taps_ = {width,
           left,
           weight,
           cellCount,
           cellStartPx_.data(),
           cellLeft_.data(),
           firstWeight_.data(),
           lastWeight_.data(),
           contiguous};
  return okStatus();
}

}  // namespace masklet
