#include "image/decode_file.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "core/allocate.h"
#include "core/limits.h"
#include "image/container.h"
#include "image_files.h"
#include "test_files.h"

using namespace masklet;
using test::deflatedZeros;
using test::pngClaiming;

namespace {

constexpr uint64_t kAnyPixels = UINT64_MAX;

std::vector<uint8_t> golden(const std::string& name) {
  return test::readTestFile("golden/image/" + name);
}

/// Largest and mean difference of `name` decoded here and by Pillow.
struct Difference {
  int largest = 0;
  double mean = 0;
};

Difference compare(const std::string& name) {
  const auto expected = test::readRawGolden<uint8_t>("golden/image/" + name + ".rgba");
  Buffer<uint8_t> rgba;
  SizePx size;
  EXPECT_TRUE(decodeFile(golden(name), kAnyPixels, rgba, size).ok()) << name;
  EXPECT_EQ(size, (SizePx{expected.widthPx, expected.heightPx})) << name;
  Difference difference;
  EXPECT_EQ(rgba.size(), expected.elements.size()) << name;
  if (rgba.size() != expected.elements.size()) return {255, 255};
  for (size_t i = 0; i < rgba.size(); ++i) {
    const int apart = std::abs(rgba[i] - expected.elements[i]);
    difference.largest = std::max(difference.largest, apart);
    difference.mean += apart;
  }
  difference.mean /= static_cast<double>(rgba.size());
  return difference;
}

Status decode(const std::vector<uint8_t>& file, uint64_t maxPixels = kAnyPixels) {
  Buffer<uint8_t> rgba;
  SizePx size{-1, -1};
  const Status status = decodeFile(file, maxPixels, rgba, size);
  if (!status.ok()) {
    EXPECT_TRUE(rgba.empty());
    EXPECT_EQ(size, (SizePx{-1, -1}));
  } else {
    EXPECT_EQ(rgba.size(), 4 * static_cast<size_t>(size.width) * static_cast<size_t>(size.height));
  }
  return status;
}

}  // namespace

TEST(DecodeFile, LosslessFiles_EqualPillow) {
  for (const char* name : {"rgb.png", "rgba.png", "grey.png", "grey_alpha.png", "bits1.png",
                           "palette.png", "palette_alpha.png", "rgba16.png", "interlaced.png",
                           "rgb.bmp", "palette.bmp", "grey.bmp", "orientation6.png"}) {
    EXPECT_EQ(compare(name).largest, 0) << name;
  }
}

// JPEG decoders may round their transforms differently (T.83 allows it): stb_image is up to 3
// levels from libjpeg-turbo on these images; with halved chroma the interpolation differs too.
TEST(DecodeFile, JpegFiles_AreNearPillow) {
  for (const char* name : {"444.jpg", "progressive.jpg", "restart.jpg", "grey.jpg"}) {
    EXPECT_LE(compare(name).largest, 4) << name;
    EXPECT_LE(compare(name).mean, 0.6) << name;
  }
  EXPECT_LE(compare("420.jpg").largest, 8);
  EXPECT_LE(compare("420.jpg").mean, 1.0);
}

TEST(DecodeFile, AdobeCmykJpeg_IsNotInverted) {
  EXPECT_LE(compare("cmyk.jpg").largest, 6);
  EXPECT_LE(compare("cmyk.jpg").mean, 1.0);
}

TEST(DecodeFile, FourComponents_AreInksWithAndWithoutAdobesMarker) {
  for (const char* name :
       {"cmyk_bare.jpg", "cmyk_bare_progressive.jpg", "ycck.jpg", "ycck_transform1.jpg"}) {
    EXPECT_LE(compare(name).largest, 6) << name;
    EXPECT_LE(compare(name).mean, 1.0) << name;
  }
}

TEST(DecodeFile, AllExifOrientations_AreUpright) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string name = "orientation" + std::to_string(orientation) + ".jpg";
    EXPECT_LE(compare(name).largest, 4) << name;
  }
}

TEST(DecodeFile, OtherFormatsAndGarbage_AreNamed) {
  const std::string gif = "GIF89a\x01\x00\x01\x00 and more";
  for (const std::vector<uint8_t>& file :
       {std::vector<uint8_t>{}, std::vector<uint8_t>{0xFF}, std::vector<uint8_t>{0xFF, 0xD8, 0xFF},
        std::vector<uint8_t>{'B', 'M'}, std::vector<uint8_t>(gif.begin(), gif.end()),
        std::vector<uint8_t>(5000, 0)}) {
    const Status status = decode(file);
    EXPECT_EQ(status.code, StatusCode::badImageFile);
    EXPECT_EQ(status.value, static_cast<double>(file.size()));
  }
}

TEST(DecodeFile, EveryTruncation_IsNamedOnceTheSizeIsKnown) {
  for (const char* name : {"444.jpg", "progressive.jpg", "rgb.png", "interlaced.png", "rgb.bmp"}) {
    const std::vector<uint8_t> whole = golden(name);
    for (size_t length = 0; length < whole.size(); length += length < 64 ? 1 : 7) {
      // 23 pixels of 3 bytes in a stride of 72: the last 3 bytes are padding.
      if (std::string(name) == "rgb.bmp" && length + 3 >= whole.size()) continue;
      const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
      const bool sizeKnown = readContainer(cut).widthPx != 0;
      ASSERT_EQ(decode(cut).code,
                sizeKnown ? StatusCode::truncatedImageFile : StatusCode::badImageFile)
          << name << " cut to " << length;
      ASSERT_TRUE(sizeKnown || length <= 2 * whole.size() / 3) << name << " cut to " << length;
    }
  }
}

TEST(DecodeFile, RandomDamage_NeverEscapesAStatus) {
  std::mt19937 random(9);
  for (const char* name :
       {"444.jpg", "420.jpg", "progressive.jpg", "restart.jpg", "cmyk.jpg", "rgba16.png",
        "interlaced.png", "palette_alpha.png", "palette.bmp", "rgb.bmp"}) {
    const std::vector<uint8_t> whole = golden(name);
    for (int trial = 0; trial < 300; ++trial) {
      std::vector<uint8_t> damaged = whole;
      for (uint32_t change = 0; change < 1 + random() % 4; ++change) {
        damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
      }
      const Status status = decode(damaged, 1 << 16);
      EXPECT_TRUE(status.ok() || status.code == StatusCode::badImageFile ||
                  status.code == StatusCode::truncatedImageFile ||
                  status.code == StatusCode::imageFileTooCostly ||
                  status.code == StatusCode::tooManyPixels || status.code == StatusCode::badSize);
    }
  }
  EXPECT_EQ(compare("rgb.png").largest, 0) << "the next call works";
}

// Files that took seconds to minutes, or gigabytes.
TEST(DecodeFile, HostileFiles_AreRefusedAtOnce) {
  const std::pair<const char*, StatusCode> files[] = {
      {"bomb_8192sq.png", StatusCode::imageFileTooCostly},
      {"bomb_8192sq_16rgba_inter_short.png", StatusCode::truncatedImageFile},
      {"jpeg_8192sq_claim.jpg", StatusCode::truncatedImageFile},
      {"jpeg_prog_scans_x200.jpg", StatusCode::imageFileTooCostly},
  };
  for (const auto& [name, code] : files) {
    const auto file = test::readTestFile(std::string("data/hostile_images/") + name);
    allocationFailure = {};
    const std::clock_t begun = std::clock();
    const Status status = decode(file, limits::kMaxImagePixels);
    EXPECT_LT(std::clock() - begun, CLOCKS_PER_SEC / 2) << name;
    EXPECT_EQ(status.code, code) << name;
    EXPECT_EQ(status.value, static_cast<double>(file.size())) << name;
    EXPECT_EQ(allocationFailure.largestBytes, 0u) << name << " is refused before allocating";
  }
}

TEST(DecodeFile, CmykFiles_AreAsBrowsersShowThem) {
  for (const char* name : {"cmyk.jpg", "cmyk_with_adobe.jpg"}) {
    Buffer<uint8_t> rgba;
    SizePx size;
    const auto file = test::readTestFile(std::string("data/hostile_images/") + name);
    ASSERT_TRUE(decodeFile(file, kAnyPixels, rgba, size).ok()) << name;
    const auto expectNear = [&](size_t x, size_t y, std::array<int, 3> color) {
      const uint8_t* pixel = rgba.data() + 4 * (y * static_cast<size_t>(size.width) + x);
      for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(pixel[k], color[k], 3) << name;
    };
    expectNear(2, 2, {60, 110, 70});
    expectNear(80, 53, {200, 60, 40});
  }
}

TEST(DecodeFile, DefaultPixelLimit_HoldsTheLargestCameras) {
  EXPECT_EQ(decode(pngClaiming(8193, 8192, {}), limits::kMaxImagePixels).code,
            StatusCode::tooManyPixels);
  EXPECT_EQ(decode(pngClaiming(8192, 8192, {}), limits::kMaxImagePixels).code,
            StatusCode::truncatedImageFile);
}

TEST(DecodeFile, PixelLimit_IsCheckedBeforeAnythingIsAllocated) {
  const Status status = decode(pngClaiming(30000, 30000, {}), 50'000'000);
  EXPECT_EQ(status.code, StatusCode::tooManyPixels);
  EXPECT_EQ(status.value, 900'000'000);
  EXPECT_EQ(decode(golden("rgb.png"), 23 * 17 - 1).code, StatusCode::tooManyPixels);
  EXPECT_TRUE(decode(golden("rgb.png"), 23 * 17).ok());
}

TEST(DecodeFile, SideBeyondTheLimit_IsNamed) {
  const Status status = decode(pngClaiming(32769, 1, {}));
  EXPECT_EQ(status.code, StatusCode::badSize);
  EXPECT_EQ(status.value, 32769);
  const Status tall = decode(pngClaiming(1, 0xFFFFFFFF, {}));
  EXPECT_EQ(tall.code, StatusCode::badSize);
  EXPECT_EQ(tall.value, 4294967295.0);
  EXPECT_EQ(decode(pngClaiming(0, 5, {})).code, StatusCode::badImageFile);
}

TEST(DecodeFile, PngWithTooFewPixels_IsABadFile) {
  EXPECT_EQ(decode(pngClaiming(100, 100, deflatedZeros(200))).code, StatusCode::truncatedImageFile);
  EXPECT_EQ(decode(pngClaiming(100, 100, deflatedZeros(30000))).code, StatusCode::badImageFile)
      << "the bytes could have been enough";
}

TEST(DecodeFile, PngOfTheRightLength_Decodes) {
  Buffer<uint8_t> rgba;
  SizePx size;
  ASSERT_TRUE(
      decodeFile(pngClaiming(64, 64, deflatedZeros(64 * (64 * 4 + 1))), kAnyPixels, rgba, size)
          .ok());
  for (const uint8_t byte : rgba.span()) ASSERT_EQ(byte, 0);
}

// 400 kB that inflate to 64 MB for an image of 16 pixels.
TEST(DecodeFile, EndlesslyInflatingPng_IsStoppedEarly) {
  EXPECT_EQ(decode(pngClaiming(4, 4, deflatedZeros(64 << 20))).code,
            StatusCode::imageFileTooCostly);
}

// 8 kB that stand for 256 MB of black.
TEST(DecodeFile, LargeImageOfHardlyAnyBytes_IsTooCostly) {
  const auto blank = [](uint32_t side) {
    return pngClaiming(side, side, test::Bytes(side * (side / 8 + 1) / 1000),
                       {.depth = 1, .colorType = 0});
  };
  EXPECT_EQ(decode(blank(8192)).code, StatusCode::imageFileTooCostly);
  EXPECT_NE(decode(blank(4096)).code, StatusCode::imageFileTooCostly)
      << "up to kUnquestionedPixels";
  const Status eightBits = decode(pngClaiming(8192, 8192, test::Bytes(66000), {.colorType = 0}));
  EXPECT_EQ(eightBits.code, StatusCode::badImageFile) << "enough bytes, of a bad kind";
}

TEST(DecodeFile, Output_IsReplacedOnlyOnSuccess) {
  Buffer<uint8_t> rgba;
  SizePx size;
  ASSERT_TRUE(decodeFile(golden("rgb.png"), kAnyPixels, rgba, size).ok());
  const uint8_t first = rgba[0];
  const std::vector<uint8_t> garbage(100, 7);
  EXPECT_FALSE(decodeFile(garbage, kAnyPixels, rgba, size).ok());
  EXPECT_EQ(size, (SizePx{23, 17}));
  EXPECT_EQ(rgba.size(), 23u * 17 * 4);
  EXPECT_EQ(rgba[0], first);
  ASSERT_TRUE(decodeFile(golden("orientation6.jpg"), kAnyPixels, rgba, size).ok());
  EXPECT_EQ(size, (SizePx{11, 19}));
}
