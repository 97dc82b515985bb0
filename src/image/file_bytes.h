// Reads numbers from the bytes of a file. The caller must check that the bytes exist.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

namespace masklet {

using FileBytes = std::span<const uint8_t>;

inline bool startsWith(FileBytes bytes, FileBytes prefix) {
  return bytes.size() >= prefix.size() &&
         std::memcmp(bytes.data(), prefix.data(), prefix.size()) == 0;
}

inline uint32_t bigEndian16(FileBytes bytes, size_t at) {
  return uint32_t{bytes[at]} << 8 | bytes[at + 1];
}
inline uint32_t bigEndian32(FileBytes bytes, size_t at) {
  return bigEndian16(bytes, at) << 16 | bigEndian16(bytes, at + 2);
}
inline uint32_t littleEndian16(FileBytes bytes, size_t at) {
  return uint32_t{bytes[at + 1]} << 8 | bytes[at];
}
inline uint32_t littleEndian32(FileBytes bytes, size_t at) {
  return littleEndian16(bytes, at + 2) << 16 | littleEndian16(bytes, at);
}

}  // namespace masklet
