#include "mask/polygon.h"

#include <cmath>

#include "mask/coco_rle.h"
#include "mask/line_toggles.h"
#include "mask/rle.h"

namespace masklet {
namespace {

Status validatePolygons(const PolygonView& polygons) {
  uint64_t before = 0;
  for (const uint32_t offset : polygons.ringOffsets) {
    if (offset < before || offset > polygons.points.size() / 2)
      return fail(StatusCode::badIndex, offset);
    before = offset;
  }
  for (const double coordinate : polygons.points) {
    if (!(std::abs(coordinate) <= kMaxPointPx)) return fail(StatusCode::badArgument, coordinate);
  }
  return okStatus();
}

/// Calls `visit(from, to)` for each edge of a ring given as x, y pairs.
template <class Visit>
void forEachEdge(std::span<const double> ring, const Visit& visit) {
  const size_t count = ring.size() / 2;
  for (size_t index = 0; index < count; ++index) {
    const size_t next = index + 1 == count ? 0 : index + 1;
    visit(Point{ring[2 * index], ring[2 * index + 1]}, Point{ring[2 * next], ring[2 * next + 1]});
  }
}

std::span<const double> ringPoints(const PolygonView& polygons, size_t ring) {
  const size_t begin = polygons.ringOffsets[ring];
  return polygons.points.subspan(2 * begin, 2 * (polygons.ringOffsets[ring + 1] - begin));
}

size_t ringCount(const PolygonView& polygons) {
  return polygons.ringOffsets.empty() ? 0 : polygons.ringOffsets.size() - 1;
}

/// First pixel whose center is not before `coordinate`, as an index into [first, first + count],
/// clamped.
uint32_t firstPixel(double coordinate, int32_t first, int32_t count) {
  return static_cast<uint32_t>(
      std::clamp(std::ceil(coordinate - 0.5) - first, 0.0, static_cast<double>(count)));
}

/// Calls `visit(row, column)`, relative to `rect`, for each crossing of an edge with the line
/// through the pixel centers of a row.
template <class Visit>
void forEachRowCrossing(Point from, Point to, RectPx rect, const Visit& visit) {
  // The arithmetic is the same in both directions of the edge, so that polygons with a common edge
  // neither overlap nor leave a gap.
  if (from.y > to.y) std::swap(from, to);
  const uint32_t begin = firstPixel(from.y, rect.y, rect.height);
  const uint32_t end = firstPixel(to.y, rect.y, rect.height);
  if (begin >= end) return;
  const double slope = (to.x - from.x) / (to.y - from.y);
  for (uint32_t row = begin; row < end; ++row) {
    const double x = from.x + (rect.y + static_cast<double>(row) + 0.5 - from.y) * slope;
    visit(row, firstPixel(x, rect.x, rect.width));
  }
}

// The rasterizer of COCO (rleFrPoly in cocoapi's maskApi.c). It walks each edge on a grid five
// times as fine, one step along the longer axis at a time. A step from fine column 5c + 2 to 5c +
// 3, or back, is a crossing: the middle of pixel column c. This code visits only those steps. All
// roundings are those of the original: (int)(value + 0.5) to the fine grid and along the edge, and
// the shorter axis from the end with the smaller coordinate on the longer axis.

constexpr int32_t kFine = 5;

struct FinePoint {
  int32_t x;
  int32_t y;
};

int32_t roundAsCoco(double value) {
  return static_cast<int32_t>(
      value + 0.5);  // NOLINT(bugprone-incorrect-roundings): the original's rounding
}

FinePoint toFine(Point point) {
  return {roundAsCoco(kFine * point.x), roundAsCoco(kFine * point.y)};
}

/// Row of the first pixel below fine row `y`, within 0..height.
uint32_t cocoRow(int32_t y, int32_t height) {
  const double row = (y + 0.5) / kFine - 0.5;
  return static_cast<uint32_t>(std::ceil(std::clamp(row, 0.0, static_cast<double>(height))));
}

/// Floor of value / kFine.
int32_t fineToColumn(int32_t value) {
  return value >= 0 ? value / kFine : -((kFine - 1 - value) / kFine);
}

/// Columns c of the image for which 5c + 2 >= low and 5c + 3 <= high.
struct ColumnRange {
  ColumnRange(int32_t low, int32_t high, int32_t width)
      : begin(std::max(fineToColumn(low + 2), 0)),
        end(std::min(fineToColumn(high - 3) + 1, width)) {}
  int32_t begin;
  int32_t end;
};

/// An edge at least as wide as tall: one step per fine column.
template <class Visit>
void visitFlatEdge(FinePoint from, FinePoint to, SizePx size, const Visit& visit) {
  if (from.x > to.x) std::swap(from, to);
  if (from.x == to.x) return;
  const double slope = static_cast<double>(to.y - from.y) / (to.x - from.x);
  const ColumnRange columns(from.x, to.x, size.width);
  for (int32_t column = columns.begin; column < columns.end; ++column) {
    const int32_t step = kFine * column + 2 - from.x;
    const int32_t y =
        std::min(roundAsCoco(from.y + slope * step), roundAsCoco(from.y + slope * (step + 1)));
    visit(static_cast<uint32_t>(column), cocoRow(y, size.height));
  }
}

/// An edge taller than wide: one step per fine row, and at most one fine column per step.
template <class Visit>
void visitSteepEdge(FinePoint from, FinePoint to, SizePx size, const Visit& visit) {
  if (from.y > to.y) std::swap(from, to);
  const int32_t steps = to.y - from.y;
  const double slope = static_cast<double>(to.x - from.x) / steps;
  const auto fineX = [&](int32_t step) { return roundAsCoco(from.x + slope * step); };
  const int32_t first = fineX(0);
  const int32_t last = fineX(steps);
  const ColumnRange columns(std::min(first, last), std::max(first, last), size.width);
  for (int32_t column = columns.begin; column < columns.end; ++column) {
    const int32_t left = kFine * column + 2;
    const auto crossed = [&](int32_t step) {
      return slope > 0 ? fineX(step) > left : fineX(step) <= left;
    };
    // A division finds the step up to a rounding error; the original's arithmetic then decides.
    int32_t step = std::clamp(static_cast<int32_t>((left + 0.5 - from.x) / slope), 1, steps);
    while (step > 1 && crossed(step - 1)) --step;
    while (step < steps && !crossed(step)) ++step;
    visit(static_cast<uint32_t>(column), cocoRow(from.y + step - 1, size.height));
  }
}

template <class Visit>
void forEachCocoCrossing(std::span<const double> ring, SizePx size, const Visit& visit) {
  forEachEdge(ring, [&](Point from, Point to) {
    const FinePoint fineFrom = toFine(from);
    const FinePoint fineTo = toFine(to);
    if (std::abs(fineTo.x - fineFrom.x) >= std::abs(fineTo.y - fineFrom.y)) {
      visitFlatEdge(fineFrom, fineTo, size, visit);
    } else {
      visitSteepEdge(fineFrom, fineTo, size, visit);
    }
  });
}

Status maskFromCocoRing(std::span<const double> ring, SizePx size, LineToggles& columns,
                        Mask& mask) {
  MASKLET_TRY(columns.begin(static_cast<uint32_t>(size.width)));
  forEachCocoCrossing(ring, size, [&](uint32_t column, uint32_t) { columns.count(column); });
  MASKLET_TRY(columns.place());
  forEachCocoCrossing(ring, size, [&](uint32_t column, uint32_t row) { columns.add(column, row); });
  columns.sort();
  Buffer<uint32_t> counts;
  MASKLET_TRY(columns.write(static_cast<uint32_t>(size.height), counts));
  return maskFromCocoCounts(counts.span(), size, mask);
}

}  // namespace

Status maskFromPolygons(const PolygonView& polygons, RectPx rectSrc, Mask& mask) {
  MASKLET_TRY(validatePolygons(polygons));
  Mask result;
  MASKLET_TRY(reframe({}, rectSrc, result));  // checks the rectangle
  const auto forEachCrossing = [&](const auto& visit) {
    for (size_t ring = 0; ring < ringCount(polygons); ++ring) {
      forEachEdge(ringPoints(polygons, ring),
                  [&](Point from, Point to) { forEachRowCrossing(from, to, rectSrc, visit); });
    }
  };
  LineToggles rows;
  MASKLET_TRY(rows.begin(static_cast<uint32_t>(rectSrc.height)));
  forEachCrossing([&](uint32_t row, uint32_t) { rows.count(row); });
  MASKLET_TRY(rows.place());
  forEachCrossing([&](uint32_t row, uint32_t column) { rows.add(row, column); });
  rows.sort();
  result.runs.clear();
  MASKLET_TRY(rows.write(static_cast<uint32_t>(rectSrc.width), result.runs));
  trimMask(result);
  std::swap(mask, result);
  return okStatus();
}

Status maskFromCocoPolygons(const PolygonView& polygons, SizePx sizeSrc, Mask& mask) {
  MASKLET_TRY(validatePolygons(polygons));
  for (const int32_t side : {sizeSrc.width, sizeSrc.height}) {
    if (side < 1 || side > kMaxSidePx) return fail(StatusCode::badSize, side);
  }
  Mask all;
  Mask one;
  LineToggles columns;
  for (size_t ring = 0; ring < ringCount(polygons); ++ring) {
    MASKLET_TRY(maskFromCocoRing(ringPoints(polygons, ring), sizeSrc, columns, one));
    MASKLET_TRY(merge(all.view(), one.view(), MergeOp::unite, all));
  }
  std::swap(mask, all);
  return okStatus();
}

}  // namespace masklet
