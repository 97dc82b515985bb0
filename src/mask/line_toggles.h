// Collects boundary points per line, and computes the runs between them. Internal to src/mask.
#pragma once

#include <algorithm>

#include "mask/mask.h"

namespace masklet {

/// The points where a shape begins and ends on parallel lines, in any order of lines. Use it in two
/// passes over the same points: count() each, place() once, add() each; then read the runs. It uses
/// two flat arrays, so that it does not allocate per line.
class LineToggles {
 public:
  /// Resets everything. Fails with outOfMemory.
  Status begin(uint32_t lines) {
    lines_ = lines;
    MASKLET_TRY(offsets_.resize(size_t{lines} + 2));
    std::fill(offsets_.begin(), offsets_.end(), 0u);
    return okStatus();
  }

  void count(uint32_t line) { ++offsets_[size_t{line} + 2]; }

  /// Ends the counting pass. Fails with outOfMemory.
  Status place() {
    uint64_t sum = 0;
    for (size_t index = 2; index < offsets_.size(); ++index) {
      sum += offsets_[index];
      if (sum > UINT32_MAX) return fail(StatusCode::outOfMemory, sum * sizeof(uint32_t));
      offsets_[index] = static_cast<uint32_t>(sum);
    }
    return toggles_.resize(static_cast<size_t>(sum));
  }

  /// `position` is the first pixel after the boundary, 0..length of a line.
  void add(uint32_t line, uint32_t position) { toggles_[offsets_[size_t{line} + 1]++] = position; }

  /// Required if the points of a line were not added in ascending order.
  void sort() {
    for (size_t line = 0; line < lines_; ++line) {
      std::sort(toggles_.begin() + offsets_[line], toggles_.begin() + offsets_[line + 1]);
    }
  }

  /// Appends the runs of all lines, each `length` pixels long, one after another. The number of
  /// points on each line must be even; points at the same position cancel. Fails with outOfMemory.
  Status write(uint32_t length, Buffer<uint32_t>& runs) const {
    MASKLET_TRY(runs.reserve(runs.size() + toggles_.size() + 2));
    RunWriter writer(runs);
    uint32_t position = 0;
    for (uint32_t line = 0; line < lines_; ++line) {
      const uint32_t lineStart = line * length;
      for (size_t index = offsets_[line]; index + 1 < offsets_[size_t{line} + 1]; index += 2) {
        const uint32_t begin = lineStart + toggles_[index];
        const uint32_t end = lineStart + toggles_[index + 1];
        MASKLET_TRY(writer.add(begin - position, false));
        MASKLET_TRY(writer.add(end - begin, true));
        position = end;
      }
    }
    MASKLET_TRY(writer.add(lines_ * length - position, false));
    return writer.finish();
  }

 private:
  uint32_t lines_ = 0;
  // Counts at [line + 2], then starts at [line + 1]. add() advances the starts until they are the
  // ends: line k has [k] to [k + 1].
  Buffer<uint32_t> offsets_;
  Buffer<uint32_t> toggles_;
};

}  // namespace masklet
