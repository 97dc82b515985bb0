#include "image/jpeg_tables.h"

#include <algorithm>

namespace masklet {

namespace {

constexpr size_t kLengths = 16;
constexpr uint32_t kNoCode = 1000;

/// Whether the code lengths fit together: canonical codes must not overflow.
bool codesFit(FileBytes counts) {
  uint32_t code = 0;
  for (size_t length = 1; length <= kLengths; ++length) {
    code += counts[length - 1];
    if (code > 1u << length) return false;
    code <<= 1;
  }
  return true;
}

/// Bits of the cheapest difference: its code, then the number of bits that the code states.
uint32_t cheapestDifference(FileBytes counts, FileBytes values) {
  uint32_t bits = kNoCode;
  size_t value = 0;
  for (uint32_t length = 1; length <= kLengths; ++length) {
    for (uint32_t k = 0; k < counts[length - 1]; ++k)
      bits = std::min(bits, length + (values[value++] & 15u));
  }
  return bits;
}

/// Minimum number of bits of a block's other 63 coefficients: one end of block, or at least four
/// codes (a code skips at most 16 coefficients).
uint32_t cheapestRest(FileBytes counts, FileBytes values) {
  constexpr uint8_t kEndOfBlock = 0;
  uint32_t bits = kNoCode;
  size_t value = 0;
  for (uint32_t length = 1; length <= kLengths; ++length) {
    for (uint32_t k = 0; k < counts[length - 1]; ++k)
      bits = std::min(bits, values[value++] == kEndOfBlock ? length : 4 * length);
  }
  return bits;
}

}  // namespace

bool JpegTables::readHuffman(FileBytes payload) {
  constexpr size_t kHead = 1 + kLengths;
  while (!payload.empty()) {
    if (payload.size() < kHead) return false;
    const uint32_t kind = payload[0] >> 4;
    const uint32_t slot = payload[0] & 15;
    const FileBytes counts = payload.subspan(1, kLengths);
    size_t codes = 0;
    for (const uint8_t count : counts) codes += count;
    if (kind > 1 || slot > 3 || codes > 256 || payload.size() - kHead < codes || !codesFit(counts))
      return false;
    const FileBytes values = payload.subspan(kHead, codes);
    if (kind == 0) {
      dcBits[slot] = cheapestDifference(counts, values);
    } else {
      acBits[slot] = cheapestRest(counts, values);
    }
    ++defined;
    payload = payload.subspan(kHead + codes);
  }
  return true;
}

bool JpegTables::readQuantization(FileBytes payload) {
  while (!payload.empty()) {
    const uint32_t precision = payload[0] >> 4;
    const uint32_t slot = payload[0] & 15;
    const size_t bytes = precision == 0 ? 65 : 129;
    if (precision > 1 || slot > 3 || payload.size() < bytes) return false;
    quantization[slot] = true;
    ++defined;
    payload = payload.subspan(bytes);
  }
  return true;
}

}  // namespace masklet
