// Inner loops that fill tensors: a readable scalar definition and a SIMD version, equal bit for
// bit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace masklet {

/// Function table of the image loops. Rows may be unaligned; a `count` of 0 is allowed; inputs and
/// outputs must not overlap unless documented. Both versions do the same IEEE single operations in
/// the same order (no fused multiply-add), so for finite inputs their results are identical; a NaN
/// input gives NaN in both (its payload is unspecified).
struct ImageKernels {
  /// Columns of an RGBA8 row interpolated into three planes of floats, levels 0..255, alpha
  /// dropped: planar[c * planeStride + i] = p0[c] + (p1[c] - p0[c]) * weights[i], where p0 is the
  /// pixel at byte offsets[i] and p1 the one after it. Bytes offsets[i] .. offsets[i] + 7 are read.
  void (*lerpColumns)(const uint8_t* rgbaRow, const uint32_t* offsets, const float* weights,
                      size_t count, float* planar, size_t planeStride);

  /// As lerpColumns with all weights 0: planar[c * planeStride + i] = p0[c]. Bytes offsets[i] ..
  /// offsets[i] + 3 are read.
  void (*gatherColumns)(const uint8_t* rgbaRow, const uint32_t* offsets, size_t count,
                        float* planar, size_t planeStride);

  /// out[i] = (top[i] + (bottom[i] - top[i]) * weight) * scale + bias. `out` may be `top` or
  /// `bottom`.
  void (*lerpRows)(const float* top, const float* bottom, float weight, float scale, float bias,
                   size_t count, float* out);

  /// out[i] = in[i] * scale + bias. `out` may be `in`.
  void (*scaleRow)(const float* in, float scale, float bias, size_t count, float* out);
};

/// The definition; compiled without auto-vectorization.
const ImageKernels& scalarImageKernels();
const ImageKernels& simdImageKernels();
/// The SIMD version, or the scalar one in a build with MASKLET_SCALAR.
const ImageKernels& defaultImageKernels();

}  // namespace masklet
