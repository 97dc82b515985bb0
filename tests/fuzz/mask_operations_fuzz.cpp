// Masks of any shape, also malformed ones, through every operation on them: statuses or masks that
// are well formed and say the same as their pixels; any request for memory may fail.
#include <cstdint>
#include <cstdlib>

#include "core/allocate.h"
#include "mask/coco_rle.h"
#include "mask/components.h"
#include "mask/contour.h"
#include "mask/measure.h"
#include "mask/polygon.h"
#include "mask/rle.h"
#include "tests/fuzz/fuzz_input.h"

namespace masklet {
namespace {

using fuzz::Input;
using fuzz::require;

constexpr SizePx kSource{40, 40};

/// A mask by its runs, which may add up or not.
Status takeMask(Input& input, Mask& mask) {
  const auto corner = [&] { return static_cast<int32_t>(input.below(40)) - 5; };
  mask.rectSrc.x = corner();
  mask.rectSrc.y = corner();
  mask.rectSrc.width = static_cast<int32_t>(input.below(24));
  mask.rectSrc.height = static_cast<int32_t>(input.below(24));
  mask.runs.clear();
  auto left = static_cast<uint32_t>(mask.rectSrc.area());
  const bool fits = input.below(8) != 0;
  while (left > 0 && !input.empty()) {
    const uint32_t run = std::min(left, input.below(200) + (mask.runs.empty() ? 0u : 1u));
    MASKLET_TRY(mask.runs.push(run));
    left -= run;
  }
  return fits && left > 0 ? mask.runs.push(left) : okStatus();
}

struct Results {
  Mask merged, many, cleaned, framed, filled;
  Buffer<uint32_t> counts;
  Contours contours;
  Components components;
  Buffer<double> ious;
};

Status everyOperation(const Mask& a, const Mask& b, Input input, Results& results) {
  const auto op = static_cast<MergeOp>(input.below(4));
  MASKLET_TRY(merge(a.view(), b.view(), op, results.merged));
  require(validateMask(results.merged.view()).ok());
  const std::vector<MaskView> views{a.view(), b.view(), results.merged.view()};
  MASKLET_TRY(
      mergeMany(views, input.below(2) == 0 ? MergeOp::unite : MergeOp::intersect, results.many));
  MASKLET_TRY(findComponents(a.view(), results.components));
  const Status cleaned = removeSmallRegions(a.view(), kSource, input.below(30), results.cleaned);
  if (cleaned.code == StatusCode::outOfMemory) return cleaned;
  const RectPx frame{static_cast<int32_t>(input.below(30)) - 9,
                     static_cast<int32_t>(input.below(30)) - 9,
                     static_cast<int32_t>(input.below(40)), static_cast<int32_t>(input.below(40))};
  MASKLET_TRY(reframe(a.view(), frame, results.framed));
  require(validateMask(results.framed.view()).ok());
  trimMask(results.framed);
  require(validateMask(results.framed.view()).ok());
  MASKLET_TRY(contoursFromMask(a.view(),
                               {.tolerancePx = static_cast<double>(input.below(8)) / 2,
                                .minAreaPx = static_cast<double>(input.below(8))},
                               results.contours));
  const Status coco = cocoCountsFromMask(a.view(), kSource, results.counts);
  if (coco.code == StatusCode::outOfMemory) return coco;
  const uint32_t shared = intersectionAreaPx(a.view(), b.view());
  require(shared <= areaPx(a.view()) && shared <= areaPx(b.view()));
  const double ratio = iou(a.view(), b.view());
  require(ratio >= 0 && ratio <= 1 && crowdIou(a.view(), b.view()) <= 1);
  return okStatus();
}

void fuzzOperations(Input input) {
  Mask a, b;
  require(takeMask(input, a).ok() && takeMask(input, b).ok());
  const uint64_t failAt = 1 + input.below(40);
  const bool formed = validateMask(a.view()).ok() && validateMask(b.view()).ok();
  Results results;
  if (!formed) return;
  require(everyOperation(a, b, input, results).ok());
  Mask moved;
  require(takeMask(input, moved).ok());
  (void)translate(a, static_cast<int32_t>(input.below(90)) - 45, 7);
  require(validateMask(a.view()).ok());
  (void)contains(a.view(), static_cast<int32_t>(input.below(60)) - 5, 3);

  allocationFailure = {.failAt = failAt};
  Results failed;
  const Status outcome = everyOperation(a, b, input, failed);
  require(outcome.ok() || outcome.code == StatusCode::outOfMemory);
  require(outcome.ok() != allocationFailure.refused);
  allocationFailure = {};
}

}  // namespace
}  // namespace masklet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  masklet::fuzzOperations(masklet::fuzz::Input(data, size));
  return 0;
}
