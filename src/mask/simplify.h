// Reduces the corners of a ring. Internal to src/mask.
#pragma once

#include <span>

#include "core/buffer.h"
#include "core/geometry.h"

namespace masklet {

/// Integer corner positions, 0..kMaxSidePx.
struct CornerPx {
  uint32_t x;
  uint32_t y;
};

/// Douglas-Peucker on a closed ring without straight corners: the first corner and the one farthest
/// from it stay, and between them every corner farther than `tolerancePx` from the segment that
/// would replace it. At least 3 corners that are not on one line stay.
class RingSimplifier {
 public:
  /// Sets keep()[k] to 1 for the corners of `ring` that stay, 0 for the others. Fails with
  /// outOfMemory.
  Status simplify(std::span<const CornerPx> ring, double tolerancePx);

  const Buffer<uint8_t>& keep() const { return keep_; }

 private:
  struct Chain {
    uint32_t first;
    uint32_t last;
  };

  Buffer<uint8_t> keep_;
  Buffer<Chain> chains_;
};

}  // namespace masklet
