// Common parts of the three stages of the boundary, in plain C++.
//
// A stage owns the buffers of one kind of work: ImageStage from a file to a network's input,
// DecodeStage from a network's outputs to instances, MaskStage for operations on masks. Nothing is
// global: code that needs its own buffers creates its own stage.
//
// Use of a stage, both from TypeScript (web/core) and from the tests: reserve a buffer, ask for the
// columns, copy the data in, run the work, ask for the columns, copy the results out. Methods that
// do work return the number of a StatusCode; lastValue() is the value that belongs to it. Addresses
// are valid until the next call that may allocate: every reserve and all work. Buffers keep their
// memory from image to image. If work fails, its results are empty, and everything else is
// unchanged.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/letterbox.h"

namespace masklet {

/// Increase it with every change of a name, an argument, a column or the meaning of a number of the
/// stages: web/core checks that the wasm file has the expected version.
inline constexpr uint32_t kBoundaryVersion = 3;

/// Byte address of a buffer; 32 bits in wasm.
using Address = uintptr_t;

/// The kind of a column's numbers. The numbers cross the wasm boundary.
enum class NumberType : uint32_t { u8 = 0, u32 = 1, i32 = 2, f32 = 3, f64 = 4 };

/// Values in memory that the other side reads or writes.
struct Column {
  Address address = 0;
  uint32_t count = 0;  ///< number of values, not of elements: a box has four
  NumberType type = NumberType::u8;
};

template <class T>
struct NumberOf {
  using Type = T;
};
template <>
struct NumberOf<Box> {
  using Type = float;
};
template <>
struct NumberOf<RectPx> {
  using Type = int32_t;
};
template <>
struct NumberOf<SizePx> {
  using Type = int32_t;
};

template <class Number>
constexpr NumberType numberType() {
  if constexpr (std::is_same_v<Number, uint32_t>) return NumberType::u32;
  if constexpr (std::is_same_v<Number, int32_t>) return NumberType::i32;
  if constexpr (std::is_same_v<Number, float>) return NumberType::f32;
  if constexpr (std::is_same_v<Number, double>) return NumberType::f64;
  static_assert(sizeof(Number) == 1 || sizeof(Number) >= 4);
  return NumberType::u8;
}

template <class T>
Column columnOf(const T* data, size_t count) {
  using Number = typename NumberOf<T>::Type;
  return {reinterpret_cast<Address>(data),
          static_cast<uint32_t>(count * (sizeof(T) / sizeof(Number))), numberType<Number>()};
}

template <class T>
Column columnOf(const Buffer<T>& buffer) {
  return columnOf(buffer.data(), buffer.size());
}

template <class T>
Column columnOf(const T& value) {
  return columnOf(&value, 1);
}

// A stage lists its columns once, as COLUMN(name, data); the list makes the enum and the table.
#define MASKLET_COLUMN_NAME(name, data) name,
#define MASKLET_COLUMN_OF(name, data) columnOf(data),

/// The placement of an image, or of a rectangle of it, in the network's input: the arguments of
/// makeLetterbox at the boundary. A `view` of all 0 means the whole image; `content` 0 x 0 means
/// the rule of the resize mode.
struct Geometry {
  int32_t srcWidth = 0;
  int32_t srcHeight = 0;
  int32_t viewX = 0;
  int32_t viewY = 0;
  int32_t viewWidth = 0;
  int32_t viewHeight = 0;
  int32_t netWidth = 0;
  int32_t netHeight = 0;
  uint32_t resizeMode = 0;
  int32_t contentWidth = 0;
  int32_t contentHeight = 0;

  /// Fails as makeLetterbox does, with badArgument also for an unknown resize mode.
  Status letterbox(Letterbox& made) const {
    if (resizeMode > static_cast<uint32_t>(ResizeMode::stretch))
      return fail(StatusCode::badArgument, resizeMode);
    return makeLetterbox({srcWidth, srcHeight}, {netWidth, netHeight},
                         static_cast<ResizeMode>(resizeMode), made, {contentWidth, contentHeight},
                         {viewX, viewY, viewWidth, viewHeight});
  }
};

/// Stores the value of the last status.
class Stage {
 public:
  Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// The value of the last status (status.def says what it means); 0 after success.
  double lastValue() const { return lastValue_; }

 protected:
  uint32_t finish(Status status) {
    lastValue_ = status.value;
    return static_cast<uint32_t>(status.code);
  }

 private:
  double lastValue_ = 0;
};

/// In wasm, size_t has 32 bits, so the byte count of a large image must be refused before it
/// overflows. Fails with outOfMemory.
template <class T>
Status resizeTo(Buffer<T>& buffer, uint64_t count) {
  if (count > std::numeric_limits<size_t>::max() / sizeof(T)) {
    return fail(StatusCode::outOfMemory, static_cast<double>(count) * sizeof(T));
  }
  return buffer.resize(static_cast<size_t>(count));
}

}  // namespace masklet
