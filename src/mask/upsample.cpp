#include "mask/upsample.h"

#include <algorithm>
#include <cmath>

#include "mask/box_paste.h"
#include "mask/exclusive.h"
#include "mask/lay_out.h"
#include "mask/plane_reader.h"
#include "simd/mask_kernels.h"

namespace masklet {

namespace {

/// Appends one row of a crop, given where it changes between background and object. Returns the
/// object pixels through `areaPx`.
Status addRow(std::span<const uint32_t> edgesPx, uint32_t widthPx, RunWriter& writer,
              uint32_t& areaPx) {
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

/// Of a row of value - threshold.
void coverProbabilities(const float* values, size_t count, float threshold, uint8_t* coverage) {
  for (size_t x = 0; x < count; ++x) coverage[x] = probabilityByte(values[x] + threshold);
}

/// What the instances of one image share while their masks are assembled.
class Assembler {
 public:
  Assembler(const MaskSource& source, const MaskKernels& kernels, MaskColumns& masks)
      : source_(source), kernels_(kernels), blender_(kernels), masks_(masks) {}

  Status reserve(SizePx src) {
    MASKLET_TRY(edgesPx_.resize(static_cast<size_t>(src.width)));
    return values_.resize(source_.probability ? static_cast<size_t>(src.width) : 0);
  }

  /// Appends the runs of one crop and, where `coverage` is not null, fills its bytes.
  Status add(RectPx rectSrc, const CropSamples& samples, uint8_t* coverage, uint32_t& areaPx) {
    MASKLET_TRY(cropTaps_.cut(*samples.columns, rectSrc.x - samples.xSrc, rectSrc.width));
    const ColumnTaps& taps = cropTaps_.taps();
    MASKLET_TRY(blender_.begin(*samples.grid, taps.left[0], taps.left[taps.widthPx - 1]));
    RunWriter writer(masks_.runs);
    for (int32_t y = 0; y < rectSrc.height; ++y) {
      const float* row = blender_.between(samples.rows->at(rectSrc.y - samples.ySrc + y));
      const size_t edgeCount = kernels_.findEdges(row, taps, edgesPx_.data());
      MASKLET_TRY(addRow({edgesPx_.data(), edgeCount}, static_cast<uint32_t>(rectSrc.width), writer,
                         areaPx));
      if (coverage == nullptr) continue;
      cover(row, taps, coverage);
      coverage += taps.widthPx;
    }
    return writer.finish();
  }

 private:
  void cover(const float* row, const ColumnTaps& taps, uint8_t* coverage) {
    if (!source_.probability) return kernels_.coverRow(row, taps, coverage);
    kernels_.sampleRow(row, taps, values_.data());
    coverProbabilities(values_.data(), taps.widthPx, source_.threshold, coverage);
  }

  const MaskSource& source_;
  const MaskKernels& kernels_;
  RowBlender blender_;
  MaskColumns& masks_;
  CropTaps cropTaps_;
  Buffer<uint32_t> edgesPx_;
  Buffer<float> values_;
};

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

Status checkSource(const Instances& instances, const MaskSource& source) {
  if (!std::isfinite(source.threshold)) return fail(StatusCode::badArgument, source.threshold);
  switch (source.form) {
    case MaskForm::croppedPrototypes:
      // Where nothing is, the value is 0, which must be background.
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
       {letterbox.src.width, letterbox.src.height, letterbox.net.width, letterbox.net.height}) {
    if (side < 1 || side > kMaxSidePx) return fail(StatusCode::badSize, side);
  }
  return okStatus();
}

/// What all forms but boxes do.
Status assembleSampled(size_t count, const MaskSource& source, SizePx src, bool soft,
                       const MaskKernels& kernels, MaskReader& reader, MaskColumns& masks) {
  MASKLET_TRY(reader.prepare());
  MASKLET_TRY(layOutMasks(count, soft, [&](size_t i) { return reader.cropSrc(i); }, masks));
  Assembler assembler(source, kernels, masks);
  MASKLET_TRY(assembler.reserve(src));
  for (size_t i = 0; i < count; ++i) {
    masks.runOffsets[i] = static_cast<uint32_t>(masks.runs.size());
    const RectPx rectSrc = masks.rectsSrc[i];
    if (rectSrc.empty()) continue;
    CropSamples samples;
    MASKLET_TRY(reader.open(i, rectSrc, samples));
    uint8_t* coverage = soft ? masks.coverage.data() + masks.coverageOffsets[i] : nullptr;
    MASKLET_TRY(assembler.add(rectSrc, samples, coverage, masks.areasPx[i]));
    if (masks.runs.size() > UINT32_MAX) return fail(StatusCode::tooManyPixels, masks.runs.size());
  }
  masks.runOffsets[count] = static_cast<uint32_t>(masks.runs.size());
  return okStatus();
}

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
    return assembleSampled(instances.count(), source, letterbox.src, soft, kernels, reader, masks);
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

}  // namespace

void MaskColumns::clear() {
  rectsSrc.clear();
  runs.clear();
  runOffsets.clear();
  areasPx.clear();
  coverage.clear();
  coverageOffsets.clear();
}

Status assembleMasks(const Instances& instances, const MaskSource& source,
                     const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                     MaskColumns& masks) {
  masks.clear();
  MASKLET_TRY(checkSource(instances, source));
  MASKLET_TRY(checkLetterbox(letterbox));
  const Status status = assembleForm(instances, source, letterbox, soft, kernels, masks);
  if (!status.ok()) masks.clear();
  return status;
}

}  // namespace masklet
