#include "mask/rle.h"

#include <bit>
#include <cstring>

#include "mask/measure.h"
#include "mask/spans.h"

namespace masklet {
namespace {

static_assert(std::endian::native == std::endian::little,
              "eight pixels are read as one word, the first in its low byte");

Status checkRect(RectPx rect) {
  const Status status = validateMask({rect, {}});
  return status.code == StatusCode::badRuns ? okStatus() : status;
}

/// Compares eight bytes at a time with one threshold.
class AtLeast {
 public:
  explicit AtLeast(uint32_t threshold)
      : low_((threshold & 0x7f) * kOnes), high_(threshold >= 0x80) {}

  /// The high bit of each byte that is >= the threshold; all other bits 0.
  uint64_t operator()(uint64_t bytes) const {
    // A borrow never crosses a byte: each minuend is at least 0x80, each subtrahend at most 0x7f.
    const uint64_t low = (bytes | kHighBits) - low_;
    return (high_ ? bytes & low : bytes | low) & kHighBits;
  }

  static constexpr uint64_t kOnes = 0x0101010101010101u;
  static constexpr uint64_t kHighBits = 0x80 * kOnes;

 private:
  uint64_t low_;
  bool high_;
};

/// Finds run lengths, eight pixels at a time.
class PixelRuns {
 public:
  PixelRuns(AtLeast inside, uint32_t* runs) : inside_(inside), runs_(runs) {}

  void setOutput(uint32_t* runs) { runs_ = runs; }
  size_t count() const { return count_; }

  /// Reads `width` pixels; writes at most `width` runs.
  void addRow(const uint8_t* row, uint32_t width) {
    uint32_t x = 0;
    for (; x + 32 <= width; x += 32) addBlock(row, x);
    for (; x + 8 <= width; x += 8) addWord(inside_(load(row + x)), x);
    if (x < width) {
      uint64_t bytes = 0;
      const uint32_t rest = width - x;
      std::memcpy(&bytes, row + x, rest);
      const uint64_t flags = inside_(bytes);
      writeToggles((flags ^ (flags << 8 | carry_)) & (~uint64_t{0} >> (64 - 8 * rest)), x);
      carry_ = flags >> (8 * rest - 8) & 0x80;
    }
    rowStart_ += width;
  }

  void finish() {
    if (last_ < rowStart_) runs_[count_++] = rowStart_ - last_;
  }

 private:
  static uint64_t load(const uint8_t* pixels) {
    uint64_t bytes;
    std::memcpy(&bytes, pixels, 8);
    return bytes;
  }

  /// 32 pixels. It returns early in the most common case: all equal the previous pixel.
  void addBlock(const uint8_t* row, uint32_t x) {
    const uint64_t like = carry_ == 0 ? 0 : AtLeast::kHighBits;
    uint64_t flags[4];
    uint64_t unlike = 0;
    for (uint32_t word = 0; word < 4; ++word) {
      flags[word] = inside_(load(row + x + 8 * word));
      unlike |= flags[word] ^ like;
    }
    if (unlike == 0) return;
    for (uint32_t word = 0; word < 4; ++word) addWord(flags[word], x + 8 * word);
  }

  void addWord(uint64_t flags, uint32_t x) {
    writeToggles(flags ^ (flags << 8 | carry_), x);
    carry_ = flags >> 56;
  }

  void writeToggles(uint64_t toggles, uint32_t x) {
    for (; toggles != 0; toggles &= toggles - 1) {
      const uint32_t position =
          rowStart_ + x + static_cast<uint32_t>(std::countr_zero(toggles) / 8);
      runs_[count_++] = position - last_;
      last_ = position;
    }
  }

  AtLeast inside_;
  uint32_t* runs_;
  size_t count_ = 0;
  uint64_t carry_ = 0;  // 0x80 if the previous pixel was inside
  uint32_t rowStart_ = 0;
  uint32_t last_ = 0;  // position of the last toggle
};

/// The boundaries of the spans of one mask, one at a time.
class ToggleStream {
 public:
  static constexpr uint32_t kEnd = UINT32_MAX;

  ToggleStream(const MaskView& mask, RectPx frame) : cursor_(mask, frame) { advance(); }

  uint32_t at() const { return at_; }
  bool inside() const { return inside_; }

  void skip(uint32_t position) {
    if (at_ != position) return;
    inside_ = !inside_;
    if (inside_) {
      at_ = end_;
    } else {
      advance();
    }
  }

 private:
  void advance() {
    if (!cursor_.next(at_, end_)) at_ = kEnd;
  }

  SpanCursor cursor_;
  uint32_t at_ = 0;
  uint32_t end_ = 0;
  bool inside_ = false;
};

/// Bit 2 * a + b: whether the result contains a pixel with the value `a` in the first and `b` in
/// the second mask.
constexpr uint32_t truthTable(MergeOp op) {
  switch (op) {
    case MergeOp::unite:
      return 0b1110;
    case MergeOp::intersect:
      return 0b1000;
    case MergeOp::subtract:
      return 0b0100;
    case MergeOp::exclude:
      return 0b0110;
  }
  return 0;
}

Status sweep(ToggleStream a, ToggleStream b, uint32_t table, uint32_t area,
             Buffer<uint32_t>& runs) {
  RunWriter writer(runs);
  uint32_t position = 0;
  for (uint32_t next = std::min(a.at(), b.at()); next != ToggleStream::kEnd;
       next = std::min(a.at(), b.at())) {
    const uint32_t combination = 2 * uint32_t{a.inside()} + uint32_t{b.inside()};
    MASKLET_TRY(writer.add(next - position, (table >> combination & 1) != 0));
    position = next;
    a.skip(next);
    b.skip(next);
  }
  MASKLET_TRY(writer.add(area - position, false));
  return writer.finish();
}

RectPx hull(RectPx a, RectPx b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  const int32_t x = std::min(a.x, b.x);
  const int32_t y = std::min(a.y, b.y);
  return {x, y, std::max(a.x + a.width, b.x + b.width) - x,
          std::max(a.y + a.height, b.y + b.height) - y};
}

RectPx mergeFrame(RectPx a, RectPx b, MergeOp op) {
  if (op == MergeOp::intersect) return intersect(a, b);
  return op == MergeOp::subtract ? a : hull(a, b);
}

}  // namespace

Status maskFromPixels(const ImageView<const uint8_t>& pixels, int32_t x, int32_t y,
                      uint32_t threshold, Mask& mask) {
  if (threshold > 255) return fail(StatusCode::badArgument, threshold);
  if (pixels.channels != 1) return fail(StatusCode::badArgument, pixels.channels);
  const RectPx rect{x, y, pixels.widthPx, pixels.heightPx};
  MASKLET_TRY(checkRect(rect));
  Buffer<uint32_t> runs;
  PixelRuns writer(AtLeast(threshold), runs.data());
  const uint32_t width = static_cast<uint32_t>(rect.width);
  for (int32_t row = 0; row < rect.height; ++row) {
    const size_t needed = writer.count() + width + 1;
    if (needed > runs.capacity()) {
      MASKLET_TRY(runs.reserve(needed + needed / 2));
      writer.setOutput(runs.data());
    }
    writer.addRow(pixels.row(row), width);
  }
  writer.finish();
  MASKLET_TRY(runs.resize(writer.count()));
  mask.rectSrc = rect;
  mask.runs.swap(runs);
  return okStatus();
}

Status maskToPixels(const MaskView& mask, int32_t x, int32_t y, const ImageView<uint8_t>& canvas,
                    uint8_t value) {
  if (canvas.channels != 1) return fail(StatusCode::badArgument, canvas.channels);
  const RectPx frame{x, y, canvas.widthPx, canvas.heightPx};
  MASKLET_TRY(checkRect(frame));
  forEachRowSpan(mask, [&](int32_t row, int32_t left, int32_t right) {
    if (row < y || row - y >= canvas.heightPx) return;
    const int32_t begin = std::max(left - x, 0);
    const int32_t end = std::min(right - x, canvas.widthPx);
    if (begin < end)
      std::memset(canvas.row(row - y) + begin, value, static_cast<size_t>(end - begin));
  });
  return okStatus();
}

void trimMask(Mask& mask) {
  const MaskView view = mask.view();
  const RectPx box = boundingBox(view);
  if (box == mask.rectSrc) return;
  // In place: cutting off background never splits a run of the object, so writing never overtakes
  // reading and fits into the existing room. (A run that spans rows touches both sides; then all
  // columns stay.)
  SpanCursor cursor(view, box);
  mask.rectSrc = box;
  mask.runs.clear();
  if (box.empty()) return;
  uint32_t position = 0;
  uint32_t begin = 0;
  uint32_t end = 0;
  RunWriter writer(mask.runs);
  while (cursor.next(begin, end)) {
    (void)writer.add(begin - position, false);
    (void)writer.add(end - begin, true);
    position = end;
  }
  (void)writer.add(static_cast<uint32_t>(box.area()) - position, false);
  (void)writer.finish();
}

Status translate(Mask& mask, int32_t dx, int32_t dy) {
  const int64_t x = int64_t{mask.rectSrc.x} + dx;
  const int64_t y = int64_t{mask.rectSrc.y} + dy;
  if (x < -kMaxSidePx || x + mask.rectSrc.width > kMaxSidePx) return fail(StatusCode::badSize, x);
  if (y < -kMaxSidePx || y + mask.rectSrc.height > kMaxSidePx) return fail(StatusCode::badSize, y);
  mask.rectSrc.x = static_cast<int32_t>(x);
  mask.rectSrc.y = static_cast<int32_t>(y);
  return okStatus();
}

Status reframe(const MaskView& mask, RectPx rectSrc, Mask& framed) {
  MASKLET_TRY(checkRect(rectSrc));
  Buffer<uint32_t> runs;
  MASKLET_TRY(runs.reserve(mask.runs.size() + 2));
  RunWriter writer(runs);
  SpanCursor cursor(mask, rectSrc);
  uint32_t position = 0;
  uint32_t begin = 0;
  uint32_t end = 0;
  while (cursor.next(begin, end)) {
    MASKLET_TRY(writer.add(begin - position, false));
    MASKLET_TRY(writer.add(end - begin, true));
    position = end;
  }
  MASKLET_TRY(writer.add(static_cast<uint32_t>(rectSrc.area()) - position, false));
  MASKLET_TRY(writer.finish());
  framed.rectSrc = rectSrc;
  framed.runs.swap(runs);
  return okStatus();
}

bool contains(const MaskView& mask, int32_t x, int32_t y) {
  const int64_t column = int64_t{x} - mask.rectSrc.x;
  const int64_t row = int64_t{y} - mask.rectSrc.y;
  if (column < 0 || row < 0 || column >= mask.rectSrc.width || row >= mask.rectSrc.height)
    return false;
  const uint32_t position = static_cast<uint32_t>(row * mask.rectSrc.width + column);
  uint32_t end = 0;
  for (size_t index = 0; index < mask.runs.size(); ++index) {
    end += mask.runs[index];
    if (position < end) return index % 2 == 1;
  }
  return false;
}

Status merge(const MaskView& a, const MaskView& b, MergeOp op, Mask& merged) {
  const uint32_t table = truthTable(op);
  if (table == 0) return fail(StatusCode::badArgument, static_cast<uint32_t>(op));
  const RectPx frame = mergeFrame(boundingBox(a), boundingBox(b), op);
  MASKLET_TRY(checkRect(frame));
  Mask result;
  result.rectSrc = frame;
  MASKLET_TRY(result.runs.reserve(a.runs.size() + b.runs.size() + 2));
  MASKLET_TRY(sweep(ToggleStream(a, frame), ToggleStream(b, frame), table,
                    static_cast<uint32_t>(frame.area()), result.runs));
  trimMask(result);
  std::swap(merged, result);
  return okStatus();
}

Status mergeMany(std::span<const MaskView> masks, MergeOp op, Mask& merged) {
  if (truthTable(op) == 0) return fail(StatusCode::badArgument, static_cast<uint32_t>(op));
  Mask result;
  if (masks.size() == 1) MASKLET_TRY(reframe(masks[0], boundingBox(masks[0]), result));
  if (masks.size() > 1) MASKLET_TRY(merge(masks[0], masks[1], op, result));
  for (size_t index = 2; index < masks.size(); ++index) {
    MASKLET_TRY(merge(result.view(), masks[index], op, result));
  }
  std::swap(merged, result);
  return okStatus();
}

}  // namespace masklet
