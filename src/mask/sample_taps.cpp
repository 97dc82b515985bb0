#include "mask/sample_taps.h"

#include <cmath>

namespace masklet {

namespace {

SampleTap tapAt(double sample, int32_t sampleCount) {
  if (!(sample > 0)) return {0, 0};
  const double last = sampleCount - 1;
  if (sample >= last) return {static_cast<uint32_t>(sampleCount - 1), 0};
  const double left = std::floor(sample);
  return {static_cast<uint32_t>(left), static_cast<float>(sample - left)};
}

/// `toNet` maps a source coordinate of this axis to network pixels.
template <class ToNet>
Status fillTaps(int32_t srcPx, int32_t netPx, int32_t sampleCount, ToNet toNet, SampleTaps& taps) {
  const auto count = static_cast<size_t>(srcPx);
  MASKLET_TRY(taps.left.resize(count));
  MASKLET_TRY(taps.weight.resize(count));
  const double samplesPerNetPx = static_cast<double>(sampleCount) / netPx;
  for (size_t pixel = 0; pixel < count; ++pixel) {
    const double centreNet = toNet(static_cast<double>(pixel) + 0.5);
    const SampleTap tap = tapAt(centreNet * samplesPerNetPx - 0.5, sampleCount);
    taps.left[pixel] = tap.left;
    taps.weight[pixel] = tap.weight;
  }
  return okStatus();
}

}  // namespace

Status makeSampleTaps(const Letterbox& letterbox, SizePx sizeMsk, SampleTaps& columns, SampleTaps& rows) {
  const auto toNetX = [&](double xSrc) { return letterbox.toNet(Point{xSrc, 0}).x; };
  const auto toNetY = [&](double ySrc) { return letterbox.toNet(Point{0, ySrc}).y; };
  MASKLET_TRY(fillTaps(letterbox.src.width, letterbox.net.width, sizeMsk.width, toNetX, columns));
  return fillTaps(letterbox.src.height, letterbox.net.height, sizeMsk.height, toNetY, rows);
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
