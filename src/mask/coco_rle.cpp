#include "mask/coco_rle.h"

#include "mask/line_toggles.h"
#include "mask/measure.h"
#include "mask/rle.h"
#include "mask/spans.h"

namespace masklet {
namespace {

Status checkSource(SizePx size) {
  if (size.width < 1 || size.width > kMaxSidePx) return fail(StatusCode::badSize, size.width);
  if (size.height < 1 || size.height > kMaxSidePx) return fail(StatusCode::badSize, size.height);
  return okStatus();
}

/// Calls `visit(begin, end)` for the columns in which two rows, given by their toggles, differ.
template <class Visit>
void forEachDifference(std::span<const uint32_t> above, std::span<const uint32_t> below,
                       const Visit& visit) {
  size_t i = 0;
  size_t j = 0;
  uint32_t begin = 0;
  bool differs = false;
  while (i < above.size() || j < below.size()) {
    const uint32_t a = i < above.size() ? above[i] : UINT32_MAX;
    const uint32_t b = j < below.size() ? below[j] : UINT32_MAX;
    const uint32_t x = std::min(a, b);
    i += a == x;
    j += b == x;
    if (a == b) continue;
    if (differs) visit(begin, x);
    differs = !differs;
    begin = x;
  }
}

/// Calls `visit(y, begin, end)` for the columns in which row y differs from row y - 1, with
/// background above and below the mask. `scratch` holds 2 * (width + 1) elements.
template <class Visit>
void forEachHorizontalEdge(std::span<const uint32_t> runs, SizePx size, std::span<uint32_t> scratch,
                           const Visit& visit) {
  RowToggles rows(runs, static_cast<uint32_t>(size.width));
  uint32_t* above = scratch.data();
  uint32_t* below = scratch.data() + size.width + 1;
  uint32_t aboveCount = 0;
  for (int32_t y = 0; y <= size.height; ++y) {
    const uint32_t belowCount = y < size.height ? rows.next(below) : 0;
    forEachDifference({above, aboveCount}, {below, belowCount}, [&](uint32_t begin, uint32_t end) {
      visit(static_cast<uint32_t>(y), begin, end);
    });
    std::swap(above, below);
    aboveCount = belowCount;
  }
}

constexpr RectPx transposed(RectPx rect) {
  return {rect.y, rect.x, rect.height, rect.width};
}

Status transposeMask(const MaskView& mask, Mask& result) {
  Buffer<uint32_t> runs;
  MASKLET_TRY(transposeRuns(mask.runs, {mask.rectSrc.width, mask.rectSrc.height}, runs));
  result.rectSrc = transposed(mask.rectSrc);
  result.runs.swap(runs);
  return okStatus();
}

constexpr char kFirstCharacter = '0';
constexpr uint32_t kMoreGroups = 0x20;
constexpr uint32_t kSignBit = 0x10;
constexpr uint32_t kMaxGroups = 7;  // 35 bits: room for the difference of two 32-bit counts

/// Reads one number at `offset` and moves `offset` behind it. Fails with badRleString.
Status readNumber(std::string_view text, size_t& offset, int64_t& number) {
  uint64_t bits = 0;
  for (uint32_t group = 0;; ++group) {
    if (offset == text.size() || group == kMaxGroups) return fail(StatusCode::badRleString, offset);
    const uint32_t code =
        static_cast<uint32_t>(static_cast<uint8_t>(text[offset])) - kFirstCharacter;
    if (code > 0x3f) return fail(StatusCode::badRleString, offset);
    ++offset;
    bits |= uint64_t{code & 0x1f} << (5 * group);
    if ((code & kMoreGroups) != 0) continue;
    if ((code & kSignBit) != 0) bits |= ~uint64_t{0} << (5 * (group + 1));
    number = static_cast<int64_t>(bits);
    return okStatus();
  }
}

Status writeNumber(int64_t number, Buffer<char>& text) {
  for (bool more = true; more;) {
    uint32_t code = static_cast<uint32_t>(number & 0x1f);
    number >>= 5;
    more = number != ((code & kSignBit) != 0 ? -1 : 0);
    if (more) code |= kMoreGroups;
    MASKLET_TRY(text.push(static_cast<char>(code + kFirstCharacter)));
  }
  return okStatus();
}

}  // namespace

Status transposeRuns(std::span<const uint32_t> runs, SizePx size, Buffer<uint32_t>& transposed) {
  Buffer<uint32_t> scratch;
  MASKLET_TRY(scratch.resize(2 * (static_cast<size_t>(size.width) + 1)));
  LineToggles columns;
  MASKLET_TRY(columns.begin(static_cast<uint32_t>(size.width)));
  forEachHorizontalEdge(runs, size, scratch.span(), [&](uint32_t, uint32_t begin, uint32_t end) {
    for (uint32_t x = begin; x < end; ++x) columns.count(x);
  });
  MASKLET_TRY(columns.place());
  forEachHorizontalEdge(runs, size, scratch.span(), [&](uint32_t y, uint32_t begin, uint32_t end) {
    for (uint32_t x = begin; x < end; ++x) columns.add(x, y);
  });
  Buffer<uint32_t> result;
  MASKLET_TRY(columns.write(static_cast<uint32_t>(size.height), result));
  transposed.swap(result);
  return okStatus();
}

Status cocoCountsFromMask(const MaskView& mask, SizePx sizeSrc, Buffer<uint32_t>& counts) {
  MASKLET_TRY(checkSource(sizeSrc));
  Mask columns;
  MASKLET_TRY(transposeMask(mask, columns));
  MASKLET_TRY(reframe(columns.view(), {0, 0, sizeSrc.height, sizeSrc.width}, columns));
  counts.swap(columns.runs);
  return okStatus();
}

Status maskFromCocoCounts(std::span<const uint32_t> counts, SizePx sizeSrc, Mask& mask) {
  MASKLET_TRY(checkSource(sizeSrc));
  uint64_t sum = 0;
  for (const uint32_t count : counts) sum += count;
  Mask columns;
  columns.rectSrc = {0, 0, sizeSrc.height, sizeSrc.width};
  if (sum != static_cast<uint64_t>(columns.rectSrc.area())) return fail(StatusCode::badRuns, sum);
  MASKLET_TRY(columns.runs.reserve(counts.size() + 1));
  RunWriter writer(columns.runs);  // joins the neighbors of zero counts
  for (size_t index = 0; index < counts.size(); ++index) {
    MASKLET_TRY(writer.add(counts[index], index % 2 == 1));
  }
  MASKLET_TRY(writer.finish());
  trimMask(columns);
  return transposeMask(columns.view(), mask);
}

Status cocoStringFromCounts(std::span<const uint32_t> counts, Buffer<char>& text) {
  Buffer<char> result;
  MASKLET_TRY(result.reserve(2 * counts.size() + 16));
  for (size_t index = 0; index < counts.size(); ++index) {
    // As in rleToString, the first difference is count 3 minus count 1.
    const int64_t before = index > 2 ? counts[index - 2] : 0;
    MASKLET_TRY(writeNumber(int64_t{counts[index]} - before, result));
  }
  text.swap(result);
  return okStatus();
}

Status cocoCountsFromString(std::string_view text, Buffer<uint32_t>& counts) {
  Buffer<uint32_t> result;
  MASKLET_TRY(result.reserve(text.size()));
  for (size_t offset = 0; offset < text.size();) {
    const size_t start = offset;
    int64_t number = 0;
    MASKLET_TRY(readNumber(text, offset, number));
    if (result.size() > 2) number += result[result.size() - 2];
    if (number < 0 || number > UINT32_MAX) return fail(StatusCode::badRleString, start);
    MASKLET_TRY(result.push(static_cast<uint32_t>(number)));
  }
  counts.swap(result);
  return okStatus();
}

}  // namespace masklet
