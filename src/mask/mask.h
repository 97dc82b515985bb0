// The one form in which a mask is kept: a crop of the image and run lengths over it.
#pragma once

#include <cstdint>
#include <span>

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// A mask that others own. `runs` counts pixels of the crop in reading order (row after row),
/// alternately background and object, beginning with background (the first run may be 0, no later
/// one is). They add up to rect.area(); a run may go on over the end of a row.
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

/// Ok when the runs of `mask` are well formed (see MaskView). Fails with badSize for a rectangle
/// with a side outside [0, kMaxSidePx] or a corner outside +-kMaxSidePx, with badRuns when the sum
/// differs from the area or a later run is 0. An empty rectangle has no runs.
Status validateMask(const MaskView& mask);

/// Appends run lengths pixel span by pixel span and merges neighbors of one value.
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

  /// Writes the last run; to be called once at the end.
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
