// The only place that allocates memory, so that tests can refuse any request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace masklet {

#ifdef MASKLET_FAILING_ALLOCATIONS
/// In builds for tests and fuzzers, refuses the `failAt`-th next request of this thread, and
/// measures requests.
struct AllocationFailure {
  uint64_t failAt = 0;  ///< counts down; 0 refuses none
  bool refused = false;
  size_t largestBytes = 0;  ///< largest request so far
};
inline thread_local AllocationFailure allocationFailure;

inline bool allocationRefused(size_t bytes) {
  if (bytes > allocationFailure.largestBytes) allocationFailure.largestBytes = bytes;
  if (allocationFailure.failAt == 0 || --allocationFailure.failAt > 0) return false;
  allocationFailure.refused = true;
  return true;
}
#else
constexpr bool allocationRefused(size_t /*bytes*/) {
  return false;
}
#endif

/// std::realloc, or null.
inline void* reallocate(void* held, size_t bytes) {
  return allocationRefused(bytes) ? nullptr : std::realloc(held, bytes);
}

/// std::calloc of bytes, or null.
inline void* allocateZeroed(size_t bytes) {
  return allocationRefused(bytes) ? nullptr : std::calloc(bytes, 1);
}

}  // namespace masklet
