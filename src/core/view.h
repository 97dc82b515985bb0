// Non-owning views. They are validated once against their buffer, so that later code can index
// without checks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// Image rows of interleaved channels. `rowStride` counts elements of T, minimum widthPx *
/// channels.
template <class T>
struct ImageView {
  T* data = nullptr;
  int32_t widthPx = 0;
  int32_t heightPx = 0;
  int32_t channels = 0;
  size_t rowStride = 0;

  T* row(int32_t y) const { return data + static_cast<size_t>(y) * rowStride; }
  SizePx size() const { return {widthPx, heightPx}; }
  /// The pixels of a rectangle, which must lie inside the view.
  ImageView cutOut(RectPx rect) const {
    return {row(rect.y) + static_cast<size_t>(rect.x) * static_cast<size_t>(channels), rect.width,
            rect.height, channels, rowStride};
  }
  operator ImageView<const T>() const { return {data, widthPx, heightPx, channels, rowStride}; }
};

/// Makes a view of a `size` image of `channels`, after checking that it fits into `buffer`.
/// rowStride 0 means tightly packed. Fails with badSize (a side outside [1, kMaxSidePx]),
/// badArgument (channels outside 1..4, or the stride too small) or bufferTooSmall.
template <class T>
Status makeImageView(std::span<T> buffer, SizePx size, int32_t channels, size_t rowStride,
                     ImageView<T>& view) {
  if (size.width < 1 || size.width > kMaxSidePx) return fail(StatusCode::badSize, size.width);
  if (size.height < 1 || size.height > kMaxSidePx) return fail(StatusCode::badSize, size.height);
  if (channels < 1 || channels > 4) return fail(StatusCode::badArgument, channels);
  const size_t rowElements = static_cast<size_t>(size.width) * static_cast<size_t>(channels);
  const size_t stride = rowStride == 0 ? rowElements : rowStride;
  if (stride < rowElements) return fail(StatusCode::badArgument, stride);
  const uint64_t needed = uint64_t{stride} * static_cast<uint64_t>(size.height - 1) + rowElements;
  if (needed > buffer.size()) return fail(StatusCode::bufferTooSmall, buffer.size());
  view = {buffer.data(), size.width, size.height, channels, stride};
  return okStatus();
}

/// Dense row-major tensor of up to four dimensions.
struct TensorView {
  const float* data = nullptr;
  std::array<uint32_t, 4> dims{};
  uint32_t rank = 0;

  size_t elements() const {
    size_t product = 1;
    for (uint32_t axis = 0; axis < rank; ++axis) product *= dims[axis];
    return product;
  }
};

/// Makes a view, after checking that the product of `dims` equals the size of `buffer`. Fails with
/// badRank (0 or more than 4 dimensions), bufferTooSmall, or badShape (product beyond 32 bits, or
/// smaller than the buffer).
Status makeTensorView(std::span<const float> buffer, std::span<const uint32_t> dims,
                      TensorView& view);

}  // namespace masklet
