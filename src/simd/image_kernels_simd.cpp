// Processes full vectors; the scalar definition processes the rest of a row.
#include "simd/image_kernels.h"
#include "simd/vec.h"

namespace masklet {

namespace {

using u64x2 = uint64_t __attribute__((vector_size(16)));
using u16x4 = uint16_t __attribute__((vector_size(8)));
using u8x8 = uint8_t __attribute__((vector_size(8)));

constexpr size_t kLanes = 4;

const ImageKernels& scalar() {
  return scalarImageKernels();
}

/// Represents an integer below 2^23 as the float 2^23 + integer: one OR converts the bits, and
/// differences between such floats, and from 2^23, are exact. A normal conversion becomes
/// f32x4.convert_i32x4_u in wasm once the compiler knows that the numbers are not negative: eight
/// instructions on x86.
constexpr float kRaise = 8388608.0f;
constexpr int32_t kRaisedBits = 0x4B000000;

f32x4 raised(i32x4 numbers) {
  return (f32x4)(numbers | kRaisedBits);
}

/// Channel `c` of four little-endian RGBA8 pixels, each plus kRaise.
template <int c>
f32x4 raisedChannel(i32x4 pixels) {
  return raised((pixels >> (8 * c)) & 0xff);
}

struct PixelPairs {
  i32x4 first;
  i32x4 second;
};

/// Four pixels and their right neighbors: 8 bytes at each of four offsets.
PixelPairs loadPixelPairs(const uint8_t* row, const uint32_t* offsets) {
  uint64_t pair[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane)
    std::memcpy(&pair[lane], row + offsets[lane], sizeof(uint64_t));
  const i32x4 low = (i32x4)u64x2{pair[0], pair[1]};
  const i32x4 high = (i32x4)u64x2{pair[2], pair[3]};
  return {__builtin_shufflevector(low, high, 0, 2, 4, 6),
          __builtin_shufflevector(low, high, 1, 3, 5, 7)};
}

i32x4 loadPixels(const uint8_t* row, const uint32_t* offsets) {
  int32_t pixel[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane)
    std::memcpy(&pixel[lane], row + offsets[lane], sizeof(int32_t));
  return i32x4{pixel[0], pixel[1], pixel[2], pixel[3]};
}

template <int c>
void storeLerpedChannel(const PixelPairs& pairs, f32x4 weight, float* plane) {
  const f32x4 p0 = raisedChannel<c>(pairs.first);
  const f32x4 p1 = raisedChannel<c>(pairs.second);
  storeVec(plane, (p0 - kRaise) + (p1 - p0) * weight);
}

void lerpColumns(const uint8_t* rgbaRow, const uint32_t* offsets, const float* weights,
                 size_t count, float* planar, size_t planeStride) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const PixelPairs pairs = loadPixelPairs(rgbaRow, offsets + i);
    const f32x4 weight = loadVec<f32x4>(weights + i);
    storeLerpedChannel<0>(pairs, weight, planar + i);
    storeLerpedChannel<1>(pairs, weight, planar + planeStride + i);
    storeLerpedChannel<2>(pairs, weight, planar + 2 * planeStride + i);
  }
  scalar().lerpColumns(rgbaRow, offsets + i, weights + i, count - i, planar + i, planeStride);
}

void gatherColumns(const uint8_t* rgbaRow, const uint32_t* offsets, size_t count, float* planar,
                   size_t planeStride) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const i32x4 pixels = loadPixels(rgbaRow, offsets + i);
    storeVec(planar + i, raisedChannel<0>(pixels) - kRaise);
    storeVec(planar + planeStride + i, raisedChannel<1>(pixels) - kRaise);
    storeVec(planar + 2 * planeStride + i, raisedChannel<2>(pixels) - kRaise);
  }
  scalar().gatherColumns(rgbaRow, offsets + i, count - i, planar + i, planeStride);
}

void lerpRows(const float* top, const float* bottom, float weight, float scale, float bias,
              size_t count, float* out) {
  const f32x4 weights = splat(weight);
  const f32x4 scales = splat(scale);
  const f32x4 biases = splat(bias);
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const f32x4 above = loadVec<f32x4>(top + i);
    const f32x4 below = loadVec<f32x4>(bottom + i);
    storeVec(out + i, (above + (below - above) * weights) * scales + biases);
  }
  scalar().lerpRows(top + i, bottom + i, weight, scale, bias, count - i, out + i);
}

void scaleRow(const float* in, float scale, float bias, size_t count, float* out) {
  const f32x4 scales = splat(scale);
  const f32x4 biases = splat(bias);
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    storeVec(out + i, loadVec<f32x4>(in + i) * scales + biases);
  scalar().scaleRow(in + i, scale, bias, count - i, out + i);
}

}  // namespace

const ImageKernels& simdImageKernels() {
  static constexpr ImageKernels kernels{lerpColumns, gatherColumns, lerpRows, scaleRow};
  return kernels;
}

}  // namespace masklet
