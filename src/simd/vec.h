// 128-bit vectors through the GCC/Clang vector extensions: the same source is SSE natively and
// simd128 in wasm.
#pragma once

#include <cstdint>
#include <cstring>

namespace masklet {

using f32x4 = float __attribute__((vector_size(16)));
using i32x4 = int32_t __attribute__((vector_size(16)));
using u32x4 = uint32_t __attribute__((vector_size(16)));
using i16x8 = int16_t __attribute__((vector_size(16)));
using u16x8 = uint16_t __attribute__((vector_size(16)));
using u8x16 = uint8_t __attribute__((vector_size(16)));
using u8x4 = uint8_t __attribute__((vector_size(4)));

/// Unaligned load and store; memcpy compiles to one instruction and avoids aliasing problems.
template <class Vector, class T>
inline Vector loadVec(const T* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof(Vector));
  return vector;
}

template <class Vector, class T>
inline void storeVec(T* to, Vector vector) {
  std::memcpy(to, &vector, sizeof(Vector));
}

inline f32x4 splat(float value) {
  return f32x4{value, value, value, value};
}
inline i32x4 splat(int32_t value) {
  return i32x4{value, value, value, value};
}

/// Four bytes widened to floats.
inline f32x4 widenToFloat(u8x4 bytes) {
  return __builtin_convertvector(bytes, f32x4);
}

/// Lane-wise mask ? a : b; `mask` lanes are all ones or all zeros, as a vector comparison gives.
inline f32x4 select(i32x4 mask, f32x4 a, f32x4 b) {
  return (f32x4)((mask & (i32x4)a) | (~mask & (i32x4)b));
}

}  // namespace masklet
