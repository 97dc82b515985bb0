// The mask operations of the workspace.
#include <string_view>

#include "mask/coco_rle.h"
#include "mask/components.h"
#include "mask/measure.h"
#include "mask/polygon.h"
#include "mask/rle.h"
#include "wasm/workspace.h"

namespace masklet {

namespace {

// Runs `operation`, which returns a Status, when all of `masks` are well formed.
template <class Operation, class... Masks>
Status onValid(const Operation& operation, const Masks&... masks) {
  Status status;
  ((status.ok() ? void(status = validateMask(masks.view())) : void()), ...);
  return status.ok() ? operation() : status;
}

void clearMask(Mask& mask) {
  mask.rectSrc = {};
  mask.runs.clear();
}

}  // namespace

uint32_t Workspace::reserveMask(uint32_t slot, int32_t x, int32_t y, int32_t widthPx,
                                int32_t heightPx, uint32_t runCount) {
  if (slot >= kMaskSlots) return finish(fail(StatusCode::badIndex, slot));
  Mask& mask = masks_[slot];
  const Status status = mask.runs.resize(runCount);
  if (status.ok()) {
    mask.rectSrc = {x, y, widthPx, heightPx};
  } else {
    clearMask(mask);
  }
  return finish(status);
}

Address Workspace::maskAddress(uint32_t slot) const {
  return slot < kMaskSlots ? address(masks_[slot].runs) : 0;
}

uint32_t Workspace::reserveText(uint32_t byteCount) {
  return finish(text_.resize(byteCount));
}

uint32_t Workspace::reserveCounts(uint32_t count) {
  return finish(counts_.resize(count));
}

uint32_t Workspace::reservePolygons(uint32_t pointCount, uint32_t ringCount) {
  polygonPoints_.clear();
  polygonOffsets_.clear();
  const auto reserve = [&]() -> Status {
    // Checked before doubling, which could wrap around in 32 bits.
    if (pointCount > UINT32_MAX / (2 * sizeof(double)))
      return fail(StatusCode::outOfMemory, 16.0 * pointCount);
    if (ringCount == UINT32_MAX) return fail(StatusCode::outOfMemory, 4.0 * ringCount);
    MASKLET_TRY(polygonPoints_.resize(size_t{2} * pointCount));
    return polygonOffsets_.resize(size_t{ringCount} + 1);
  };
  return finish(reserve());
}

uint32_t Workspace::cocoRle(int32_t srcWidth, int32_t srcHeight) {
  text_.clear();
  const auto encode = [&]() -> Status {
    MASKLET_TRY(cocoCountsFromMask(masks_[0].view(), {srcWidth, srcHeight}, counts_));
    return cocoStringFromCounts(counts_.span(), text_);
  };
  return finish(onValid(encode, masks_[0]));
}

uint32_t Workspace::polygons(double tolerancePx, double minAreaPx) {
  contours_.clear();
  const auto trace = [&] {
    return contoursFromMask(masks_[0].view(), {tolerancePx, minAreaPx}, contours_);
  };
  const Status status = onValid(trace, masks_[0]);
  if (!status.ok()) contours_.clear();
  return finish(status);
}

uint32_t Workspace::mergeMasks(uint32_t op) {
  clearMask(result_);
  const auto combine = [&] {
    return merge(masks_[0].view(), masks_[1].view(), static_cast<MergeOp>(op), result_);
  };
  return finish(onValid(combine, masks_[0], masks_[1]));
}

uint32_t Workspace::removeSmallRegions(int32_t srcWidth, int32_t srcHeight, uint32_t minAreaPx) {
  clearMask(result_);
  const auto clean = [&] {
    return masklet::removeSmallRegions(masks_[0].view(), {srcWidth, srcHeight}, minAreaPx, result_);
  };
  return finish(onValid(clean, masks_[0]));
}

uint32_t Workspace::intersectMasks() {
  measuredArea_ = 0;
  const auto measure = [&] {
    measuredArea_ = intersectionAreaPx(masks_[0].view(), masks_[1].view());
    return okStatus();
  };
  return finish(onValid(measure, masks_[0], masks_[1]));
}

Status Workspace::decodeText(SizePx src) {
  MASKLET_TRY(cocoCountsFromString({text_.data(), text_.size()}, counts_));
  return masklet::maskFromCocoCounts(counts_.span(), src, result_);
}

uint32_t Workspace::maskFromCocoRle(int32_t srcWidth, int32_t srcHeight) {
  clearMask(result_);
  return finish(decodeText({srcWidth, srcHeight}));
}

uint32_t Workspace::maskFromCocoCounts(int32_t srcWidth, int32_t srcHeight) {
  clearMask(result_);
  return finish(masklet::maskFromCocoCounts(counts_.span(), {srcWidth, srcHeight}, result_));
}

uint32_t Workspace::maskFromPolygons(int32_t srcWidth, int32_t srcHeight, bool asCoco) {
  clearMask(result_);
  const PolygonView view{polygonPoints_.span(), polygonOffsets_.span()};
  if (asCoco) return finish(maskFromCocoPolygons(view, {srcWidth, srcHeight}, result_));
  return finish(masklet::maskFromPolygons(view, {0, 0, srcWidth, srcHeight}, result_));
}

}  // namespace masklet
