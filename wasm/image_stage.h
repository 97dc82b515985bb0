// Converts an encoded file to RGBA, and RGBA to a network's input. See wasm/stage.h for the use of
// a stage.
#pragma once

#include "image/tensorize.h"
#include "wasm/stage.h"

namespace masklet {

/// TensorizeOptions at the boundary.
struct Normalization {
  uint32_t colorOrder = 0;
  float inputScale = 1.0f / 255;
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> std{1, 1, 1};
  std::array<float, 3> fill{114, 114, 114};
};

/// The columns, in the order of `imageColumns` in web/core/columns.ts.
#define MASKLET_IMAGE_COLUMNS(COLUMN)                       \
  COLUMN(file, file_)                                       \
  COLUMN(image, image_)                                     \
  COLUMN(imageSize, imageSize_) /* 0, 0 without an image */ \
  COLUMN(input, input_)

enum class ImageColumn : size_t { MASKLET_IMAGE_COLUMNS(MASKLET_COLUMN_NAME) count };

/// Not thread-safe.
class ImageStage : public Stage {
 public:
  /// Runs the readable scalar kernels (true) or the SIMD ones (false, the default); the results are
  /// the same.
  void useScalarKernels(bool scalar);
  /// Address of a Column for each ImageColumn.
  Address columns();

  uint32_t reserveFile(uint32_t byteCount);
  /// Decodes the JPEG, PNG or BMP in the file column and applies its EXIF orientation. Statuses:
  /// badImageFile, badSize, tooManyPixels (more than `maxPixels`), outOfMemory.
  uint32_t decodeFile(uint32_t maxPixels);
  /// Reserves room for RGBA8 pixels, tightly packed. Statuses: badSize, outOfMemory.
  uint32_t reserveImage(int32_t widthPx, int32_t heightPx);

  /// Fills the input [1, 3, netHeight, netWidth] from the image; see masklet::tensorize. Statuses:
  /// noImage, badSize (also if `geometry` is for an image of another size), badArgument,
  /// outOfMemory.
  uint32_t tensorize(const Geometry& geometry, const Normalization& normalization);

 private:
  Status fillInput(const Geometry& geometry, const Normalization& normalization);

  const ImageKernels* kernels_ = &defaultImageKernels();
  std::array<Column, static_cast<size_t>(ImageColumn::count)> columns_{};
  Buffer<uint8_t> file_;
  Buffer<uint8_t> image_;
  SizePx imageSize_;
  TensorizeScratch scratch_;
  Buffer<float> input_;
};

}  // namespace masklet
