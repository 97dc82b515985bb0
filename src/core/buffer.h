// Owning storage that reports a failed allocation as a status, without exceptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "core/allocate.h"
#include "core/status.h"

namespace masklet {

/// Growable array of a trivially copyable type. It keeps its capacity when the size shrinks, so
/// that a stage stops allocating after a few frames. New elements are uninitialized. Aligned for
/// 16-byte vectors (malloc's guarantee on every target).
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer moved(std::move(other));
    swap(moved);
    return *this;
  }
  ~Buffer() { std::free(data_); }

  /// Reserves room for `count` elements. Size and contents stay. Fails with outOfMemory.
  Status reserve(size_t count) {
    if (count <= capacity_) return okStatus();
    // An object larger than the maximum pointer difference is undefined behavior; in wasm the limit
    // is 2 GB.
    if (count > PTRDIFF_MAX / sizeof(T))
      return fail(StatusCode::outOfMemory, static_cast<double>(count) * sizeof(T));
    void* grown = reallocate(static_cast<void*>(data_), count * sizeof(T));
    if (grown == nullptr)
      return fail(StatusCode::outOfMemory, static_cast<double>(count) * sizeof(T));
    data_ = static_cast<T*>(grown);
    capacity_ = count;
    return okStatus();
  }

  /// Sets the size; elements beyond the old size are uninitialized. Fails with outOfMemory and then
  /// changes nothing.
  Status resize(size_t count) {
    MASKLET_TRY(reserve(count));
    size_ = count;
    return okStatus();
  }

  /// Appends, growing by half. Fails with outOfMemory.
  Status push(const T& value) {
    if (size_ == capacity_) {
      const T copy = value;  // `value` may live in this buffer
      MASKLET_TRY(reserve(size_ + size_ / 2 + 16));
      data_[size_++] = copy;
      return okStatus();
    }
    data_[size_++] = value;
    return okStatus();
  }

  /// Takes ownership of `count` elements from malloc or realloc, and frees the previous ones.
  void adopt(T* allocated, size_t count) {
    std::free(data_);
    data_ = allocated;
    size_ = capacity_ = count;
  }

  void clear() { size_ = 0; }

  /// Frees the memory.
  void reset() { Buffer().swap(*this); }

  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t index) { return data_[index]; }
  const T& operator[](size_t index) const { return data_[index]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace masklet
