#include <algorithm>
#include <cstring>
#include <limits>

#include "simd/mask_kernels.h"
#include "simd/sigmoid.h"
#include "simd/vec.h"

namespace masklet {

namespace {

constexpr size_t kLanes = 4;

f32x4 loadFloats(const float* from) {
  return loadVec<f32x4>(from);
}

bool anySet(i32x4 mask) {
  using i64x2 = int64_t __attribute__((vector_size(16)));
  const auto halves = (i64x2)mask;
  return (halves[0] | halves[1]) != 0;
}

f32x4 greater(f32x4 value, f32x4 best) {
  return select(value > best, value, best);
}

/// Raises best[i] over four planes at a time, so that `best` is read and written once for all four.
void raiseByFour(const float* planes, size_t planeStride, size_t count, float* best) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    f32x4 greatest = loadFloats(best + i);
    for (size_t k = 0; k < 4; ++k)
      greatest = greater(loadFloats(planes + k * planeStride + i), greatest);
    storeVec(best + i, greatest);
  }
  for (; i < count; ++i) {
    for (size_t k = 0; k < 4; ++k) {
      const float value = planes[k * planeStride + i];
      if (value > best[i]) best[i] = value;
    }
  }
}

void raiseByOne(const float* plane, size_t count, float* best) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    storeVec(best + i, greater(loadFloats(plane + i), loadFloats(best + i)));
  for (; i < count; ++i) {
    if (plane[i] > best[i]) best[i] = plane[i];
  }
}

void maxOverPlanes(const float* planes, size_t planeStride, size_t planeCount, size_t count,
                   float* best) {
  std::fill_n(best, count, -std::numeric_limits<float>::infinity());
  size_t k = 0;
  for (; k + 4 <= planeCount; k += 4)
    raiseByFour(planes + k * planeStride, planeStride, count, best);
  for (; k < planeCount; ++k) raiseByOne(planes + k * planeStride, count, best);
}

f32x4 clampLogits(f32x4 logits) {
  const f32x4 capped = select(logits > splat(kLogitLimit), splat(kLogitLimit), logits);
  return select(capped > splat(-kLogitLimit), capped, splat(-kLogitLimit));
}

/// `Vectors` * 4 columns of the dot product, with the sums in registers over all planes.
template <size_t Vectors>
void dotTile(const float* planes, size_t planeStride, const float* coefficients, size_t planeCount,
             float* logits) {
  f32x4 sums[Vectors] = {};
  for (size_t k = 0; k < planeCount; ++k) {
    const float* plane = planes + k * planeStride;
    const f32x4 coefficient = splat(coefficients[k]);
    for (size_t v = 0; v < Vectors; ++v) sums[v] += coefficient * loadFloats(plane + v * kLanes);
  }
  for (size_t v = 0; v < Vectors; ++v) storeVec(logits + v * kLanes, clampLogits(sums[v]));
}

void dotTail(const float* planes, size_t planeStride, const float* coefficients, size_t planeCount,
             size_t count, float* logits) {
  for (size_t i = 0; i < count; ++i) {
    float sum = 0;
    for (size_t k = 0; k < planeCount; ++k) sum += coefficients[k] * planes[k * planeStride + i];
    storeVec(logits + i, clampLogits(splat(sum))[0]);
  }
}

void dotPlanes(const float* planes, size_t planeStride, const float* coefficients,
               size_t planeCount, size_t count, float* logits) {
  size_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    dotTile<4>(planes + i, planeStride, coefficients, planeCount, logits + i);
  }
  for (; i + kLanes <= count; i += kLanes) {
    dotTile<1>(planes + i, planeStride, coefficients, planeCount, logits + i);
  }
  dotTail(planes + i, planeStride, coefficients, planeCount, count - i, logits + i);
}

void lerpRows(const float* top, const float* bottom, float weight, size_t count, float* row) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const f32x4 from = loadFloats(top + i);
    storeVec(row + i, from + (loadFloats(bottom + i) - from) * weight);
  }
  for (; i < count; ++i) row[i] = top[i] + (bottom[i] - top[i]) * weight;
}

/// Collects the edges of one row from the first and the last pixel of each cell.
///
/// Within a cell, logit = a + (b - a) * weight, and the weight increases. Rounded multiplication by
/// a constant and rounded addition of a constant never reverse an order, so `logit > 0` changes at
/// most once in a cell. Equal ends mean a uniform cell. Bisection finds a change, with the same
/// expression that defines the logit. (If a or b is infinite or NaN, the cell is background, except
/// for a NaN at weight 0 before +infinity: again one change.)
class EdgeFinder {
 public:
  EdgeFinder(const float* row, const ColumnTaps& taps, uint32_t* edgesPx)
      : row_(row), taps_(taps), edgesPx_(edgesPx) {}

  bool inside() const { return inside_; }
  size_t edgeCount() const { return edgeCount_; }

  void visit(size_t cell, bool firstInside, bool lastInside) {
    if (firstInside != inside_) addEdge(taps_.cellStartPx[cell]);
    if (lastInside != inside_)
      addEdge(crossing(taps_.cellStartPx[cell], taps_.cellStartPx[cell + 1] - 1));
  }

 private:
  void addEdge(uint32_t x) {
    edgesPx_[edgeCount_++] = x;
    inside_ = !inside_;
  }

  /// First pixel of (begin, last] that differs from `begin`; `last` must differ.
  uint32_t crossing(uint32_t begin, uint32_t last) const {
    const float left = row_[taps_.left[begin]];
    const float step = row_[taps_.left[begin] + 1] - left;
    while (last - begin > 1) {
      const uint32_t middle = begin + (last - begin) / 2;
      const bool middleInside = left + step * taps_.weight[middle] > 0;
      (middleInside == inside_ ? begin : last) = middle;
    }
    return last;
  }

  const float* row_;
  const ColumnTaps& taps_;
  uint32_t* edgesPx_;
  size_t edgeCount_ = 0;
  bool inside_ = false;
};

struct CellSigns {
  i32x4 first;  ///< lane: all ones if the first pixel of the cell is object
  i32x4 last;
};

template <bool contiguous>
CellSigns cellSigns(const float* row, const ColumnTaps& taps, size_t cell) {
  f32x4 left;
  f32x4 right;
  const uint32_t* at = taps.cellLeft + cell;
  if constexpr (contiguous) {
    left = loadFloats(row + at[0]);
    right = loadFloats(row + at[0] + 1);
  } else {
    left = f32x4{row[at[0]], row[at[1]], row[at[2]], row[at[3]]};
    right = f32x4{row[at[0] + 1], row[at[1] + 1], row[at[2] + 1], row[at[3] + 1]};
  }
  const f32x4 step = right - left;
  const f32x4 first = left + step * loadFloats(taps.firstWeight + cell);
  const f32x4 last = left + step * loadFloats(taps.lastWeight + cell);
  return {first > splat(0.0f), last > splat(0.0f)};
}

template <bool contiguous>
size_t findEdgesInCells(const float* row, const ColumnTaps& taps, uint32_t* edgesPx) {
  EdgeFinder finder(row, taps, edgesPx);
  size_t cell = 0;
  for (; cell + kLanes <= taps.cellCount; cell += kLanes) {
    const CellSigns signs = cellSigns<contiguous>(row, taps, cell);
    const i32x4 current = splat(finder.inside() ? -1 : 0);
    if (!anySet((signs.first ^ current) | (signs.last ^ current))) continue;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      finder.visit(cell + lane, signs.first[lane] != 0, signs.last[lane] != 0);
    }
  }
  for (; cell < taps.cellCount; ++cell) {
    const float left = row[taps.cellLeft[cell]];
    const float step = row[taps.cellLeft[cell] + 1] - left;
    finder.visit(cell, left + step * taps.firstWeight[cell] > 0,
                 left + step * taps.lastWeight[cell] > 0);
  }
  return finder.edgeCount();
}

size_t findEdges(const float* row, const ColumnTaps& taps, uint32_t* edgesPx) {
  return taps.contiguous ? findEdgesInCells<true>(row, taps, edgesPx)
                         : findEdgesInCells<false>(row, taps, edgesPx);
}

/// The logits of four pixels: one 8-byte load fetches each pair of columns.
f32x4 pixelLogits(const float* row, const ColumnTaps& taps, size_t x) {
  using f32x2 = float __attribute__((vector_size(8)));
  const uint32_t* left = taps.left + x;
  const f32x4 pair01 = __builtin_shufflevector(loadVec<f32x2>(row + left[0]),
                                               loadVec<f32x2>(row + left[1]), 0, 1, 2, 3);
  const f32x4 pair23 = __builtin_shufflevector(loadVec<f32x2>(row + left[2]),
                                               loadVec<f32x2>(row + left[3]), 0, 1, 2, 3);
  const f32x4 from = __builtin_shufflevector(pair01, pair23, 0, 2, 4, 6);
  const f32x4 to = __builtin_shufflevector(pair01, pair23, 1, 3, 5, 7);
  return from + (to - from) * loadFloats(taps.weight + x);
}

void sampleRow(const float* row, const ColumnTaps& taps, float* values) {
  size_t x = 0;
  for (; x + kLanes <= taps.widthPx; x += kLanes) storeVec(values + x, pixelLogits(row, taps, x));
  for (; x < taps.widthPx; ++x) {
    const float from = row[taps.left[x]];
    values[x] = from + (row[taps.left[x] + 1] - from) * taps.weight[x];
  }
}

/// Pixel by pixel, with the two columns gathered for each: for cells of few pixels.
void coverGathered(const float* row, const ColumnTaps& taps, uint8_t* coverage) {
  size_t x = 0;
  for (; x + kLanes <= taps.widthPx; x += kLanes) {
    storeVec(coverage + x, __builtin_convertvector(sigmoidBytes(pixelLogits(row, taps, x)), u8x4));
  }
  for (; x < taps.widthPx; ++x) {
    const float from = row[taps.left[x]];
    coverage[x] = sigmoidByte(from + (row[taps.left[x] + 1] - from) * taps.weight[x]);
  }
}

/// The pixels [begin, end) of one cell. It stores whole vectors: up to 3 pixels after `end`, which
/// the next cell overwrites.
void coverSpan(float left, float step, size_t begin, size_t end, const ColumnTaps& taps,
               uint8_t* coverage) {
  size_t x = begin;
  for (; x < end && x + kLanes <= taps.widthPx; x += kLanes) {
    const f32x4 logits = splat(left) + step * loadFloats(taps.weight + x);
    storeVec(coverage + x, __builtin_convertvector(sigmoidBytes(logits), u8x4));
  }
  for (; x < end; ++x) coverage[x] = sigmoidByte(left + step * taps.weight[x]);
}

/// Cell by cell. Logits are monotonic within a cell (see EdgeFinder). If both ends exceed
/// kSigmoidRange on the same side, the cell is all 0 or all 255. This is most of a mask, because
/// logits are large away from edges.
void coverCells(const float* row, const ColumnTaps& taps, uint8_t* coverage) {
  for (size_t cell = 0; cell < taps.cellCount; ++cell) {
    const size_t begin = taps.cellStartPx[cell];
    const size_t end = taps.cellStartPx[cell + 1];
    const float left = row[taps.cellLeft[cell]];
    const float step = row[taps.cellLeft[cell] + 1] - left;
    const float first = left + step * taps.firstWeight[cell];
    const float last = left + step * taps.lastWeight[cell];
    if (first <= -kSigmoidRange && last <= -kSigmoidRange) {
      std::memset(coverage + begin, 0, end - begin);
    } else if (first >= kSigmoidRange && last >= kSigmoidRange) {
      std::memset(coverage + begin, 255, end - begin);
    } else {
      coverSpan(left, step, begin, end, taps, coverage);
    }
  }
}

void coverRow(const float* row, const ColumnTaps& taps, uint8_t* coverage) {
  const bool wideCells = taps.cellCount * kLanes <= taps.widthPx;
  return wideCells ? coverCells(row, taps, coverage) : coverGathered(row, taps, coverage);
}

constexpr MaskKernels kKernels{maxOverPlanes, dotPlanes, lerpRows, findEdges, sampleRow, coverRow};

}  // namespace

const MaskKernels& simdMaskKernels() {
  return kKernels;
}

}  // namespace masklet
