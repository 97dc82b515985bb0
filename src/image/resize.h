// Images made smaller or larger, for thumbnails and previews.
#pragma once

#include "core/buffer.h"
#include "core/view.h"
#include "simd/image_kernels.h"

namespace masklet {

/// How a destination pixel is made. The numbers cross the wasm boundary.
enum class ResizeFilter : uint32_t {
  bilinear = 0,  ///< two pixels per axis, half-pixel centers, edge clamp: the geometry of
                 ///< cv2.INTER_LINEAR; aliases below half size
  area = 1,  ///< mean over the covered area, the geometry of cv2.INTER_AREA; an axis that grows is
             ///< bilinear
};

/// Taps of one axis: destination pixel i is the sum over k < taps of source pixel (firsts[i] + k)
/// times weights[i * taps + k].
struct AxisTaps {
  Buffer<uint32_t> firsts;
  Buffer<float> weights;
  size_t taps = 0;
};

/// Memory that resize needs and keeps for the next image.
struct ResizeScratch {
  AxisTaps columns;
  AxisTaps rows;
  Buffer<float> weighedRows;  ///< two source rows resampled along x
  Buffer<float> sums;         ///< the destination row in the making
};

/// Resizes `src` into `dst`: 1..4 interleaved channels, each on its own (straight alpha is not
/// weighted in), float arithmetic, rounded half up. OpenCV's fixed-point results differ by at most
/// 1 level. Fails with badArgument (channel counts differ) or outOfMemory; `dst` is then untouched.
/// The views must not overlap.
Status resize(ImageView<const uint8_t> src, ImageView<uint8_t> dst, ResizeFilter filter,
              ResizeScratch& scratch, const ImageKernels& kernels = defaultImageKernels());

}  // namespace masklet
