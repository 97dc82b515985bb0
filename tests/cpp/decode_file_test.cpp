#include "image/decode_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "test_files.h"

using namespace masklet;

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

void putBigEndian32(std::vector<uint8_t>& bytes, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<uint8_t>(value >> shift));
}

void putChunk(std::vector<uint8_t>& png, const std::string& type,
              const std::vector<uint8_t>& data) {
  putBigEndian32(png, static_cast<uint32_t>(data.size()));
  std::vector<uint8_t> checked(type.begin(), type.end());
  checked.insert(checked.end(), data.begin(), data.end());
  uint32_t crc = 0xFFFFFFFFu;
  for (const uint8_t byte : checked) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? 0xEDB88320u ^ (crc >> 1) : crc >> 1;
  }
  png.insert(png.end(), checked.begin(), checked.end());
  putBigEndian32(png, ~crc);
}

/// An 8-bit RGBA PNG that claims this size and holds `idat`.
std::vector<uint8_t> pngClaiming(uint32_t width, uint32_t height,
                                 const std::vector<uint8_t>& idat) {
  std::vector<uint8_t> png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  std::vector<uint8_t> header;
  putBigEndian32(header, width);
  putBigEndian32(header, height);
  header.insert(header.end(), {8, 6, 0, 0, 0});
  putChunk(png, "IHDR", header);
  putChunk(png, "IDAT", idat);
  putChunk(png, "IEND", {});
  return png;
}

/// Deflate of `zeros` zero bytes with fixed codes: a literal, then matches of 258 at distance 1 in
/// 13 bits each.
std::vector<uint8_t> deflatedZeros(size_t zeros) {
  std::vector<uint8_t> bytes{0x78, 0x01};
  uint64_t held = 0;
  int count = 0;
  const auto put = [&](uint32_t value, int bits) {
    held |= uint64_t{value} << count;
    for (count += bits; count >= 8; count -= 8, held >>= 8)
      bytes.push_back(static_cast<uint8_t>(held));
  };
  put(1, 1);           // last block
  put(1, 2);           // fixed codes
  put(0b00001100, 8);  // literal 0: code 00110000, most significant bit first
  for (size_t made = 1; made < zeros; made += 258) {
    put(0b10100011, 8);  // length 258: code 11000101
    put(0, 5);           // distance 1
  }
  put(0, 7);  // end of block
  put(0, 7);
  for (int i = 0; i < 4; ++i) bytes.push_back(0);
  return bytes;
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

TEST(DecodeFile, EveryTruncation_IsABadFile) {
  for (const char* name : {"444.jpg", "progressive.jpg", "rgb.png", "interlaced.png", "rgb.bmp"}) {
    const std::vector<uint8_t> whole = golden(name);
    for (size_t length = 0; length < whole.size(); length += length < 64 ? 1 : 7) {
      // 23 pixels of 3 bytes in a stride of 72: the last 3 bytes are padding.
      if (std::string(name) == "rgb.bmp" && length + 3 >= whole.size()) continue;
      const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
      ASSERT_EQ(decode(cut).code, StatusCode::badImageFile) << name << " cut to " << length;
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
                  status.code == StatusCode::tooManyPixels || status.code == StatusCode::badSize);
    }
  }
  EXPECT_EQ(compare("rgb.png").largest, 0) << "the next call works";
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
  EXPECT_EQ(decode(pngClaiming(100, 100, deflatedZeros(200))).code, StatusCode::badImageFile);
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
  EXPECT_EQ(decode(pngClaiming(4, 4, deflatedZeros(64 << 20))).code, StatusCode::badImageFile);
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
