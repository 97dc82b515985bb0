// The stages of the core with every request for memory refused once. The decoders:
// all_decoders_test.cpp.
#include "failing_allocations.h"

#include <vector>

#include "image/decode_file.h"
#include "image/tensorize.h"
#include "mask/coco_rle.h"
#include "mask/components.h"
#include "mask/contour.h"
#include "mask/measure.h"
#include "mask/polygon.h"
#include "mask/rle.h"
#include "test_files.h"

namespace masklet::test {
namespace {

/// A ring and an island in a frame of 40 x 30.
Status makeMask(Mask& mask) {
  std::vector<uint8_t> pixels(40 * 30, 0);
  for (size_t y = 3; y < 20; ++y) {
    for (size_t x = 4; x < 25; ++x) pixels[y * 40 + x] = x < 8 || x > 20 || y < 7 || y > 15;
  }
  pixels[25 * 40 + 30] = 1;
  ImageView<const uint8_t> view;
  MASKLET_TRY(makeImageView(std::span<const uint8_t>(pixels), {40, 30}, 1, 0, view));
  return maskFromPixels(view, 0, 0, 1, mask);
}

}  // namespace

TEST(FailingAllocations, DecodeFile) {
  for (const char* name :
       {"444.jpg", "420.jpg", "progressive.jpg", "cmyk.jpg", "cmyk_bare.jpg", "ycck_transform1.jpg",
        "grey.jpg", "orientation6.jpg", "rgb.png", "rgba16.png", "interlaced.png",
        "palette_alpha.png", "bits1.png", "orientation6.png", "rgb.bmp", "palette.bmp"}) {
    const std::vector<uint8_t> file = readTestFile(std::string("golden/image/") + name);
    forEveryFailingAllocation(name, [&] {
      Buffer<uint8_t> rgba;
      SizePx size;
      const Status status = decodeFile(file, UINT64_MAX, rgba, size);
      EXPECT_EQ(rgba.empty(), !status.ok()) << name;
      return status;
    });
  }
}

TEST(FailingAllocations, Tensorize) {
  const std::vector<uint8_t> pixels(60 * 50 * 4, 77);
  ImageView<const uint8_t> rgba;
  ASSERT_TRUE(makeImageView(std::span<const uint8_t>(pixels), {60, 50}, 4, 0, rgba).ok());
  Letterbox letterbox;
  ASSERT_TRUE(makeLetterbox({60, 50}, {16, 16}, ResizeMode::letterboxCenter, letterbox).ok());
  forEveryFailingAllocation("tensorize", [&] {
    TensorizeScratch scratch;
    std::vector<float> tensor(3 * 16 * 16);
    return tensorize(rgba, letterbox, {}, scratch, tensor);
  });
}

TEST(FailingAllocations, CocoRle) {
  forEveryFailingAllocation("COCO and back", [] {
    Mask mask;
    MASKLET_TRY(makeMask(mask));
    Buffer<uint32_t> counts;
    MASKLET_TRY(cocoCountsFromMask(mask.view(), {50, 40}, counts));
    Buffer<char> text;
    MASKLET_TRY(cocoStringFromCounts(counts.span(), text));
    Buffer<uint32_t> again;
    MASKLET_TRY(cocoCountsFromString({text.data(), text.size()}, again));
    return maskFromCocoCounts(again.span(), {50, 40}, mask);
  });
}

TEST(FailingAllocations, Polygons) {
  forEveryFailingAllocation("outline and back", [] {
    Mask mask;
    MASKLET_TRY(makeMask(mask));
    Contours contours;
    MASKLET_TRY(contoursFromMask(mask.view(), {.tolerancePx = 1}, contours));
    const std::vector<double> points{1, 1, 20, 2, 15, 25, 3, 3, 12, 3, 8, 20};
    const std::vector<uint32_t> offsets{0, 3, 6};
    MASKLET_TRY(maskFromPolygons({points, offsets}, {0, 0, 40, 30}, mask));
    return maskFromCocoPolygons({points, offsets}, {40, 30}, mask);
  });
}

TEST(FailingAllocations, MaskOperations) {
  forEveryFailingAllocation("mask operations", [] {
    Mask a, b, merged, cleaned, framed;
    MASKLET_TRY(makeMask(a));
    MASKLET_TRY(makeMask(b));
    MASKLET_TRY(translate(b, 3, 5));
    for (const MergeOp op :
         {MergeOp::unite, MergeOp::intersect, MergeOp::subtract, MergeOp::exclude})
      MASKLET_TRY(merge(a.view(), b.view(), op, merged));
    const std::vector<MaskView> views{a.view(), b.view(), merged.view()};
    MASKLET_TRY(mergeMany(views, MergeOp::unite, merged));
    Components components;
    MASKLET_TRY(findComponents(merged.view(), components));
    MASKLET_TRY(removeSmallRegions(merged.view(), {60, 50}, 9, cleaned));
    return reframe(cleaned.view(), {0, 0, 60, 50}, framed);
  });
}

}  // namespace masklet::test
