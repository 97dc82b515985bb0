#include "mask/exclusive.h"

#include <algorithm>

#include "mask/grid_rows.h"
#include "mask/lay_out.h"

namespace masklet {

namespace {

constexpr uint32_t kNobody = UINT32_MAX;
/// Far below any score * value, far above what a NaN sample turns to (-kLogitLimit).
constexpr float kLeastValue = -1e20f;

/// Pixels [begin, end) of a source row that belong to one instance.
struct OwnedSpan {
  uint32_t owner = 0;
  int32_t y = 0;
  int32_t begin = 0;
  int32_t end = 0;
};

/// What one instance has won so far.
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

/// Values of single instances on single source rows.
class ValueRows {
 public:
  ValueRows(const Instances& instances, const TensorView& planes, const MaskKernels& kernels)
      : instances_(instances),
        planes_(planes),
        kernels_(kernels),
        plane_({static_cast<int32_t>(planes.dims[3]), static_cast<int32_t>(planes.dims[2])}, 0) {}

  Status prepare(const Letterbox& letterbox) {
    const SizePx size = plane_.size();
    const SampleLimit limit = size == letterbox.net ? SampleLimit::content : SampleLimit::plane;
    MASKLET_TRY(makeSampleTaps(letterbox, size, columnTaps_, rowTaps_, limit));
    for (Buffer<float>* row : {&top_, &bottom_, &blended_}) {
      MASKLET_TRY(row->resize(static_cast<size_t>(size.width) + 1));
    }
    return values_.resize(static_cast<size_t>(letterbox.src.width));
  }

  /// The columns [x, x + width) that the next rows have.
  Status cut(int32_t x, int32_t width) { return crop_.cut(columnTaps_, x, width); }

  const float* at(size_t instance, int32_t ySrc) {
    const SizePx size = plane_.size();
    const size_t planePx = static_cast<size_t>(size.width) * static_cast<size_t>(size.height);
    plane_.select(planes_.data + instances_.rows[instance] * planePx);
    const SampleTap tap = rowTaps_.at(ySrc);
    fill(tap.left, top_);
    fill(std::min(tap.left + 1, static_cast<uint32_t>(size.height) - 1), bottom_);
    kernels_.lerpRows(top_.data(), bottom_.data(), tap.weight, blended_.size(), blended_.data());
    kernels_.sampleRow(blended_.data(), crop_.taps(), values_.data());
    return values_.data();
  }

 private:
  /// One column beyond the plane repeats its last one.
  void fill(uint32_t y, Buffer<float>& row) {
    const size_t width = row.size() - 1;
    plane_.fill(y, 0, static_cast<uint32_t>(width), row.data());
    row[width] = row[width - 1];
  }

  const Instances& instances_;
  TensorView planes_;
  const MaskKernels& kernels_;
  PlaneRows plane_;
  SampleTaps columnTaps_;
  SampleTaps rowTaps_;
  CropTaps crop_;
  Buffer<float> top_;
  Buffer<float> bottom_;
  Buffer<float> blended_;
  Buffer<float> values_;
};

/// Lets an instance bid for the pixels of a row; returns on how many its bid reaches the threshold.
uint32_t bid(uint32_t instance, float score, const float* values, float threshold, size_t count, float* best,
             uint32_t* owners) {
  uint32_t full = 0;
  for (size_t x = 0; x < count; ++x) {
    const float weighted = values[x] * score;
    const bool wins = weighted > best[x];
    best[x] = wins ? weighted : best[x];
    owners[x] = wins ? instance : owners[x];
    full += weighted >= threshold ? 1 : 0;
  }
  return full;
}

/// Who owns which pixels.
class Contest {
 public:
  Contest(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
          const MaskKernels& kernels)
      : instances_(instances),
        source_(source),
        src_(letterbox.src),
        values_(instances, source.planes, kernels) {}

  Status run(const Letterbox& letterbox) {
    const auto width = static_cast<size_t>(src_.width);
    MASKLET_TRY(values_.prepare(letterbox));
    MASKLET_TRY(values_.cut(0, src_.width));
    MASKLET_TRY(best_.resize(width));
    MASKLET_TRY(owners_.resize(width));
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

  /// Appends the runs of an instance that was not dropped and, where `coverage` is not null, fills its bytes.
  Status write(size_t instance, uint8_t* coverage, Buffer<uint32_t>& runs, uint32_t& areaPx) {
    const RectPx rect = rectSrc(instance);
    areaPx = static_cast<uint32_t>(standings_[instance].ownedPx);
    if (coverage != nullptr) {
      MASKLET_TRY(values_.cut(rect.x, rect.width));
      std::fill_n(coverage, static_cast<size_t>(rect.area()), uint8_t{0});
    }
    const float* values = nullptr;
    int32_t valuesY = -1;
    uint32_t position = 0;
    RunWriter writer(runs);
    for (const OwnedSpan& span : spans_) {
      if (span.owner != instance) continue;
      const auto rowStart = static_cast<uint32_t>(span.y - rect.y) * static_cast<uint32_t>(rect.width);
      const uint32_t begin = rowStart + static_cast<uint32_t>(span.begin - rect.x);
      const uint32_t end = rowStart + static_cast<uint32_t>(span.end - rect.x);
      MASKLET_TRY(writer.add(begin - position, false));
      MASKLET_TRY(writer.add(end - begin, true));
      position = end;
      if (coverage == nullptr) continue;
      if (span.y != valuesY) values = values_.at(instance, span.y);
      valuesY = span.y;
      for (uint32_t at = begin; at < end; ++at) coverage[at] = probabilityByte(values[at - rowStart]);
    }
    MASKLET_TRY(writer.add(static_cast<uint32_t>(rect.area()) - position, false));
    return writer.finish();
  }

 private:
  /// By rising row, so that of equal bids the lowest row's comes first and stays.
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
    std::fill(best_.begin(), best_.end(), kLeastValue);
    std::fill(owners_.begin(), owners_.end(), kNobody);
    for (const uint32_t instance : bidders_) {
      standings_[instance].fullPx += bid(instance, instances_.scores[instance], values_.at(instance, y),
                                         source_.threshold, best_.size(), best_.data(), owners_.data());
    }
    int32_t begin = 0;
    for (int32_t x = 1; x <= src_.width; ++x) {
      const uint32_t owner = owners_[static_cast<size_t>(begin)];
      if (x < src_.width && owners_[static_cast<size_t>(x)] == owner) continue;
      if (owner != kNobody) MASKLET_TRY(award({owner, y, begin, x}));
      begin = x;
    }
    return okStatus();
  }

  Status award(const OwnedSpan& span) {
    standings_[span.owner].add(span);
    return spans_.push(span);
  }

  void dropLosers() {
    uint32_t left = 0;
    for (size_t i = 0; i < standings_.size(); ++i) {
      const bool hidden = !source_.hidden.empty() && source_.hidden[i] != 0;
      const bool kept =
          !hidden && left < source_.exclusive.maxInstances && standings_[i].valid(source_.exclusive.minShare);
      if (kept) ++left;
      if (!kept) standings_[i] = {};
    }
  }

  const Instances& instances_;
  const MaskSource& source_;
  SizePx src_;
  ValueRows values_;
  Buffer<float> best_;
  Buffer<uint32_t> owners_;
  Buffer<uint32_t> bidders_;
  Buffer<Standing> standings_;
  Buffer<OwnedSpan> spans_;
};

}  // namespace

Status assembleExclusive(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
                         bool soft, const MaskKernels& kernels, MaskColumns& masks) {
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
