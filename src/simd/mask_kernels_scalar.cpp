#include <limits>

#include "simd/mask_kernels.h"
#include "simd/sigmoid.h"

namespace masklet {

namespace {

float pixelLogit(const float* row, const ColumnTaps& taps, size_t x) {
  const float left = row[taps.left[x]];
  const float right = row[taps.left[x] + 1];
  return left + (right - left) * taps.weight[x];
}

void maxOverPlanes(const float* planes, size_t planeStride, size_t planeCount, size_t count,
                   float* best) {
  for (size_t i = 0; i < count; ++i) {
    float greatest = -std::numeric_limits<float>::infinity();
    for (size_t k = 0; k < planeCount; ++k) {
      const float value = planes[k * planeStride + i];
      if (value > greatest) greatest = value;
    }
    best[i] = greatest;
  }
}

float clampLogit(float logit) {
  const float capped = logit > kLogitLimit ? kLogitLimit : logit;
  return capped > -kLogitLimit ? capped : -kLogitLimit;  // false for NaN
}

void dotPlanes(const float* planes, size_t planeStride, const float* coefficients,
               size_t planeCount, size_t count, float* logits) {
  for (size_t i = 0; i < count; ++i) {
    float sum = 0;
    for (size_t k = 0; k < planeCount; ++k) sum += coefficients[k] * planes[k * planeStride + i];
    logits[i] = clampLogit(sum);
  }
}

void lerpRows(const float* top, const float* bottom, float weight, size_t count, float* row) {
  for (size_t i = 0; i < count; ++i) row[i] = top[i] + (bottom[i] - top[i]) * weight;
}

size_t findEdges(const float* row, const ColumnTaps& taps, uint32_t* edgesPx) {
  size_t edgeCount = 0;
  bool inside = false;
  for (size_t x = 0; x < taps.widthPx; ++x) {
    if ((pixelLogit(row, taps, x) > 0) == inside) continue;
    edgesPx[edgeCount++] = static_cast<uint32_t>(x);
    inside = !inside;
  }
  return edgeCount;
}

void sampleRow(const float* row, const ColumnTaps& taps, float* values) {
  for (size_t x = 0; x < taps.widthPx; ++x) values[x] = pixelLogit(row, taps, x);
}

void coverRow(const float* row, const ColumnTaps& taps, uint8_t* coverage) {
  for (size_t x = 0; x < taps.widthPx; ++x) coverage[x] = sigmoidByte(pixelLogit(row, taps, x));
}

constexpr MaskKernels kKernels{maxOverPlanes, dotPlanes, lerpRows, findEdges, sampleRow, coverRow};

}  // namespace

const MaskKernels& scalarMaskKernels() {
  return kKernels;
}

const MaskKernels& defaultMaskKernels() {
#ifdef MASKLET_SCALAR
  return scalarMaskKernels();
#else
  return simdMaskKernels();
#endif
}

}  // namespace masklet
