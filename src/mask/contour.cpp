#include "mask/contour.h"

#include <cmath>

#include "mask/simplify.h"
#include "mask/spans.h"

namespace masklet {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

/// A point where the outline turns, between one horizontal and one vertical side. If two pixels
/// meet only at a corner, two such points coincide; they are adjacent in the list.
struct Corner {
  uint32_t x;
  uint32_t y;
  uint32_t next;  ///< the next corner with the object on the right
  uint32_t left;  ///< if row y changes from object to background here: a corner on the edge where
                  ///< that object run begins; else kNone
};

/// Finds all corners of a mask row by row, in reading order, and links each to the next.
class CornerFinder {
 public:
  explicit CornerFinder(Buffer<Corner>& corners) : corners_(corners) {}

  Status find(const MaskView& mask) {
    const uint32_t width = static_cast<uint32_t>(mask.rectSrc.width);
    const uint32_t height = static_cast<uint32_t>(mask.rectSrc.height);
    for (Row* row : {&above_, &below_}) {
      MASKLET_TRY(row->toggles.resize(size_t{width} + 1));
      MASKLET_TRY(row->tops.resize(size_t{width} + 1));
    }
    RowToggles rows(mask.runs, width);
    for (y_ = 0; y_ <= height; ++y_) {
      below_.count = y_ < height ? rows.next(below_.toggles.data()) : 0;
      MASKLET_TRY(linkLine());
      above_.toggles.swap(below_.toggles);
      above_.tops.swap(below_.tops);
      above_.count = below_.count;
    }
    return okStatus();
  }

 private:
  struct Row {
    Buffer<uint32_t> toggles;
    Buffer<uint32_t> tops;  ///< for each toggle, the corner at the upper end of its vertical edge
    uint32_t count = 0;
  };

  /// The line between two rows: edges that end, continue or begin, and the horizontal edges between
  /// their corners.
  Status linkLine() {
    open_ = kNone;
    uint32_t i = 0;
    uint32_t j = 0;
    while (i < above_.count || j < below_.count) {
      const uint32_t xAbove = i < above_.count ? above_.toggles[i] : kNone;
      const uint32_t xBelow = j < below_.count ? below_.toggles[j] : kNone;
      if (xAbove == xBelow && i % 2 == j % 2) {
        below_.tops[j++] = above_.tops[i++];
      } else if (xAbove < xBelow) {
        MASKLET_TRY(endEdge(i++, kNone, j));
      } else if (xBelow < xAbove) {
        MASKLET_TRY(beginEdge(j, j + 1));
        ++j;
      } else if (i % 2 == 0) {
        // Object pixels on the upper right and the lower left: separate objects, so the edge below
        // turns left and the one above right.
        MASKLET_TRY(beginEdge(j, j + 1));
        ++j;
        MASKLET_TRY(endEdge(i++, corners_[corners_.size() - 1].left, j));
      } else {
        MASKLET_TRY(endEdge(i++, kNone, j));
        MASKLET_TRY(beginEdge(j, j + 1));
        ++j;
      }
    }
    return okStatus();
  }

  Status endEdge(uint32_t index, uint32_t left, uint32_t belowPassed) {
    const uint32_t top = above_.tops[index];
    const uint32_t corner = static_cast<uint32_t>(corners_.size());
    MASKLET_TRY(corners_.push({above_.toggles[index], y_, kNone, left}));
    link(corner, top, index % 2 == 0);  // left sides of objects go up, right sides down
    joinHorizontally(corner, belowPassed);
    return okStatus();
  }

  Status beginEdge(uint32_t index, uint32_t belowPassed) {
    const uint32_t corner = static_cast<uint32_t>(corners_.size());
    const uint32_t left = index % 2 == 1 ? below_.tops[index - 1] : kNone;
    MASKLET_TRY(corners_.push({below_.toggles[index], y_, kNone, left}));
    below_.tops[index] = corner;
    joinHorizontally(corner, belowPassed);
    return okStatus();
  }

  void joinHorizontally(uint32_t corner, uint32_t belowPassed) {
    if (open_ == kNone) {
      open_ = corner;
      openIsTop_ = belowPassed % 2 == 1;
      return;
    }
    link(open_, corner, openIsTop_);  // upper sides of objects go right, lower sides left
    open_ = kNone;
  }

  void link(uint32_t a, uint32_t b, bool forward) {
    if (forward) {
      corners_[a].next = b;
    } else {
      corners_[b].next = a;
    }
  }

  Buffer<Corner>& corners_;
  Row above_;
  Row below_;
  uint32_t y_ = 0;
  uint32_t open_ = kNone;  // left end of the current horizontal edge
  bool openIsTop_ = false;
};

/// Closed loops of corners, each point at most once in a loop.
struct Rings {
  Buffer<uint32_t> corners;
  Buffer<uint32_t> offsets;
  Buffer<uint32_t> ringOf;  ///< ring of each corner

  std::span<const uint32_t> ring(uint32_t index) const {
    return corners.span().subspan(offsets[index], offsets[index + 1] - offsets[index]);
  }
};

/// Follows the links. If a loop returns to an earlier point, the part in between becomes a separate
/// ring.
class RingTracer {
 public:
  RingTracer(const Buffer<Corner>& corners, Rings& rings) : corners_(corners), rings_(rings) {}

  Status trace() {
    const uint32_t count = static_cast<uint32_t>(corners_.size());
    MASKLET_TRY(rings_.ringOf.resize(count));
    MASKLET_TRY(place_.resize(count));
    std::fill(place_.begin(), place_.end(), kNone);
    MASKLET_TRY(rings_.corners.reserve(count));
    MASKLET_TRY(rings_.offsets.push(0));
    for (uint32_t start = 0; start < count; ++start) {
      if (place_[start] != kNone) continue;
      uint32_t corner = start;
      do {
        const uint32_t passed = placeOfTwin(corner);
        if (passed != kNone) MASKLET_TRY(cutRing(passed));
        place_[corner] = static_cast<uint32_t>(trail_.size());
        MASKLET_TRY(trail_.push(corner));
        corner = corners_[corner].next;
      } while (corner != start);
      MASKLET_TRY(cutRing(0));
    }
    return okStatus();
  }

 private:
  /// Position of the other corner at the same point on the trail, or kNone.
  uint32_t placeOfTwin(uint32_t corner) const {
    const Corner& here = corners_[corner];
    for (const uint32_t other : {corner - 1, corner + 1}) {
      if (other >= corners_.size() || corners_[other].x != here.x || corners_[other].y != here.y)
        continue;
      const uint32_t place = place_[other];
      if (place < trail_.size() && trail_[place] == other) return place;
    }
    return kNone;
  }

  Status cutRing(uint32_t from) {
    const uint32_t ring = static_cast<uint32_t>(rings_.offsets.size() - 1);
    for (size_t index = from; index < trail_.size(); ++index) {
      rings_.ringOf[trail_[index]] = ring;
      MASKLET_TRY(rings_.corners.push(trail_[index]));
    }
    MASKLET_TRY(rings_.offsets.push(static_cast<uint32_t>(rings_.corners.size())));
    return trail_.resize(from);
  }

  const Buffer<Corner>& corners_;
  Rings& rings_;
  Buffer<uint32_t> trail_;
  Buffer<uint32_t> place_;  // last position of the corner on the trail; kNone before
};

/// Writes the rings above the minimum area, in reading order, with their parents.
class ContourWriter {
 public:
  ContourWriter(const Buffer<Corner>& corners, const Rings& rings, RectPx rectSrc,
                const ContourOptions& options, Contours& contours)
      : corners_(corners),
        rings_(rings),
        rectSrc_(rectSrc),
        options_(options),
        contours_(contours) {}

  Status write() {
    contours_.clear();
    MASKLET_TRY(contours_.ringOffsets.push(0));
    MASKLET_TRY(outers_.resize(rings_.offsets.size() - 1));
    std::fill(outers_.begin(), outers_.end(), kUnseen);
    for (uint32_t corner = 0; corner < corners_.size(); ++corner) {
      const uint32_t ring = rings_.ringOf[corner];
      if (outers_[ring] == kUnseen) MASKLET_TRY(writeRing(ring, corner));
    }
    return okStatus();
  }

 private:
  static constexpr int32_t kUnseen = -2;
  static constexpr int32_t kDropped = -1;

  /// `first` is the first corner of the ring in reading order.
  Status writeRing(uint32_t ring, uint32_t first) {
    MASKLET_TRY(gather(ring, first));
    const int64_t area2 = doubledArea();
    const bool hole = area2 < 0;
    const bool large = 0.5 * static_cast<double>(hole ? -area2 : area2) >= options_.minAreaPx;
    // The object on the left of a hole's first corner has an earlier corner in reading order. Its
    // ring is therefore known, and so is the outer ring, even if that ring is another hole.
    const int32_t outer = hole ? outers_[rings_.ringOf[corners_[first].left]]
                               : (large ? static_cast<int32_t>(contours_.ringCount()) : kDropped);
    outers_[ring] = outer;
    if (!large || outer == kDropped) return okStatus();
    MASKLET_TRY(contours_.ringParents.push(hole ? outer : -1));
    MASKLET_TRY(writePoints());
    return contours_.ringOffsets.push(static_cast<uint32_t>(contours_.points.size() / 2));
  }

  Status gather(uint32_t ring, uint32_t first) {
    const std::span<const uint32_t> corners = rings_.ring(ring);
    size_t start = 0;
    while (corners[start] != first) ++start;
    MASKLET_TRY(scratch_.resize(corners.size()));
    for (size_t index = 0; index < corners.size(); ++index) {
      const Corner& corner = corners_[corners[(start + index) % corners.size()]];
      scratch_[index] = {corner.x, corner.y};
    }
    return okStatus();
  }

  int64_t doubledArea() const {
    int64_t sum = 0;
    CornerPx before = scratch_[scratch_.size() - 1];
    for (const CornerPx& corner : scratch_) {
      sum += int64_t{before.x} * corner.y - int64_t{corner.x} * before.y;
      before = corner;
    }
    return sum;
  }

  Status writePoints() {
    const bool all = options_.tolerancePx == 0;
    if (!all) MASKLET_TRY(simplifier_.simplify(scratch_.span(), options_.tolerancePx));
    for (size_t index = 0; index < scratch_.size(); ++index) {
      if (!all && simplifier_.keep()[index] == 0) continue;
      MASKLET_TRY(contours_.points.push(
          static_cast<float>(static_cast<int32_t>(scratch_[index].x) + rectSrc_.x)));
      MASKLET_TRY(contours_.points.push(
          static_cast<float>(static_cast<int32_t>(scratch_[index].y) + rectSrc_.y)));
    }
    return okStatus();
  }

  const Buffer<Corner>& corners_;
  const Rings& rings_;
  const RectPx rectSrc_;
  const ContourOptions& options_;
  Contours& contours_;
  Buffer<int32_t> outers_;  // for each ring, the index of its outer ring among the written ones,
                            // kDropped or kUnseen
  Buffer<CornerPx> scratch_;
  RingSimplifier simplifier_;
};

}  // namespace

void Contours::clear() {
  points.clear();
  ringOffsets.clear();
  ringParents.clear();
}

Status contoursFromMask(const MaskView& mask, const ContourOptions& options, Contours& contours) {
  for (const double option : {options.tolerancePx, options.minAreaPx}) {
    if (!(option >= 0) || !std::isfinite(option)) return fail(StatusCode::badArgument, option);
  }
  Buffer<Corner> corners;
  MASKLET_TRY(CornerFinder(corners).find(mask));
  Rings rings;
  MASKLET_TRY(RingTracer(corners, rings).trace());
  const Status status = ContourWriter(corners, rings, mask.rectSrc, options, contours).write();
  if (!status.ok()) contours.clear();
  return status;
}

}  // namespace masklet
