// Iterates over the runs of a mask: by spans of object pixels, and by the toggles of each row.
// Internal to src/mask.
#pragma once

#include "mask/mask.h"

namespace masklet {

/// Calls `visit(y, x1, x2)` for the object pixels [x1, x2) of source row y, in reading order.
template <class Visit>
void forEachRowSpan(const MaskView& mask, const Visit& visit) {
  const RectPx& rect = mask.rectSrc;
  if (rect.empty()) return;
  const uint32_t width = static_cast<uint32_t>(rect.width);
  uint32_t position = 0;
  uint32_t rowStart = 0;
  int32_t y = rect.y;
  for (size_t index = 0; index < mask.runs.size(); ++index) {
    uint32_t begin = position;
    position += mask.runs[index];
    if (index % 2 == 0) continue;
    while (begin < position) {
      for (; begin - rowStart >= width; rowStart += width) ++y;
      const uint32_t end = position < rowStart + width ? position : rowStart + width;
      visit(y, rect.x + static_cast<int32_t>(begin - rowStart),
            rect.x + static_cast<int32_t>(end - rowStart));
      begin = end;
    }
  }
}

/// The object pixels of a mask as intervals of positions in another rectangle, the frame: position
/// = row * frame width + column. Ascending. Pixels outside the frame are skipped. Adjacent
/// intervals may touch.
class SpanCursor {
 public:
  SpanCursor(const MaskView& mask, RectPx frame) : runs_(mask.runs) {
    const RectPx& rect = mask.rectSrc;
    const RectPx overlap = intersect(rect, frame);
    if (overlap.empty()) {
      runs_ = {};
      return;
    }
    width_ = static_cast<uint32_t>(rect.width);
    frameWidth_ = static_cast<uint32_t>(frame.width);
    linear_ = rect.x == frame.x && rect.width == frame.width;
    clipBegin_ = static_cast<uint32_t>(overlap.y - rect.y) * width_;
    clipEnd_ = clipBegin_ + static_cast<uint32_t>(overlap.height) * width_;
    clipLeft_ = static_cast<uint32_t>(overlap.x - rect.x);
    clipRight_ = clipLeft_ + static_cast<uint32_t>(overlap.width);
    rowStart_ = clipBegin_;
    // Modulo 2^32: a crop that begins left of or above the frame has a "negative" shift, but every
    // returned position is in range.
    const uint32_t shift = static_cast<uint32_t>(overlap.y - frame.y) * frameWidth_ +
                           (static_cast<uint32_t>(rect.x) - static_cast<uint32_t>(frame.x));
    rowShift_ = shift - rowStart_;
  }

  /// Returns the next nonempty interval [begin, end); false at the end.
  bool next(uint32_t& begin, uint32_t& end) {
    for (;;) {
      if (spanBegin_ == spanEnd_ && !loadSpan()) return false;
      if (linear_) {
        begin = spanBegin_ + rowShift_;
        end = spanEnd_ + rowShift_;
        spanBegin_ = spanEnd_;
        return true;
      }
      for (; spanBegin_ - rowStart_ >= width_; rowStart_ += width_)
        rowShift_ += frameWidth_ - width_;
      const uint32_t left = std::max(spanBegin_ - rowStart_, clipLeft_);
      spanBegin_ = std::min(spanEnd_, rowStart_ + width_);
      const uint32_t right = std::min(spanBegin_ - rowStart_, clipRight_);
      if (left >= right) continue;
      begin = rowStart_ + rowShift_ + left;
      end = rowStart_ + rowShift_ + right;
      return true;
    }
  }

 private:
  bool loadSpan() {
    while (index_ + 1 < runs_.size()) {
      const uint32_t begin = position_ + runs_[index_];
      position_ = begin + runs_[index_ + 1];
      index_ += 2;
      if (begin >= clipEnd_) break;
      if (position_ <= clipBegin_) continue;
      spanBegin_ = std::max(begin, clipBegin_);
      spanEnd_ = std::min(position_, clipEnd_);
      return true;
    }
    runs_ = {};
    return false;
  }

  std::span<const uint32_t> runs_;
  size_t index_ = 0;
  uint32_t position_ = 0;   // crop position after the runs read so far
  uint32_t spanBegin_ = 0;  // rest of the current object run, in crop positions
  uint32_t spanEnd_ = 0;
  uint32_t rowStart_ = 0;  // crop position where the current row begins
  uint32_t rowShift_ = 0;  // frame position minus crop position on that row
  uint32_t width_ = 0;
  uint32_t frameWidth_ = 0;
  uint32_t clipBegin_ = 0;  // rows inside the frame, in crop positions
  uint32_t clipEnd_ = 0;
  uint32_t clipLeft_ = 0;  // columns inside the frame
  uint32_t clipRight_ = 0;
  bool linear_ = false;  // crop and frame have the same columns, so runs are not split into rows
};

/// The columns where the mask changes, row by row, with background on both sides. Even ones begin
/// object pixels, odd ones end them.
class RowToggles {
 public:
  RowToggles(std::span<const uint32_t> runs, uint32_t width) : runs_(runs), width_(width) {
    advance();
  }

  /// Writes the toggles of the next row, ascending, at most width + 1, and returns their number,
  /// which is even.
  uint32_t next(uint32_t* toggles) {
    uint32_t count = 0;
    uint32_t x = 0;
    if (inside_) toggles[count++] = 0;
    for (;;) {
      const uint32_t rest = width_ - x;
      if (left_ >= rest) {
        if (inside_) toggles[count++] = width_;
        left_ -= rest;
        if (left_ == 0) advance();
        return count;
      }
      x += left_;
      advance();
      toggles[count++] = x;
    }
  }

 private:
  void advance() {
    inside_ = index_ % 2 == 1;
    left_ = index_ < runs_.size() ? runs_[index_] : UINT32_MAX;
    ++index_;
  }

  std::span<const uint32_t> runs_;
  size_t index_ = 0;
  uint32_t width_;
  uint32_t left_ = 0;  // remaining pixels of the current run
  bool inside_ = false;
};

}  // namespace masklet
