#include "image/tensorize.h"

#include <algorithm>
#include <cmath>

#include "image/linear_tap.h"

namespace masklet {

namespace {

constexpr size_t kPlanes = 3;
constexpr size_t kRgba = 4;

/// Affine map from levels to tensor values, per plane.
struct Normalization {
  std::array<float, kPlanes> scale;
  std::array<float, kPlanes> bias;
  std::array<float, kPlanes> padding;
};

Status makeNormalization(const TensorizeOptions& options, Normalization& normalization) {
  if (!std::isfinite(options.inputScale)) return fail(StatusCode::badArgument, options.inputScale);
  for (size_t plane = 0; plane < kPlanes; ++plane) {
    const double mean = options.mean[plane];
    const double std = options.std[plane];
    const double padding = options.fill[plane];
    if (!std::isfinite(mean)) return fail(StatusCode::badArgument, mean);
    if (!std::isfinite(std) || std == 0) return fail(StatusCode::badArgument, std);
    if (!std::isfinite(padding)) return fail(StatusCode::badArgument, padding);
    normalization.scale[plane] = static_cast<float>(options.inputScale / std);
    normalization.bias[plane] = static_cast<float>(-mean / std);
    normalization.padding[plane] = static_cast<float>((padding * options.inputScale - mean) / std);
  }
  return okStatus();
}

Status checkGeometry(const ImageView<const uint8_t>& rgba, const Letterbox& letterbox,
                     size_t tensorElements) {
  if (rgba.channels != static_cast<int32_t>(kRgba))
    return fail(StatusCode::badArgument, rgba.channels);
  if (rgba.widthPx != letterbox.src.width) return fail(StatusCode::badSize, rgba.widthPx);
  if (rgba.heightPx != letterbox.src.height) return fail(StatusCode::badSize, rgba.heightPx);
  const RectPx& view = letterbox.viewSrc;
  if (view.empty() || intersect(view, {0, 0, rgba.widthPx, rgba.heightPx}) != view)
    return fail(StatusCode::badArgument, view.width);
  const RectPx& content = letterbox.contentNet;
  if (content.empty() || content.x < 0 || content.width > letterbox.net.width - content.x) {
    return fail(StatusCode::badArgument, content.width);
  }
  if (content.y < 0 || content.height > letterbox.net.height - content.y)
    return fail(StatusCode::badArgument, content.height);
  const uint64_t needed = uint64_t{kPlanes} * static_cast<uint64_t>(letterbox.net.width) *
                          static_cast<uint64_t>(letterbox.net.height);
  if (needed > tensorElements) return fail(StatusCode::bufferTooSmall, tensorElements);
  return okStatus();
}

/// The tap of content pixel `index` out of `content` along an axis of `src` pixels.
LinearTap tapOf(int32_t index, int32_t content, int32_t src) {
  return linearTap((index + 0.5) * src / content, src);
}

/// Content rows resampled along x. It keeps the last two, because bilinear interpolation along y
/// does not need more.
class PlanarRows {
 public:
  PlanarRows(const ImageView<const uint8_t>& rgba, int32_t contentWidth,
             const ImageKernels& kernels)
      : rgba_(rgba), kernels_(kernels), width_(static_cast<size_t>(contentWidth)) {}

  Status reserve(TensorizeScratch& scratch) {
    MASKLET_TRY(scratch.columnOffsets.resize(width_));
    MASKLET_TRY(scratch.columnWeights.resize(width_));
    MASKLET_TRY(scratch.planarRows.resize(2 * kPlanes * width_));
    offsets_ = scratch.columnOffsets.data();
    weights_ = scratch.columnWeights.data();
    rows_ = scratch.planarRows.data();
    makeColumns();
    return okStatus();
  }

  /// Plane 0 of image row `y`; the other planes follow at intervals of the content's width.
  const float* row(int32_t y) {
    const int32_t slot = y & 1;
    float* planar = rows_ + static_cast<size_t>(slot) * kPlanes * width_;
    if (held_[slot] == y) return planar;
    held_[slot] = y;
    const uint8_t* levels = rgba_.row(y);
    if (onPixels_) {
      kernels_.gatherColumns(levels, offsets_, width_, planar, width_);
    } else {
      kernels_.lerpColumns(levels, offsets_, weights_, width_, planar, width_);
    }
    return planar;
  }

 private:
  // At an odd integer factor (1 and 3 are common), every sample is at a pixel's center, so it does
  // not need a neighbor.
  void makeColumns() {
    for (size_t x = 0; x < width_; ++x) {
      const LinearTap tap =
          tapOf(static_cast<int32_t>(x), static_cast<int32_t>(width_), rgba_.widthPx);
      offsets_[x] = static_cast<uint32_t>(tap.first) * kRgba;
      weights_[x] = tap.weight;
      onPixels_ = onPixels_ && (tap.weight == 0 || tap.weight == 1);
    }
    if (!onPixels_) return;
    for (size_t x = 0; x < width_; ++x) offsets_[x] += weights_[x] == 1 ? kRgba : 0;
  }

  const ImageView<const uint8_t>& rgba_;
  const ImageKernels& kernels_;
  size_t width_;
  uint32_t* offsets_ = nullptr;
  float* weights_ = nullptr;
  float* rows_ = nullptr;
  std::array<int32_t, 2> held_{-1, -1};
  bool onPixels_ = true;
};

/// One plane of the tensor and its source channel.
struct Plane {
  float* data;
  size_t channel;
  float scale;
  float bias;
  float padding;
};

/// Fills everything around the content. Every element of the tensor is written exactly once.
void fillPadding(const Plane& plane, const Letterbox& letterbox) {
  const RectPx& content = letterbox.contentNet;
  const auto netWidth = static_cast<size_t>(letterbox.net.width);
  const auto left = static_cast<size_t>(content.x);
  const auto right = netWidth - left - static_cast<size_t>(content.width);
  const size_t above = netWidth * static_cast<size_t>(content.y);
  const size_t below =
      netWidth * static_cast<size_t>(letterbox.net.height - content.y - content.height);
  std::fill_n(plane.data, above, plane.padding);
  float* line = plane.data + above;
  for (int32_t y = 0; y < content.height; ++y, line += netWidth) {
    std::fill_n(line, left, plane.padding);
    std::fill_n(line + netWidth - right, right, plane.padding);
  }
  std::fill_n(line, below, plane.padding);
}

void fillContentRow(const LinearTap& tap, PlanarRows& rows, const Plane (&planes)[kPlanes],
                    size_t width, size_t offset, const ImageKernels& kernels) {
  const float* top = tap.weight < 1 ? rows.row(tap.first) : nullptr;
  const float* bottom = tap.weight > 0 ? rows.row(tap.first + 1) : nullptr;
  for (const Plane& plane : planes) {
    const size_t channelOffset = plane.channel * width;
    float* out = plane.data + offset;
    if (top == nullptr || bottom == nullptr) {
      const float* only = (top == nullptr ? bottom : top) + channelOffset;
      kernels.scaleRow(only, plane.scale, plane.bias, width, out);
    } else {
      kernels.lerpRows(top + channelOffset, bottom + channelOffset, tap.weight, plane.scale,
                       plane.bias, width, out);
    }
  }
}

}  // namespace

Status tensorize(ImageView<const uint8_t> rgba, const Letterbox& letterbox,
                 const TensorizeOptions& options, TensorizeScratch& scratch,
                 std::span<float> tensor, const ImageKernels& kernels) {
  Normalization normalization{};
  MASKLET_TRY(checkGeometry(rgba, letterbox, tensor.size()));
  MASKLET_TRY(makeNormalization(options, normalization));
  const RectPx& content = letterbox.contentNet;
  const ImageView<const uint8_t> view = rgba.cutOut(letterbox.viewSrc);
  PlanarRows rows(view, content.width, kernels);
  MASKLET_TRY(rows.reserve(scratch));

  const auto netWidth = static_cast<size_t>(letterbox.net.width);
  const size_t planeElements = netWidth * static_cast<size_t>(letterbox.net.height);
  Plane planes[kPlanes];
  for (size_t p = 0; p < kPlanes; ++p) {
    const size_t channel = options.order == ColorOrder::bgr ? kPlanes - 1 - p : p;
    planes[p] = {tensor.data() + p * planeElements, channel, normalization.scale[p],
                 normalization.bias[p], normalization.padding[p]};
    fillPadding(planes[p], letterbox);
  }
  for (int32_t y = 0; y < content.height; ++y) {
    const size_t offset =
        netWidth * static_cast<size_t>(content.y + y) + static_cast<size_t>(content.x);
    fillContentRow(tapOf(y, content.height, view.heightPx), rows, planes,
                   static_cast<size_t>(content.width), offset, kernels);
  }
  return okStatus();
}

}  // namespace masklet
