#include "assemble/assemble_masks.h"

#include <algorithm>
#include <cmath>

#include "assemble/box_paste.h"
#include "assemble/exclusive.h"
#include "assemble/lay_out.h"
#include "assemble/plane_reader.h"
#include "assemble/row_sink.h"
#include "simd/mask_kernels.h"

namespace masklet {

namespace {

bool validSide(uint32_t side) {
  return side >= 1 && side <= static_cast<uint32_t>(kMaxSidePx);
}

Status checkSide(uint32_t side) {
  return validSide(side) ? okStatus() : fail(StatusCode::badShape, side);
}

Status checkPrototypes(const Instances& instances, const TensorView& prototypes) {
  if (prototypes.rank != 4) return fail(StatusCode::badRank, prototypes.rank);
  if (prototypes.dims[0] != 1) return fail(StatusCode::badShape, prototypes.dims[0]);
  const uint32_t coefficientCount = prototypes.dims[1];
  if (instances.count() != 0 && instances.coefficientCount != coefficientCount) {
    return fail(StatusCode::badShape, coefficientCount);
  }
  MASKLET_TRY(checkSide(prototypes.dims[2]));
  return checkSide(prototypes.dims[3]);
}

Status checkPlanes(const Instances& instances, const TensorView& planes) {
  if (planes.rank != 4) return fail(StatusCode::badRank, planes.rank);
  MASKLET_TRY(checkSide(planes.dims[2]));
  MASKLET_TRY(checkSide(planes.dims[3]));
  if (instances.rows.size() != instances.count())
    return fail(StatusCode::badIndex, instances.rows.size());
  const uint64_t planeCount = uint64_t{planes.dims[0]} * planes.dims[1];
  for (const uint32_t row : instances.rows) {
    if (row >= planeCount) return fail(StatusCode::badIndex, row);
  }
  return okStatus();
}

Status checkViaSize(SizePx viaSize) {
  if (viaSize == SizePx{}) return okStatus();
  for (const int32_t side : {viaSize.width, viaSize.height}) {
    if (side < 1 || side > kMaxSidePx) return fail(StatusCode::badSize, side);
  }
  return okStatus();
}

Status checkStable(const MaskSource& source) {
  const float offset = source.stable.offset;
  if (!source.stable.on) return okStatus();
  if (source.form != MaskForm::planes || source.cropToBox || source.exclusive.on)
    return fail(StatusCode::badArgument, static_cast<double>(source.form));
  return offset >= 0 && std::isfinite(offset) ? okStatus() : fail(StatusCode::badArgument, offset);
}

Status checkSource(const Instances& instances, const MaskSource& source) {
  if (!std::isfinite(source.threshold)) return fail(StatusCode::badArgument, source.threshold);
  MASKLET_TRY(checkStable(source));
  switch (source.form) {
    case MaskForm::croppedPrototypes:
      // Outside the planes the value is 0, which must be background.
      if (source.threshold < 0) return fail(StatusCode::badArgument, source.threshold);
      return checkPrototypes(instances, source.planes);
    case MaskForm::prototypes:
      return checkPrototypes(instances, source.planes);
    case MaskForm::planes:
      MASKLET_TRY(checkViaSize(source.viaSize));
      return checkPlanes(instances, source.planes);
    case MaskForm::boxPlanes:
      if (source.threshold < 0) return fail(StatusCode::badArgument, source.threshold);
      return checkPlanes(instances, source.planes);
    case MaskForm::boxes:
      return okStatus();
  }
  return fail(StatusCode::badArgument, static_cast<double>(source.form));
}

Status checkLetterbox(const Letterbox& letterbox) {
  for (const int32_t side :
       {letterbox.src.width, letterbox.src.height, letterbox.net.width, letterbox.net.height,
        letterbox.viewSrc.width, letterbox.viewSrc.height}) {
    if (side < 1 || side > kMaxSidePx) return fail(StatusCode::badSize, side);
  }
  return okStatus();
}

/// The common steps of all forms except boxes.
class SampledMasks {
 public:
  SampledMasks(const MaskSource& source, bool soft, const MaskKernels& kernels, MaskReader& reader,
               MaskColumns& masks)
      : source_(source),
        soft_(soft),
        reader_(reader),
        masks_(masks),
        sampler_(kernels),
        runs_(kernels, masks),
        coverage_(source, kernels, masks),
        stability_(source.stable.offset, kernels) {}

  Status assemble(size_t count, SizePx src) {
    // Unstable masks drop their coverage, so it is not reserved in advance.
    const bool laidOut = soft_ && !source_.stable.on;
    MASKLET_TRY(reader_.prepare());
    MASKLET_TRY(
        layOutMasks(count, laidOut, [&](size_t i) { return reader_.cropSrc(i, 0); }, masks_));
    MASKLET_TRY(masks_.stabilities.resize(source_.stable.on ? count : 0));
    MASKLET_TRY(reserve(src.width));
    for (size_t i = 0; i < count; ++i) {
      masks_.runOffsets[i] = static_cast<uint32_t>(masks_.runs.size());
      if (soft_ && !laidOut) MASKLET_TRY(appendCoverage(i));
      MASKLET_TRY(assembleOne(i));
      if (masks_.runs.size() > UINT32_MAX)
        return fail(StatusCode::tooManyPixels, masks_.runs.size());
    }
    masks_.runOffsets[count] = static_cast<uint32_t>(masks_.runs.size());
    masks_.coverageOffsets[count] = static_cast<uint32_t>(masks_.coverage.size());
    return okStatus();
  }

 private:
  Status reserve(int32_t widthPx) {
    sinks_[sinkCount_++] = &runs_;
    MASKLET_TRY(runs_.reserve(widthPx));
    if (soft_) {
      sinks_[sinkCount_++] = &coverage_;
      MASKLET_TRY(coverage_.reserve(widthPx));
    }
    if (!source_.stable.on) return okStatus();
    sinks_[sinkCount_++] = &stability_;
    return stability_.reserve(widthPx);
  }

  Status appendCoverage(size_t instance) {
    const uint64_t begin = masks_.coverage.size();
    const uint64_t end = begin + static_cast<uint64_t>(masks_.rectsSrc[instance].area());
    if (end > UINT32_MAX) return fail(StatusCode::tooManyPixels, end);
    masks_.coverageOffsets[instance] = static_cast<uint32_t>(begin);
    const auto needed = static_cast<size_t>(end);
    if (needed > masks_.coverage.capacity())
      MASKLET_TRY(masks_.coverage.reserve(needed + needed / 2));
    return masks_.coverage.resize(needed);
  }

  Status assembleOne(size_t instance) {
    const RectPx rectSrc = masks_.rectsSrc[instance];
    if (source_.stable.on) masks_.stabilities[instance] = 0;
    if (rectSrc.empty()) return okStatus();
    // Object pixels at the lowered threshold reach further.
    const RectPx sampledSrc =
        source_.stable.on ? reader_.cropSrc(instance, source_.stable.offset) : rectSrc;
    CropSamples samples;
    MASKLET_TRY(reader_.open(instance, sampledSrc, samples));
    MASKLET_TRY(sampler_.sample(instance, sampledSrc, samples, {sinks_, sinkCount_}));
    if (!source_.stable.on) return okStatus();
    masks_.stabilities[instance] = stability_.stability();
    if (!(masks_.stabilities[instance] >= source_.stable.minStability)) return drop(instance);
    return okStatus();
  }

  /// Restores the state before the instance, which becomes empty.
  Status drop(size_t instance) {
    masks_.rectsSrc[instance] = {};
    masks_.areasPx[instance] = 0;
    MASKLET_TRY(masks_.runs.resize(masks_.runOffsets[instance]));
    return soft_ ? masks_.coverage.resize(masks_.coverageOffsets[instance]) : okStatus();
  }

  const MaskSource& source_;
  bool soft_;
  MaskReader& reader_;
  MaskColumns& masks_;
  RowSampler sampler_;
  RunSink runs_;
  CoverageSink coverage_;
  StabilitySink stability_;
  RowSink* sinks_[3] = {};
  size_t sinkCount_ = 0;
};

/// Every pixel of the crop is object.
Status assembleBoxes(const Instances& instances, const Letterbox& letterbox, bool soft,
                     MaskColumns& masks) {
  const auto cropSrc = [&](size_t i) { return boxCropSrc(instances.boxesNet[i], letterbox); };
  MASKLET_TRY(layOutMasks(instances.count(), soft, cropSrc, masks));
  for (size_t i = 0; i < instances.count(); ++i) {
    masks.runOffsets[i] = static_cast<uint32_t>(masks.runs.size());
    masks.areasPx[i] = static_cast<uint32_t>(masks.rectsSrc[i].area());
    RunWriter writer(masks.runs);
    MASKLET_TRY(writer.add(masks.areasPx[i], true));
    MASKLET_TRY(writer.finish());
  }
  masks.runOffsets[instances.count()] = static_cast<uint32_t>(masks.runs.size());
  std::fill(masks.coverage.begin(), masks.coverage.end(), uint8_t{255});
  return okStatus();
}

Status assembleForm(const Instances& instances, const MaskSource& source,
                    const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                    MaskColumns& masks) {
  const auto assemble = [&](MaskReader&& reader) {
    SampledMasks sampled(source, soft, kernels, reader, masks);
    return sampled.assemble(instances.count(), letterbox.src);
  };
  if (source.exclusive.on)
    return assembleExclusive(instances, source, letterbox, soft, kernels, masks);
  switch (source.form) {
    case MaskForm::prototypes:
      return assemble(PrototypeReader(instances, source, letterbox, kernels));
    case MaskForm::croppedPrototypes:
      return assemble(CroppedPrototypeReader(instances, source, letterbox, kernels));
    case MaskForm::planes:
      return assemble(PlaneReader(instances, source, letterbox, kernels));
    case MaskForm::boxPlanes:
      return assemble(BoxPlaneReader(instances, source, letterbox));
    case MaskForm::boxes:
      return assembleBoxes(instances, letterbox, soft, masks);
  }
  return fail(StatusCode::badArgument, static_cast<double>(source.form));
}

void moveIntoImage(RectPx viewSrc, RectPx& rect) {
  if (rect.empty()) return;
  rect.x += viewSrc.x;
  rect.y += viewSrc.y;
}

}  // namespace

void MaskColumns::clear() {
  rectsSrc.clear();
  runs.clear();
  runOffsets.clear();
  areasPx.clear();
  coverage.clear();
  coverageOffsets.clear();
  stabilities.clear();
}

Status assembleMasks(const Instances& instances, const MaskSource& source,
                     const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                     MaskColumns& masks) {
  masks.clear();
  MASKLET_TRY(checkSource(instances, source));
  MASKLET_TRY(checkLetterbox(letterbox));
  const Status status = assembleForm(instances, source, letterbox.cutOut(), soft, kernels, masks);
  if (!status.ok()) masks.clear();
  for (RectPx& rect : masks.rectsSrc) moveIntoImage(letterbox.viewSrc, rect);
  return status;
}

}  // namespace masklet
