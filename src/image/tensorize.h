// Converts pixels to the network's input in one pass: resize, letterbox, color order,
// normalization, planar float.
#pragma once

#include <array>
#include <span>

#include "core/buffer.h"
#include "core/letterbox.h"
#include "core/view.h"
#include "simd/image_kernels.h"

namespace masklet {

/// Order of the tensor's planes. The numbers cross the wasm boundary.
enum class ColorOrder : uint32_t { rgb = 0, bgr = 1 };

/// tensor value = (level * inputScale - mean) / std with level 0..255; `mean` and `std` are in the
/// order of the planes.
struct TensorizeOptions {
  ColorOrder order = ColorOrder::rgb;
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> std{1, 1, 1};
  float inputScale = 1.0f / 255;
  /// Levels of the padding in the order of the planes, normalized like a pixel.
  std::array<float, 3> fill{114, 114, 114};
};

/// Memory that tensorize reuses for the next image: a few rows, independent of the height.
struct TensorizeScratch {
  Buffer<uint32_t> columnOffsets;  ///< per content column: byte offset of the left pixel in its row
  Buffer<float> columnWeights;     ///< per content column: weight of the right pixel
  Buffer<float> planarRows;        ///< two horizontally resampled rows, 3 planes each
};

/// Fills `tensor` ([1, 3, letterbox.net.height, letterbox.net.width], row-major) from the pixels of
/// letterbox.viewSrc in `rgba`. It does not read other pixels.
///
/// Bilinear with half-pixel centers and edge clamp at the letterbox's exact per-axis scale, without
/// antialiasing: the geometry of cv2.resize INTER_LINEAR, in float where OpenCV uses 11-bit weights
/// and rounds to bytes, so values differ from it by at most 1 level before normalization. It reads
/// only source rows with a nonzero weight. Alpha is ignored, because straight alpha does not change
/// the colors.
///
/// Fails with badArgument (`rgba` not 4 channels; a mean, std, inputScale or fill that is not
/// finite, a std of 0; content outside the network input), badSize (`rgba` is not letterbox.src in
/// size), bufferTooSmall (`tensor` shorter than its shape) or outOfMemory; `tensor` is then
/// unchanged.
Status tensorize(ImageView<const uint8_t> rgba, const Letterbox& letterbox,
                 const TensorizeOptions& options, TensorizeScratch& scratch,
                 std::span<float> tensor, const ImageKernels& kernels = defaultImageKernels());

}  // namespace masklet
