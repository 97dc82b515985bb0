#include "simd/image_kernels.h"

namespace masklet {

namespace {

void lerpColumns(const uint8_t* rgbaRow, const uint32_t* offsets, const float* weights,
                 size_t count, float* planar, size_t planeStride) {
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* pixels = rgbaRow + offsets[i];
    for (size_t c = 0; c < 3; ++c) {
      const float p0 = pixels[c];
      const float p1 = pixels[c + 4];
      planar[c * planeStride + i] = p0 + (p1 - p0) * weights[i];
    }
  }
}

void gatherColumns(const uint8_t* rgbaRow, const uint32_t* offsets, size_t count, float* planar,
                   size_t planeStride) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t c = 0; c < 3; ++c) planar[c * planeStride + i] = rgbaRow[offsets[i] + c];
  }
}

void lerpRows(const float* top, const float* bottom, float weight, float scale, float bias,
              size_t count, float* out) {
  for (size_t i = 0; i < count; ++i)
    out[i] = (top[i] + (bottom[i] - top[i]) * weight) * scale + bias;
}

void scaleRow(const float* in, float scale, float bias, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = in[i] * scale + bias;
}

}  // namespace

const ImageKernels& scalarImageKernels() {
  static constexpr ImageKernels kernels{lerpColumns, gatherColumns, lerpRows, scaleRow};
  return kernels;
}

const ImageKernels& defaultImageKernels() {
#if defined(MASKLET_SCALAR) && MASKLET_SCALAR
  return scalarImageKernels();
#else
  return simdImageKernels();
#endif
}

}  // namespace masklet
