#include "assemble/exclusive.h"

#include <algorithm>

#include "assemble/grid_rows.h"
#include "assemble/lay_out.h"

namespace masklet {

namespace {

constexpr uint32_t kNobody = UINT32_MAX;
/// Far below any score * value, and far above the value of a NaN sample (-kLogitLimit).
constexpr float kLeastValue = -1e20f;

/// Pixels [begin, end) of a source row that belong to one instance.
struct OwnedSpan {
  uint32_t owner = 0;
  int32_t y = 0;
  int32_t begin = 0;
  int32_t end = 0;
};

/// The pixels that one instance has won so far.
struct Standing {
  uint64_t ownedPx = 0;
  uint64_t fullPx = 0;  ///< pixels where its own weighted value reaches the threshold
  int32_t left = INT32_MAX;
  int32_t right = 0;
  int32_t top = INT32_MAX;
  int32_t bottom = 0;

  void add(const OwnedSpan& span) {
    ownedPx += static_cast<uint64_t>(span.end - span.begin);
    left = std::min(left, span.begin);
    right = std::max(right, span.end);
    top = std::min(top, span.y);
    bottom = span.y + 1;
  }

  RectPx rect() const { return {left, top, right - left, bottom - top}; }

  // The reference divides in fp32 and compares in double.
  bool valid(double minShare) const {
    if (ownedPx == 0 || fullPx == 0) return false;
    const float share = static_cast<float>(ownedPx) / static_cast<float>(fullPx);
    return static_cast<double>(share) > minShare;
  }
};

/// The plane row of every instance for one source row, interpolated between two rows of the plane.
class BlendedRows {
 public:
  BlendedRows(const Instances& instances, const TensorView& planes, const MaskKernels& kernels)
      : instances_(instances),
        planes_(planes),
        kernels_(kernels),
        plane_({static_cast<int32_t>(planes.dims[3]), static_cast<int32_t>(planes.dims[2])}, 0),
        stride_(size_t{planes.dims[3]} + 1) {}

  Status prepare(const SampleTaps& rowTaps) {
    rowTaps_ = &rowTaps;
    for (Buffer<float>* rows : {&tops_, &bottoms_, &blended_}) {
      MASKLET_TRY(rows->resize(instances_.count() * stride_));
    }
    return okStatus();
  }

  /// Moves all instances to a source row.
  void move(int32_t ySrc) {
    const SampleTap tap = rowTaps_->at(ySrc);
    for (size_t instance = 0; instance < instances_.count(); ++instance) {
      if (tap.left != held_) load(instance, tap.left);
      blend(instance, tap.weight);
    }
    held_ = tap.left;
  }

  /// Moves one instance; the others stay.
  void moveOne(size_t instance, int32_t ySrc) {
    const SampleTap tap = rowTaps_->at(ySrc);
    load(instance, tap.left);
    blend(instance, tap.weight);
  }

  const float* row(size_t instance) const { return blended_.data() + instance * stride_; }

 private:
  void load(size_t instance, uint32_t y) {
    const SizePx size = plane_.size();
    const size_t planePx = static_cast<size_t>(size.width) * static_cast<size_t>(size.height);
    plane_.select(planes_.data + instances_.rows[instance] * planePx);
    fill(y, tops_.data() + instance * stride_);
    fill(std::min(y + 1, static_cast<uint32_t>(size.height) - 1),
         bottoms_.data() + instance * stride_);
  }

  /// A column beyond the plane repeats the last one.
  void fill(uint32_t y, float* row) {
    plane_.fill(y, 0, static_cast<uint32_t>(stride_ - 1), row);
    row[stride_ - 1] = row[stride_ - 2];
  }

  void blend(size_t instance, float weight) {
    const size_t at = instance * stride_;
    kernels_.lerpRows(tops_.data() + at, bottoms_.data() + at, weight, stride_,
                      blended_.data() + at);
  }

  const Instances& instances_;
  TensorView planes_;
  const MaskKernels& kernels_;
  PlaneRows plane_;
  size_t stride_;
  const SampleTaps* rowTaps_ = nullptr;
  uint32_t held_ = UINT32_MAX;
  Buffer<float> tops_;
  Buffer<float> bottoms_;
  Buffer<float> blended_;
};

/// The best bid so far for the first and the last pixel of a cell (see ColumnTaps).
struct CellBids {
  float first = kLeastValue;
  float last = kLeastValue;
  uint32_t firstOwner = kNobody;
  uint32_t lastOwner = kNobody;
};

/// The bids of an instance along one source row: values[left[x]] and its neighbor, interpolated,
/// times the score.
struct Bidder {
  const float* row;
  float score;

  float at(uint32_t left, float weight) const {
    const float from = row[left];
    return (from + (row[left + 1] - from) * weight) * score;
  }
};

/// Lets an instance bid for both ends of every cell. Returns the number of pixels where its bid
/// reaches the threshold. Bids are monotonic within a cell, so both ends decide most cells.
uint32_t bidForCells(uint32_t instance, const Bidder& bidder, const ColumnTaps& taps,
                     float threshold, CellBids* bids) {
  uint32_t full = 0;
  for (size_t cell = 0; cell < taps.cellCount; ++cell) {
    const uint32_t left = taps.cellLeft[cell];
    const float first = bidder.at(left, taps.firstWeight[cell]);
    const float last = bidder.at(left, taps.lastWeight[cell]);
    CellBids& best = bids[cell];
    if (first > best.first) {
      best.first = first;
      best.firstOwner = instance;
    }
    if (last > best.last) {
      best.last = last;
      best.lastOwner = instance;
    }
    if (first < threshold && last < threshold) continue;
    const uint32_t begin = taps.cellStartPx[cell];
    const uint32_t end = taps.cellStartPx[cell + 1];
    if (first >= threshold && last >= threshold) {
      full += end - begin;
      continue;
    }
    for (uint32_t x = begin; x < end; ++x)
      full += bidder.at(left, taps.weight[x]) >= threshold ? 1 : 0;
  }
  return full;
}

/// The owner of each pixel.
class Contest {
 public:
  Contest(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
          const MaskKernels& kernels)
      : instances_(instances),
        source_(source),
        src_(letterbox.src),
        kernels_(kernels),
        rows_(instances, source.planes, kernels) {}

  Status run(const Letterbox& letterbox) {
    const SizePx sizeMsk{static_cast<int32_t>(source_.planes.dims[3]),
                         static_cast<int32_t>(source_.planes.dims[2])};
    const SampleLimit limit = sizeMsk == letterbox.net ? SampleLimit::content : SampleLimit::plane;
    MASKLET_TRY(makeSampleTaps(letterbox, sizeMsk, columnTaps_, rowTaps_, limit));
    MASKLET_TRY(rows_.prepare(rowTaps_));
    MASKLET_TRY(crop_.cut(columnTaps_, 0, src_.width));
    MASKLET_TRY(bids_.resize(crop_.taps().cellCount));
    MASKLET_TRY(standings_.resize(instances_.count()));
    std::fill(standings_.begin(), standings_.end(), Standing{});
    MASKLET_TRY(sortBidders());
    for (int32_t y = 0; y < src_.height; ++y) MASKLET_TRY(contestRow(y));
    dropLosers();
    return okStatus();
  }

  /// Empty for an instance that was dropped.
  RectPx rectSrc(size_t instance) const {
    return standings_[instance].ownedPx == 0 ? RectPx{} : standings_[instance].rect();
  }

  /// Appends the runs of a remaining instance. If `coverage` is not null, it also fills the bytes.
  Status write(size_t instance, uint8_t* coverage, Buffer<uint32_t>& runs, uint32_t& areaPx) {
    const RectPx rect = rectSrc(instance);
    areaPx = static_cast<uint32_t>(standings_[instance].ownedPx);
    if (coverage != nullptr) MASKLET_TRY(beginCoverage(rect, coverage));
    int32_t valuesY = -1;
    uint32_t position = 0;
    RunWriter writer(runs);
    for (const OwnedSpan& span : spans_) {
      if (span.owner != instance) continue;
      const auto rowStart =
          static_cast<uint32_t>(span.y - rect.y) * static_cast<uint32_t>(rect.width);
      const uint32_t begin = rowStart + static_cast<uint32_t>(span.begin - rect.x);
      const uint32_t end = rowStart + static_cast<uint32_t>(span.end - rect.x);
      MASKLET_TRY(writer.add(begin - position, false));
      MASKLET_TRY(writer.add(end - begin, true));
      position = end;
      if (coverage == nullptr) continue;
      if (span.y != valuesY) sampleRow(instance, span.y);
      valuesY = span.y;
      for (uint32_t at = begin; at < end; ++at)
        coverage[at] = probabilityByte(values_[at - rowStart]);
    }
    MASKLET_TRY(writer.add(static_cast<uint32_t>(rect.area()) - position, false));
    return writer.finish();
  }

 private:
  /// In ascending order of rows, so that the lowest row wins a tie.
  Status sortBidders() {
    MASKLET_TRY(bidders_.resize(instances_.count()));
    for (size_t i = 0; i < bidders_.size(); ++i) bidders_[i] = static_cast<uint32_t>(i);
    const auto before = [this](uint32_t a, uint32_t b) {
      const uint32_t rowA = instances_.rows[a];
      const uint32_t rowB = instances_.rows[b];
      return rowA != rowB ? rowA < rowB : a < b;
    };
    std::sort(bidders_.begin(), bidders_.end(), before);
    return okStatus();
  }

  Status contestRow(int32_t y) {
    const ColumnTaps& taps = crop_.taps();
    rows_.move(y);
    std::fill(bids_.begin(), bids_.end(), CellBids{});
    for (const uint32_t instance : bidders_) {
      standings_[instance].fullPx +=
          bidForCells(instance, bidder(instance), taps, source_.threshold, bids_.data());
    }
    OwnedSpan span{kNobody, y, 0, 0};
    for (size_t cell = 0; cell < taps.cellCount; ++cell) {
      const uint32_t begin = taps.cellStartPx[cell];
      const uint32_t end = taps.cellStartPx[cell + 1];
      const uint32_t owner = bids_[cell].firstOwner;
      // The highest bidder at both ends also wins between them.
      if (owner == bids_[cell].lastOwner) {
        MASKLET_TRY(extend(span, owner, end));
        continue;
      }
      for (uint32_t x = begin; x < end; ++x) {
        MASKLET_TRY(extend(span, ownerOf(taps.left[x], taps.weight[x]), x + 1));
      }
    }
    return award(span);
  }

  Bidder bidder(uint32_t instance) const {
    return {rows_.row(instance), instances_.scores[instance]};
  }

  /// The owner of a single pixel.
  uint32_t ownerOf(uint32_t left, float weight) const {
    float best = kLeastValue;
    uint32_t owner = kNobody;
    for (const uint32_t instance : bidders_) {
      const float bid = bidder(instance).at(left, weight);
      if (!(bid > best)) continue;
      best = bid;
      owner = instance;
    }
    return owner;
  }

  /// Assigns the pixels up to `end` to `owner`.
  Status extend(OwnedSpan& span, uint32_t owner, uint32_t end) {
    if (owner != span.owner) {
      MASKLET_TRY(award(span));
      span.owner = owner;
      span.begin = span.end;
    }
    span.end = static_cast<int32_t>(end);
    return okStatus();
  }

  /// From here on, sampleRow returns the columns of `rect`.
  Status beginCoverage(RectPx rect, uint8_t* coverage) {
    std::fill_n(coverage, static_cast<size_t>(rect.area()), uint8_t{0});
    MASKLET_TRY(values_.resize(static_cast<size_t>(rect.width)));
    return crop_.cut(columnTaps_, rect.x, rect.width);
  }

  void sampleRow(size_t instance, int32_t ySrc) {
    rows_.moveOne(instance, ySrc);
    kernels_.sampleRow(rows_.row(instance), crop_.taps(), values_.data());
  }

  Status award(const OwnedSpan& span) {
    if (span.owner == kNobody) return okStatus();
    standings_[span.owner].add(span);
    return spans_.push(span);
  }

  void dropLosers() {
    uint32_t left = 0;
    for (size_t i = 0; i < standings_.size(); ++i) {
      const bool hidden = !source_.hidden.empty() && source_.hidden[i] != 0;
      const bool kept = !hidden && left < source_.exclusive.maxInstances &&
                        standings_[i].valid(source_.exclusive.minShare);
      if (kept) ++left;
      if (!kept) standings_[i] = {};
    }
  }

  const Instances& instances_;
  const MaskSource& source_;
  SizePx src_;
  const MaskKernels& kernels_;
  BlendedRows rows_;
  SampleTaps columnTaps_;
  SampleTaps rowTaps_;
  CropTaps crop_;
  Buffer<CellBids> bids_;
  Buffer<float> values_;
  Buffer<uint32_t> bidders_;
  Buffer<Standing> standings_;
  Buffer<OwnedSpan> spans_;
};

}  // namespace

Status assembleExclusive(const Instances& instances, const MaskSource& source,
                         const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                         MaskColumns& masks) {
  const size_t count = instances.count();
  if (source.form != MaskForm::planes) {
    return fail(StatusCode::badArgument, static_cast<double>(source.form));
  }
  if (source.viaSize != SizePx{}) return fail(StatusCode::badArgument, source.viaSize.width);
  if (!source.hidden.empty() && source.hidden.size() != count) {
    return fail(StatusCode::badShape, source.hidden.size());
  }
  Contest contest(instances, source, letterbox, kernels);
  if (count != 0) MASKLET_TRY(contest.run(letterbox));
  MASKLET_TRY(layOutMasks(count, soft, [&](size_t i) { return contest.rectSrc(i); }, masks));
  for (size_t i = 0; i < count; ++i) {
    masks.runOffsets[i] = static_cast<uint32_t>(masks.runs.size());
    if (masks.rectsSrc[i].empty()) continue;
    uint8_t* coverage = soft ? masks.coverage.data() + masks.coverageOffsets[i] : nullptr;
    MASKLET_TRY(contest.write(i, coverage, masks.runs, masks.areasPx[i]));
    if (masks.runs.size() > UINT32_MAX) return fail(StatusCode::tooManyPixels, masks.runs.size());
  }
  masks.runOffsets[count] = static_cast<uint32_t>(masks.runs.size());
  return okStatus();
}

}  // namespace masklet
