// Whatever the bytes: a status, or an image of the promised size, in bounded time and memory, with
// no read or write outside and no leak, and any request for memory may fail. Seeds:
// tests/golden/image.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "core/allocate.h"
#include "image/decode_file.h"
#include "tests/fuzz/fuzz_input.h"

using namespace masklet;
using fuzz::require;

namespace {

// Small, so that an image takes microseconds and large claims are refused.
constexpr uint64_t kMaxPixels = 1 << 16;

// With sanitizers, which make it some ten times slower.
constexpr double kMostSeconds = 0.1;
constexpr double kMostSecondsPerPixel = 50e-6;
constexpr double kMostSecondsPerByte = 20e-6;

double cpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void check(const Status& status, const Buffer<uint8_t>& rgba, SizePx size) {
  if (!status.ok()) return require(rgba.empty() && size == SizePx{});
  const uint64_t pixels = static_cast<uint64_t>(size.width) * static_cast<uint64_t>(size.height);
  require(size.width >= 1 && size.height >= 1 && pixels <= kMaxPixels && rgba.size() == 4 * pixels);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  const double begun = cpuSeconds();
  Buffer<uint8_t> rgba;
  SizePx size;
  const Status status = decodeFile({data, bytes}, kMaxPixels, rgba, size);
  const auto pixels = static_cast<double>(rgba.size()) / 4;
  require(cpuSeconds() - begun < kMostSeconds + kMostSecondsPerPixel * pixels +
                                     kMostSecondsPerByte * static_cast<double>(bytes));
  check(status, rgba, size);
  // Every byte decides, so that the memory sanitizer would see one that was never written.
  uint32_t sum = 0;
  for (const uint8_t byte : rgba) sum += byte;

  if (bytes > 0) {
    allocationFailure = {.failAt = 1 + data[bytes - 1] % 8u};
    Buffer<uint8_t> other;
    SizePx otherSize;
    const Status failed = decodeFile({data, bytes}, kMaxPixels, other, otherSize);
    require(failed.code == (allocationFailure.refused ? StatusCode::outOfMemory : status.code));
    check(failed, other, otherSize);
    allocationFailure = {};
  }
  return sum == UINT32_MAX ? 1 : 0;
}
