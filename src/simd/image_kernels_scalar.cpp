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

void sumRows(const uint8_t* rows, size_t rowStride, size_t lines, size_t count, uint16_t* sums) {
  for (size_t i = 0; i < count; ++i) sums[i] = 0;
  for (size_t k = 0; k < lines; ++k) {
    const uint8_t* row = rows + rowStride * k;
    for (size_t i = 0; i < count; ++i) sums[i] = static_cast<uint16_t>(sums[i] + row[i]);
  }
}

void averageBoxes(const uint16_t* sums, size_t factor, size_t divisor, size_t count,
                  uint8_t* rgba) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t c = 0; c < 4; ++c) {
      uint32_t sum = 0;
      for (size_t k = 0; k < factor; ++k) sum += sums[4 * (factor * i + k) + c];
      rgba[4 * i + c] = static_cast<uint8_t>((2 * sum + divisor) / (2 * divisor));
    }
  }
}

void weighColumns(const uint8_t* row, size_t channels, const uint32_t* firsts, const float* weights,
                  size_t taps, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t c = 0; c < channels; ++c) {
      float sum = 0;
      for (size_t k = 0; k < taps; ++k)
        sum += row[channels * (firsts[i] + k) + c] * weights[taps * i + k];
      out[channels * i + c] = sum;
    }
  }
}

void accumulateWeighted(const float* in, float weight, size_t count, float* sums) {
  for (size_t i = 0; i < count; ++i) sums[i] += in[i] * weight;
}

void roundToBytes(const float* in, size_t count, uint8_t* bytes) {
  for (size_t i = 0; i < count; ++i) {
    const float raised = in[i] + 0.5f;
    const float floored = raised > 0 ? raised : 0.0f;  // false for NaN
    bytes[i] = static_cast<uint8_t>(floored < 255 ? floored : 255.0f);
  }
}

}  // namespace

const ImageKernels& scalarImageKernels() {
  static constexpr ImageKernels kernels{
      lerpColumns,  gatherColumns, lerpRows,           scaleRow,    sumRows,
      averageBoxes, weighColumns,  accumulateWeighted, roundToBytes};
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
