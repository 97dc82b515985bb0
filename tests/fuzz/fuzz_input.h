// What the fuzz targets of network outputs share: numbers taken off the input.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/buffer.h"

namespace masklet::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

template <class T>
bool sameBytes(const Buffer<T>& a, const Buffer<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  uint32_t below(uint32_t limit) {
    const uint32_t value = size_ == 0 ? 0 : *data_;
    skip(size_ == 0 ? 0 : 1);
    return value % limit;
  }

  float number() {
    float value = 0.5f;
    if (size_ >= sizeof(float)) std::memcpy(&value, data_, sizeof(float));
    skip(size_ >= sizeof(float) ? sizeof(float) : size_);
    return value;
  }

  bool empty() const { return size_ == 0; }

  /// `count` floats, the last bytes of the input over and over when it is too short.
  std::vector<float> floats(size_t count) {
    std::vector<float> values(count, 0.5f);
    for (float& value : values) {
      if (size_ >= sizeof(float)) std::memcpy(&value, data_, sizeof(float));
      if (size_ >= 2 * sizeof(float)) skip(sizeof(float));
    }
    return values;
  }

 private:
  void skip(size_t count) {
    data_ += count;
    size_ -= count;
  }

  const uint8_t* data_;
  size_t size_;
};

}  // namespace masklet::fuzz
