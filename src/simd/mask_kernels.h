// The inner loops of decoding and mask assembly: a readable definition and a SIMD version, equal
// bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace masklet {

/// Sums of dotPlanes are clamped to +-kLogitLimit and a NaN becomes -kLogitLimit, so that later
/// steps never see NaN or infinity: huge coefficients give a full or an empty mask, and a NaN
/// prototype gives background.
inline constexpr float kLogitLimit = 1e30f;

/// Positions of the pixels of a crop row between the columns of a prototype row.
///
/// Pixel x takes row[left[x]] and row[left[x] + 1] with the weight `weight[x]` (0..1) on the
/// second: logit = a + (b - a) * weight. `left` never decreases. A cell is a stretch of pixels with
/// the same `left`; the weights increase within it.
struct ColumnTaps {
  size_t widthPx = 0;
  const uint32_t* left = nullptr;  ///< [widthPx]
  const float* weight = nullptr;   ///< [widthPx]

  size_t cellCount = 0;
  const uint32_t* cellStartPx =
      nullptr;  ///< [cellCount + 1] first pixel of each cell; the last entry is widthPx
  const uint32_t* cellLeft = nullptr;  ///< [cellCount] left[] of the cell's pixels
  const float* firstWeight = nullptr;  ///< [cellCount] weight[] of the cell's first pixel
  const float* lastWeight = nullptr;   ///< [cellCount] weight[] of the cell's last pixel
  bool contiguous = false;             ///< cellLeft[k] == cellLeft[0] + k for every k
};

/// Buffers must not overlap. Any count is allowed, also 0. Pointers may be unaligned.
struct MaskKernels {
  /// best[i] = the maximum of planes[k * planeStride + i] over k < planeCount, for i < count. NaN
  /// never wins; the result is -infinity if all are NaN.
  void (*maxOverPlanes)(const float* planes, size_t planeStride, size_t planeCount, size_t count,
                        float* best);

  /// logits[i] = the sum over k of coefficients[k] * planes[k * planeStride + i], added in the
  /// order of k in fp32, then clamped (kLogitLimit).
  void (*dotPlanes)(const float* planes, size_t planeStride, const float* coefficients,
                    size_t planeCount, size_t count, float* logits);

  /// row[i] = top[i] + (bottom[i] - top[i]) * weight.
  void (*lerpRows)(const float* top, const float* bottom, float weight, size_t count, float* row);

  /// Writes the pixels at which the row changes between background (logit <= 0 or NaN) and object
  /// (logit > 0), ascending. The row starts as background. Returns their number, at most widthPx;
  /// `edgesPx` must have room for widthPx.
  size_t (*findEdges)(const float* row, const ColumnTaps& taps, uint32_t* edgesPx);

  /// values[x] = the logit of every pixel, `taps.widthPx` of them.
  void (*sampleRow)(const float* row, const ColumnTaps& taps, float* values);

  /// coverage[x] = round(255 * sigmoid(logit)) of every pixel, at most 1 off if the exact value is
  /// within 1e-4 of a half; NaN gives 0.
  void (*coverRow)(const float* row, const ColumnTaps& taps, uint8_t* coverage);
};

/// The definition: one pixel after another.
const MaskKernels& scalarMaskKernels();

/// 128-bit SIMD, with the same results bit for bit.
const MaskKernels& simdMaskKernels();

/// The default: SIMD, or the definition in builds with MASKLET_SCALAR.
const MaskKernels& defaultMaskKernels();

}  // namespace masklet
