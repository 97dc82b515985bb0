#include "wasm/mask_stage.h"

#include <string_view>

#include "mask/coco_rle.h"
#include "mask/components.h"
#include "mask/measure.h"
#include "mask/polygon.h"
#include "mask/rle.h"

namespace masklet {

namespace {

void clearMask(Mask& mask) {
  mask.rectSrc = {};
  mask.runs.clear();
}

}  // namespace

Address MaskStage::columns() {
  columns_ = {{MASKLET_MASK_COLUMNS(MASKLET_COLUMN_OF)}};
  return reinterpret_cast<Address>(columns_.data());
}

uint32_t MaskStage::reserveMasks(uint32_t maskCount, uint32_t runCount) {
  const auto reserve = [&]() -> Status {
    MASKLET_TRY(resizeTo(rects_, maskCount));
    MASKLET_TRY(resizeTo(runs_, runCount));
    MASKLET_TRY(resizeTo(runOffsets_, uint64_t{maskCount} + 1));
    MASKLET_TRY(resizeTo(crowds_, maskCount));
    std::fill(crowds_.begin(), crowds_.end(), uint8_t{0});
    return okStatus();
  };
  const Status status = reserve();
  if (!status.ok()) rects_.clear();
  return finish(status);
}

Status MaskStage::viewOperands(size_t count) {
  if (count > rects_.size()) return fail(StatusCode::badIndex, rects_.size());
  MASKLET_TRY(operands_.resize(count));
  for (size_t i = 0; i < count; ++i) {
    const uint32_t begin = runOffsets_[i];
    const uint32_t end = runOffsets_[i + 1];
    if (begin > end || end > runs_.size()) return fail(StatusCode::badRuns, end);
    operands_[i] = {rects_[i], runs_.span().subspan(begin, end - begin)};
    MASKLET_TRY(validateMask(operands_[i]));
  }
  return okStatus();
}

/// Runs `operation`, which returns a Status, if the first `count` operands are well formed.
template <class Operation>
uint32_t MaskStage::onOperands(size_t count, const Operation& operation) {
  const Status status = viewOperands(count);
  return finish(status.ok() ? operation() : status);
}

uint32_t MaskStage::reserveText(uint32_t byteCount) {
  return finish(text_.resize(byteCount));
}

uint32_t MaskStage::reserveCounts(uint32_t count) {
  return finish(resizeTo(counts_, count));
}

uint32_t MaskStage::reservePolygons(uint32_t pointCount, uint32_t ringCount) {
  polygonPoints_.clear();
  polygonOffsets_.clear();
  const auto reserve = [&]() -> Status {
    // Beyond 32-bit addresses. A native allocation might succeed.
    if (pointCount > UINT32_MAX / (2 * sizeof(double)))
      return fail(StatusCode::outOfMemory, 16.0 * pointCount);
    if (ringCount == UINT32_MAX) return fail(StatusCode::outOfMemory, 4.0 * ringCount);
    MASKLET_TRY(polygonPoints_.resize(size_t{2} * pointCount));
    return polygonOffsets_.resize(size_t{ringCount} + 1);
  };
  return finish(reserve());
}

uint32_t MaskStage::cocoRle(int32_t srcWidth, int32_t srcHeight) {
  text_.clear();
  return onOperands(1, [&]() -> Status {
    MASKLET_TRY(cocoCountsFromMask(operands_[0], {srcWidth, srcHeight}, counts_));
    return cocoStringFromCounts(counts_.span(), text_);
  });
}

uint32_t MaskStage::polygons(double tolerancePx, double minAreaPx) {
  contours_.clear();
  const uint32_t status = onOperands(
      1, [&] { return contoursFromMask(operands_[0], {tolerancePx, minAreaPx}, contours_); });
  if (status != 0) contours_.clear();
  return status;
}

uint32_t MaskStage::mergeMasks(uint32_t op) {
  clearMask(result_);
  return onOperands(rects_.size(),
                    [&] { return mergeMany(operands_.span(), static_cast<MergeOp>(op), result_); });
}

uint32_t MaskStage::removeSmallRegions(int32_t srcWidth, int32_t srcHeight, uint32_t minAreaPx) {
  clearMask(result_);
  return onOperands(1, [&] {
    return masklet::removeSmallRegions(operands_[0], {srcWidth, srcHeight}, minAreaPx, result_);
  });
}

uint32_t MaskStage::intersectMasks() {
  sharedPx_ = 0;
  return onOperands(2, [&] {
    sharedPx_ = intersectionAreaPx(operands_[0], operands_[1]);
    return okStatus();
  });
}

uint32_t MaskStage::iouMatrix(uint32_t rowCount, uint32_t columnBegin) {
  ious_.clear();
  const size_t count = rects_.size();
  if (rowCount > count) return finish(fail(StatusCode::badIndex, rowCount));
  if (columnBegin > count) return finish(fail(StatusCode::badIndex, columnBegin));
  return onOperands(count, [&] {
    const std::span<const MaskView> operands = operands_.span();
    const std::span<const uint8_t> crowds = crowds_.span();
    return masklet::iouMatrix(operands.first(rowCount), operands.subspan(columnBegin),
                              crowds.subspan(columnBegin), ious_);
  });
}

uint32_t MaskStage::maskFromCocoRle(int32_t srcWidth, int32_t srcHeight) {
  clearMask(result_);
  const auto decode = [&]() -> Status {
    MASKLET_TRY(cocoCountsFromString({text_.data(), text_.size()}, counts_));
    return masklet::maskFromCocoCounts(counts_.span(), {srcWidth, srcHeight}, result_);
  };
  return finish(decode());
}

uint32_t MaskStage::maskFromCocoCounts(int32_t srcWidth, int32_t srcHeight) {
  clearMask(result_);
  return finish(masklet::maskFromCocoCounts(counts_.span(), {srcWidth, srcHeight}, result_));
}

uint32_t MaskStage::maskFromPolygons(int32_t srcWidth, int32_t srcHeight, bool asCoco) {
  clearMask(result_);
  const PolygonView view{polygonPoints_.span(), polygonOffsets_.span()};
  if (asCoco) return finish(maskFromCocoPolygons(view, {srcWidth, srcHeight}, result_));
  return finish(masklet::maskFromPolygons(view, {0, 0, srcWidth, srcHeight}, result_));
}

}  // namespace masklet
