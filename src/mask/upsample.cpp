#include "mask/upsample.h"

#include <algorithm>

#include "mask/sample_taps.h"
#include "simd/mask_kernels.h"

namespace masklet {

namespace {

/// The prototype planes and the rows of one instance's logits that are in use: two, computed when a source
/// row first needs them.
class LogitRows {
 public:
  LogitRows(const TensorView& prototypes, const MaskKernels& kernels)
      : kernels_(kernels),
        planes_(prototypes.data),
        planeCount_(prototypes.dims[1]),
        heightMsk_(prototypes.dims[2]),
        widthMsk_(prototypes.dims[3]) {}

  Status reserve() {
    MASKLET_TRY(rows_[0].resize(widthMsk_ + 1));
    MASKLET_TRY(rows_[1].resize(widthMsk_ + 1));
    return blended_.resize(widthMsk_ + 1);
  }

  /// Starts an instance that needs the columns [firstMsk, lastMsk + 1]; one beyond the plane repeats its last
  /// column.
  void begin(const float* coefficients, uint32_t firstMsk, uint32_t lastMsk) {
    coefficients_ = coefficients;
    beginMsk_ = firstMsk;
    countMsk_ = lastMsk - firstMsk + 2;
    rowsHeld_[0] = rowsHeld_[1] = kNone;
  }

  /// The logits between row `tap.left` and the one below it, indexed by prototype column.
  const float* between(SampleTap tap) {
    const float* top = row(tap.left);
    const float* bottom = row(std::min(tap.left + 1, heightMsk_ - 1));
    kernels_.lerpRows(top + beginMsk_, bottom + beginMsk_, tap.weight, countMsk_,
                      blended_.data() + beginMsk_);
    return blended_.data();
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// Neighbouring rows differ in parity, so the two never displace each other.
  const float* row(uint32_t yMsk) {
    const uint32_t slot = yMsk % 2;
    float* logits = rows_[slot].data();
    if (rowsHeld_[slot] == yMsk) return logits;
    rowsHeld_[slot] = yMsk;
    const uint32_t inPlane = std::min(countMsk_, widthMsk_ - beginMsk_);
    const size_t planeStride = size_t{heightMsk_} * widthMsk_;
    kernels_.dotPlanes(planes_ + size_t{yMsk} * widthMsk_ + beginMsk_, planeStride, coefficients_,
                       planeCount_, inPlane, logits + beginMsk_);
    if (inPlane < countMsk_) logits[widthMsk_] = logits[widthMsk_ - 1];
    return logits;
  }

  const MaskKernels& kernels_;
  const float* planes_;
  const float* coefficients_ = nullptr;
  uint32_t planeCount_;
  uint32_t heightMsk_;
  uint32_t widthMsk_;
  uint32_t beginMsk_ = 0;
  uint32_t countMsk_ = 0;
  uint32_t rowsHeld_[2] = {kNone, kNone};
  Buffer<float> rows_[2];
  Buffer<float> blended_;
};

/// Appends one row of a crop, given where it changes between background and object. Returns the object pixels
/// through `areaPx`.
Status addRow(std::span<const uint32_t> edgesPx, uint32_t widthPx, RunWriter& writer, uint32_t& areaPx) {
  uint32_t begin = 0;
  bool inside = false;
  const auto addSpan = [&](uint32_t end) {
    if (inside) areaPx += end - begin;
    return writer.add(end - begin, inside);
  };
  for (const uint32_t edge : edgesPx) {
    MASKLET_TRY(addSpan(edge));
    begin = edge;
    inside = !inside;
  }
  return addSpan(widthPx);
}

/// What the instances of one picture share while their masks are assembled.
class Assembler {
 public:
  Assembler(const TensorView& prototypes, const MaskKernels& kernels, MaskColumns& masks)
      : kernels_(kernels), logits_(prototypes, kernels), masks_(masks) {}

  Status reserve(const Letterbox& letterbox, SizePx sizeMsk) {
    MASKLET_TRY(logits_.reserve());
    MASKLET_TRY(edgesPx_.resize(static_cast<size_t>(letterbox.src.width)));
    return makeSampleTaps(letterbox, sizeMsk, columnTaps_, rowTaps_);
  }

  /// Appends the runs of one crop and, where `coverage` is not null, fills its bytes.
  Status add(RectPx rectSrc, const float* coefficients, uint8_t* coverage, uint32_t& areaPx) {
    MASKLET_TRY(cropTaps_.cut(columnTaps_, rectSrc.x, rectSrc.width));
    const ColumnTaps& taps = cropTaps_.taps();
    logits_.begin(coefficients, taps.left[0], taps.left[taps.widthPx - 1]);
    RunWriter writer(masks_.runs);
    for (int32_t y = 0; y < rectSrc.height; ++y) {
      const float* row = logits_.between(rowTaps_.at(rectSrc.y + y));
      const size_t edgeCount = kernels_.findEdges(row, taps, edgesPx_.data());
      MASKLET_TRY(addRow({edgesPx_.data(), edgeCount}, static_cast<uint32_t>(rectSrc.width), writer, areaPx));
      if (coverage == nullptr) continue;
      kernels_.coverRow(row, taps, coverage);
      coverage += taps.widthPx;
    }
    return writer.finish();
  }

 private:
  const MaskKernels& kernels_;
  LogitRows logits_;
  MaskColumns& masks_;
  SampleTaps columnTaps_;
  SampleTaps rowTaps_;
  CropTaps cropTaps_;
  Buffer<uint32_t> edgesPx_;
};

bool validSide(uint32_t side) {
  return side >= 1 && side <= static_cast<uint32_t>(kMaxSidePx);
}

Status checkInputs(const Instances& instances, const TensorView& prototypes, const Letterbox& letterbox) {
  if (prototypes.rank != 4) return fail(StatusCode::badRank, prototypes.rank);
  if (prototypes.dims[0] != 1) return fail(StatusCode::badShape, prototypes.dims[0]);
  const uint32_t coefficientCount = prototypes.dims[1];
  if (instances.count() != 0 && instances.coefficientCount != coefficientCount) {
    return fail(StatusCode::badShape, coefficientCount);
  }
  if (!validSide(prototypes.dims[2])) return fail(StatusCode::badShape, prototypes.dims[2]);
  if (!validSide(prototypes.dims[3])) return fail(StatusCode::badShape, prototypes.dims[3]);
  for (const int32_t side :
       {letterbox.src.width, letterbox.src.height, letterbox.net.width, letterbox.net.height}) {
    if (side < 1 || side > kMaxSidePx) return fail(StatusCode::badSize, side);
  }
  return okStatus();
}

/// Sets the crops and makes room for their coverage, so that it never moves while it is filled.
Status layOut(const Instances& instances, const Letterbox& letterbox, bool soft, MaskColumns& masks) {
  const size_t count = instances.count();
  MASKLET_TRY(masks.rectsSrc.resize(count));
  MASKLET_TRY(masks.areasPx.resize(count));
  MASKLET_TRY(masks.runOffsets.resize(count + 1));
  MASKLET_TRY(masks.coverageOffsets.resize(count + 1));
  uint64_t coveragePx = 0;
  for (size_t i = 0; i < count; ++i) {
    const Box& boxNet = instances.boxesNet[i];
    masks.rectsSrc[i] = boxNet.finite() ? cropRect(letterbox.toSrc(boxNet), letterbox.src) : RectPx{};
    masks.areasPx[i] = 0;
    masks.coverageOffsets[i] = static_cast<uint32_t>(coveragePx);
    if (soft) coveragePx += static_cast<uint64_t>(masks.rectsSrc[i].area());
    if (coveragePx > UINT32_MAX) return fail(StatusCode::tooManyPixels, coveragePx);
  }
  masks.coverageOffsets[count] = static_cast<uint32_t>(coveragePx);
  return masks.coverage.resize(static_cast<size_t>(coveragePx));
}

Status assembleAll(const Instances& instances, const TensorView& prototypes, const Letterbox& letterbox,
                   bool soft, const MaskKernels& kernels, MaskColumns& masks) {
  MASKLET_TRY(layOut(instances, letterbox, soft, masks));
  Assembler assembler(prototypes, kernels, masks);
  MASKLET_TRY(assembler.reserve(
      letterbox, {static_cast<int32_t>(prototypes.dims[3]), static_cast<int32_t>(prototypes.dims[2])}));
  for (size_t i = 0; i < instances.count(); ++i) {
    masks.runOffsets[i] = static_cast<uint32_t>(masks.runs.size());
    if (masks.rectsSrc[i].empty()) continue;
    const float* coefficients = instances.coefficients.data() + i * instances.coefficientCount;
    uint8_t* coverage = soft ? masks.coverage.data() + masks.coverageOffsets[i] : nullptr;
    MASKLET_TRY(assembler.add(masks.rectsSrc[i], coefficients, coverage, masks.areasPx[i]));
    if (masks.runs.size() > UINT32_MAX) return fail(StatusCode::tooManyPixels, masks.runs.size());
  }
  masks.runOffsets[instances.count()] = static_cast<uint32_t>(masks.runs.size());
  return okStatus();
}

}  // namespace

void MaskColumns::clear() {
  rectsSrc.clear();
  runs.clear();
  runOffsets.clear();
  areasPx.clear();
  coverage.clear();
  coverageOffsets.clear();
}

Status assembleMasks(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
                     bool soft, const MaskKernels& kernels, MaskColumns& masks) {
  masks.clear();
  if (source.form != MaskForm::prototypes) {
    return fail(StatusCode::badArgument, static_cast<double>(source.form));
  }
  const TensorView& prototypes = source.planes;
  MASKLET_TRY(checkInputs(instances, prototypes, letterbox));
  const Status status = assembleAll(instances, prototypes, letterbox, soft, kernels, masks);
  if (!status.ok()) masks.clear();
  return status;
}

}  // namespace masklet
