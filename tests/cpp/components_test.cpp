#include "mask/components.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "mask/coco_rle.h"
#include "tests/cpp/mask_bitmaps.h"

namespace masklet {
namespace {

using testing::Bitmap;
using testing::bitmapOf;
using testing::maskOf;

constexpr uint32_t kNone = UINT32_MAX;

/// Pixel by pixel: the number of each pixel's part, counted in reading order, and the sizes.
struct SlowParts {
  std::vector<uint32_t> labels;
  std::vector<uint32_t> sizes;

  SlowParts(const Bitmap& bitmap, bool object) : labels(bitmap.pixels.size(), kNone) {
    for (size_t start = 0; start < labels.size(); ++start) {
      if ((bitmap.pixels[start] != 0) != object || labels[start] != kNone) continue;
      flood(bitmap, object, start);
    }
  }

  void flood(const Bitmap& bitmap, bool object, size_t start) {
    const auto part = static_cast<uint32_t>(sizes.size());
    std::vector<size_t> open{start};
    labels[start] = part;
    sizes.push_back(0);
    while (!open.empty()) {
      const size_t at = open.back();
      open.pop_back();
      ++sizes[part];
      const auto x = static_cast<int32_t>(at) % bitmap.rect.width;
      const auto y = static_cast<int32_t>(at) / bitmap.rect.width;
      for (int32_t neighbor = 0; neighbor < 9; ++neighbor) {
        const int32_t nx = x + neighbor % 3 - 1, ny = y + neighbor / 3 - 1;
        if (nx < 0 || ny < 0 || nx >= bitmap.rect.width || ny >= bitmap.rect.height) continue;
        const auto next = static_cast<size_t>(ny * bitmap.rect.width + nx);
        if ((bitmap.pixels[next] != 0) != object || labels[next] != kNone) continue;
        labels[next] = part;
        open.push_back(next);
      }
    }
  }
};

Bitmap slowClean(Bitmap bitmap, uint32_t minArea) {
  const SlowParts holes(bitmap, false);
  for (size_t p = 0; p < bitmap.pixels.size(); ++p) {
    if (holes.labels[p] != kNone && holes.sizes[holes.labels[p]] < minArea) bitmap.pixels[p] = 1;
  }
  const SlowParts islands(bitmap, true);
  size_t largest = 0;
  for (size_t part = 1; part < islands.sizes.size(); ++part) {
    if (islands.sizes[part] > islands.sizes[largest]) largest = part;
  }
  const bool noneIsLarge = islands.sizes.empty() || islands.sizes[largest] < minArea;
  for (size_t p = 0; p < bitmap.pixels.size(); ++p) {
    if (islands.labels[p] == kNone) continue;
    const bool stays =
        noneIsLarge ? islands.labels[p] == largest : islands.sizes[islands.labels[p]] >= minArea;
    bitmap.pixels[p] = stays ? 1 : 0;
  }
  return bitmap;
}

TEST(Components, AllShapes_MatchFloodFill) {
  for (const testing::Shape& shape : testing::shapes()) {
    SCOPED_TRACE(shape.name);
    const Mask mask = maskOf(shape.bitmap);
    Components components;
    ASSERT_TRUE(findComponents(mask.view(), components).ok());
    const SlowParts slow(shape.bitmap, true);
    ASSERT_EQ(std::vector<uint32_t>(components.areasPx.begin(), components.areasPx.end()),
              slow.sizes);
    Bitmap seen(shape.bitmap.rect);
    for (size_t at = 0; at < components.spans.size(); ++at) {
      const PixelSpan& span = components.spans[at];
      for (int32_t x = span.x1; x < span.x2; ++x) {
        const auto p =
            static_cast<size_t>(span.y - seen.rect.y) * seen.rect.width + (x - seen.rect.x);
        EXPECT_EQ(components.labels[at], slow.labels[p]);
        seen.set(x, span.y, true);
      }
    }
    EXPECT_EQ(seen.pixels, shape.bitmap.pixels);
  }
}

TEST(Components, SmallRegionsOfAllShapes_AreRemovedAsPixelByPixel) {
  const RectPx image{0, 0, 70, 50};
  for (const testing::Shape& shape : testing::shapes()) {
    const Mask mask = maskOf(shape.bitmap);
    const Bitmap framed =
        testing::bitmapWhere(image, [&](int32_t x, int32_t y) { return shape.bitmap.at(x, y); });
    for (const uint32_t minArea : {0u, 1u, 2u, 5u, 12u, 40u, 2500u, 4000u}) {
      SCOPED_TRACE(::testing::Message() << shape.name << " min " << minArea);
      Mask cleaned;
      ASSERT_TRUE(removeSmallRegions(mask.view(), {70, 50}, minArea, cleaned).ok());
      testing::expectMask(cleaned.view(), testing::trimmed(slowClean(framed, minArea)));
    }
  }
}

TEST(Components, ItsOwnMask_MayBeTheOutput) {
  Mask mask = maskOf(
      testing::bitmapWhere({0, 0, 9, 9}, [](int32_t x, int32_t y) { return x != 4 || y != 4; }));
  ASSERT_TRUE(removeSmallRegions(mask.view(), {9, 9}, 3, mask).ok());
  EXPECT_EQ(bitmapOf(mask.view()).area(), 81u);
}

TEST(Components, WrongSizes_Fail) {
  const Mask mask;
  Mask cleaned;
  for (const SizePx size : {SizePx{0, 5}, SizePx{5, -1}, SizePx{kMaxSidePx + 1, 5}}) {
    EXPECT_EQ(removeSmallRegions(mask.view(), size, 3, cleaned).code, StatusCode::badSize);
  }
  EXPECT_TRUE(removeSmallRegions(mask.view(), {5, 5}, 3, cleaned).ok());
  EXPECT_TRUE(cleaned.rectSrc.empty());
}

TEST(Components, Goldens_AreReproduced) {
  std::ifstream file(MASKLET_TESTS_DIR "/golden/components/goldens.txt");
  ASSERT_TRUE(file.good());
  size_t cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    std::istringstream fields(line);
    std::string name, counts, expected;
    SizePx size;
    uint32_t minArea = 0;
    fields >> name >> size.width >> size.height >> minArea >> counts >> expected;
    ASSERT_FALSE(fields.fail()) << line;
    SCOPED_TRACE(name);
    Buffer<uint32_t> numbers;
    Mask mask;
    ASSERT_TRUE(cocoCountsFromString(counts, numbers).ok());
    ASSERT_TRUE(maskFromCocoCounts(numbers.span(), size, mask).ok());
    ASSERT_TRUE(removeSmallRegions(mask.view(), size, minArea, mask).ok());
    Buffer<char> text;
    ASSERT_TRUE(cocoCountsFromMask(mask.view(), size, numbers).ok());
    ASSERT_TRUE(cocoStringFromCounts(numbers.span(), text).ok());
    EXPECT_EQ(std::string(text.begin(), text.end()), expected);
  }
  EXPECT_GE(cases, 60u);
}

}  // namespace
}  // namespace masklet
