// Whatever the bytes: a status, or an image of the promised size, with no read or write outside and
// no leak. Seeds: tests/golden/image.
//
//   build/native-fuzz/decode_file_fuzz -max_total_time=300 -max_len=65536 CORPUS tests/golden/image
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "image/decode_file.h"

using namespace masklet;

namespace {

// Small, so that an image takes microseconds and large claims are refused.
constexpr uint64_t kMaxPixels = 1 << 16;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  Buffer<uint8_t> rgba;
  SizePx size;
  const Status status = decodeFile({data, bytes}, kMaxPixels, rgba, size);
  if (!status.ok()) {
    require(rgba.empty() && size == SizePx{});
    return 0;
  }
  const uint64_t pixels = static_cast<uint64_t>(size.width) * static_cast<uint64_t>(size.height);
  require(size.width >= 1 && size.height >= 1 && pixels <= kMaxPixels && rgba.size() == 4 * pixels);
  // Every byte decides, so that the memory sanitizer would see one that was never written.
  uint32_t sum = 0;
  for (const uint8_t byte : rgba) sum += byte;
  return sum == UINT32_MAX ? 1 : 0;
}
