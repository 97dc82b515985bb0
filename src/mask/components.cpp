#include "mask/components.h"

#include <algorithm>
#include <utility>

#include "mask/rle.h"
#include "mask/spans.h"

namespace masklet {

namespace {

/// Sets of spans that touch (union-find with path halving); the root of a set is its first span.
class SpanSets {
 public:
  Status begin(size_t count) {
    MASKLET_TRY(parents_.resize(count));
    for (size_t i = 0; i < count; ++i) parents_[i] = static_cast<uint32_t>(i);
    return okStatus();
  }

  uint32_t root(uint32_t span) {
    while (parents_[span] != span) {
      parents_[span] = parents_[parents_[span]];
      span = parents_[span];
    }
    return span;
  }

  void unite(uint32_t a, uint32_t b) {
    a = root(a);
    b = root(b);
    parents_[std::max(a, b)] = std::min(a, b);
  }

 private:
  Buffer<uint32_t> parents_;
};

/// Unites the spans of adjacent rows that share a side or a corner.
void uniteRows(const Buffer<PixelSpan>& spans, SpanSets& sets) {
  size_t above = 0;  // the first span that can still touch the current one
  for (size_t at = 0; at < spans.size(); ++at) {
    const PixelSpan& span = spans[at];
    const auto isPast = [&](const PixelSpan& other) {
      return other.y < span.y - 1 || (other.y == span.y - 1 && other.x2 < span.x1);
    };
    while (above < at && isPast(spans[above])) ++above;
    for (size_t other = above; other < at; ++other) {
      if (spans[other].y != span.y - 1 || spans[other].x1 > span.x2) break;
      sets.unite(static_cast<uint32_t>(other), static_cast<uint32_t>(at));
    }
  }
}

/// Labels and areas from the spans.
Status labelSpans(Components& components) {
  const Buffer<PixelSpan>& spans = components.spans;
  SpanSets sets;
  MASKLET_TRY(sets.begin(spans.size()));
  uniteRows(spans, sets);
  components.areasPx.clear();
  MASKLET_TRY(components.labels.resize(spans.size()));
  for (uint32_t at = 0; at < spans.size(); ++at) {
    const uint32_t root = sets.root(at);
    if (root == at) {
      components.labels[at] = static_cast<uint32_t>(components.areasPx.size());
      MASKLET_TRY(components.areasPx.push(0));
    } else {
      components.labels[at] = components.labels[root];
    }
    components.areasPx[components.labels[at]] += static_cast<uint32_t>(spans[at].x2 - spans[at].x1);
  }
  return okStatus();
}

/// The object's spans of a mask that covers the whole image, or those of its background.
Status collectSpans(const MaskView& mask, bool background, Buffer<PixelSpan>& spans) {
  spans.clear();
  Status status;
  const auto add = [&](int32_t y, int32_t x1, int32_t x2) {
    if (status.ok() && x1 < x2) status = spans.push({y, x1, x2});
  };
  if (!background) {
    forEachRowSpan(mask, add);
    return status;
  }
  const RectPx& rect = mask.rectSrc;
  int32_t y = rect.y;
  int32_t x = rect.x;
  const auto closeRow = [&] {
    add(y, x, rect.x + rect.width);
    ++y;
    x = rect.x;
  };
  forEachRowSpan(mask, [&](int32_t row, int32_t x1, int32_t x2) {
    while (y < row) closeRow();
    add(y, x, x1);
    x = x2;
  });
  while (y < rect.y + rect.height) closeRow();
  return status;
}

/// The runs over `rect` of the spans whose part is marked, or of all others.
Status writeRuns(const Components& components, const Buffer<uint8_t>& marked, bool keepMarked,
                 RectPx rect, Buffer<uint32_t>& runs) {
  runs.clear();
  RunWriter writer(runs);
  const auto width = static_cast<uint32_t>(rect.width);
  uint32_t position = 0;
  for (size_t at = 0; at < components.spans.size(); ++at) {
    if (marked[components.labels[at]] == 0) continue;
    const PixelSpan& span = components.spans[at];
    const uint32_t begin =
        static_cast<uint32_t>(span.y - rect.y) * width + static_cast<uint32_t>(span.x1 - rect.x);
    const auto length = static_cast<uint32_t>(span.x2 - span.x1);
    MASKLET_TRY(writer.add(begin - position, !keepMarked));
    MASKLET_TRY(writer.add(length, keepMarked));
    position = begin + length;
  }
  MASKLET_TRY(writer.add(static_cast<uint32_t>(rect.area()) - position, !keepMarked));
  return writer.finish();
}

/// Marks the parts of at least `minAreaPx`. Returns false if no part is smaller.
Status markLarge(const Components& components, uint32_t minAreaPx, Buffer<uint8_t>& marked,
                 bool& anySmall) {
  anySmall = false;
  MASKLET_TRY(marked.resize(components.count()));
  for (size_t part = 0; part < components.count(); ++part) {
    const bool large = components.areasPx[part] >= minAreaPx;
    marked[part] = large ? 1 : 0;
    anySmall = anySmall || !large;
  }
  return okStatus();
}

/// `framed` covers the whole image. It writes the remaining background, so that all else is object.
Status fillSmallHoles(uint32_t minAreaPx, Mask& framed) {
  Components holes;
  Buffer<uint8_t> marked;
  bool anySmall = false;
  MASKLET_TRY(collectSpans(framed.view(), true, holes.spans));
  MASKLET_TRY(labelSpans(holes));
  MASKLET_TRY(markLarge(holes, minAreaPx, marked, anySmall));
  return anySmall ? writeRuns(holes, marked, false, framed.rectSrc, framed.runs) : okStatus();
}

Status dropSmallIslands(uint32_t minAreaPx, Mask& framed) {
  Components islands;
  Buffer<uint8_t> marked;
  bool anySmall = false;
  MASKLET_TRY(findComponents(framed.view(), islands));
  MASKLET_TRY(markLarge(islands, minAreaPx, marked, anySmall));
  if (!anySmall) return okStatus();
  if (std::find(marked.begin(), marked.end(), 1) == marked.end()) {
    const uint32_t* largest = std::max_element(islands.areasPx.begin(), islands.areasPx.end());
    marked[static_cast<size_t>(largest - islands.areasPx.begin())] = 1;
  }
  return writeRuns(islands, marked, true, framed.rectSrc, framed.runs);
}

}  // namespace

Status findComponents(const MaskView& mask, Components& components) {
  MASKLET_TRY(collectSpans(mask, false, components.spans));
  return labelSpans(components);
}

Status removeSmallRegions(const MaskView& mask, SizePx sizeSrc, uint32_t minAreaPx, Mask& cleaned) {
  for (const int32_t side : {sizeSrc.width, sizeSrc.height}) {
    if (side < 1 || side > kMaxSidePx) return fail(StatusCode::badSize, side);
  }
  Mask framed;
  MASKLET_TRY(reframe(mask, {0, 0, sizeSrc.width, sizeSrc.height}, framed));
  MASKLET_TRY(fillSmallHoles(minAreaPx, framed));
  MASKLET_TRY(dropSmallIslands(minAreaPx, framed));
  trimMask(framed);
  cleaned = std::move(framed);
  return okStatus();
}

}  // namespace masklet
