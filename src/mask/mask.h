// The only representation of a mask: a crop of the image and run lengths over it.
#pragma once

#include <cstdint>
#include <span>

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// A mask without ownership. `runs` counts pixels of the crop, row by row. Background and object
/// alternate, background first. Only the first run may be 0. The runs add up to rect.area(). A run
/// may continue in the next row.
struct MaskView {
  RectPx rectSrc;
  std::span<const uint32_t> runs;
};

/// An owned mask.
struct Mask {
  RectPx rectSrc;
  Buffer<uint32_t> runs;

  MaskView view() const { return {rectSrc, runs.span()}; }
};

/// Checks that the runs of `mask` are well formed (see MaskView). Fails with badSize for a
/// rectangle with a side outside [0, kMaxSidePx] or a corner outside +-kMaxSidePx. Fails with
/// badRuns if the sum differs from the area, or if a run after the first is 0. An empty rectangle
/// must not have runs.
Status validateMask(const MaskView& mask);

/// Appends run lengths span by span, and merges adjacent spans of the same value.
class RunWriter {
 public:
  explicit RunWriter(Buffer<uint32_t>& runs) : runs_(runs) {}

  /// Appends `count` pixels of `inside`.
  Status add(uint32_t count, bool inside) {
    if (count == 0) return okStatus();
    if (inside == lastInside_) {
      pending_ += count;
      return okStatus();
    }
    MASKLET_TRY(runs_.push(pending_));
    pending_ = count;
    lastInside_ = inside;
    return okStatus();
  }

  /// Writes the last run. Call it once, at the end.
  Status finish() {
    if (pending_ == 0) return okStatus();
    MASKLET_TRY(runs_.push(pending_));
    pending_ = 0;
    return okStatus();
  }

 private:
  Buffer<uint32_t>& runs_;
  uint32_t pending_ = 0;
  bool lastInside_ = false;
};

}  // namespace masklet
