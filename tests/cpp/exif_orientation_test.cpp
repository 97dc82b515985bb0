#include "image/exif_orientation.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

using namespace masklet;

namespace {

/// Writes numbers in either byte order.
struct TiffWriter {
  explicit TiffWriter(bool isBigEndian) : bigEndian(isBigEndian) {
    bytes = isBigEndian ? std::vector<uint8_t>{'M', 'M'} : std::vector<uint8_t>{'I', 'I'};
    u16(42);
  }
  void u16(uint32_t value) {
    const auto low = static_cast<uint8_t>(value);
    const auto high = static_cast<uint8_t>(value >> 8);
    bytes.push_back(bigEndian ? high : low);
    bytes.push_back(bigEndian ? low : high);
  }
  void u32(uint32_t value) {
    u16(bigEndian ? value >> 16 : value & 0xFFFF);
    u16(bigEndian ? value & 0xFFFF : value >> 16);
  }
  void entry(uint32_t tag, uint32_t type, uint32_t count, uint32_t value) {
    u16(tag);
    u16(type);
    u32(count);
    u16(value);
    u16(0);
  }

  bool bigEndian;
  std::vector<uint8_t> bytes;
};

std::vector<uint8_t> tiff(bool bigEndian, uint32_t value, uint32_t type = 3, uint32_t count = 1) {
  TiffWriter writer(bigEndian);
  writer.u32(10);  // the directory need not follow the header at once
  writer.u16(0xFFFF);
  writer.u16(2);
  writer.entry(0x010F, 2, 4, 0x4141);
  writer.entry(0x0112, type, count, value);
  writer.u32(0);
  return writer.bytes;
}

struct Rgba {
  SizePx size;
  std::vector<uint8_t> bytes;
  uint32_t at(int32_t x, int32_t y) const {
    uint32_t pixel = 0;
    std::memcpy(&pixel,
                bytes.data() + 4 * (static_cast<size_t>(y) * static_cast<size_t>(size.width) +
                                    static_cast<size_t>(x)),
                4);
    return pixel;
  }
};

Rgba randomImage(SizePx size, uint32_t seed) {
  std::mt19937 random(seed);
  Rgba image{size, std::vector<uint8_t>(4 * static_cast<size_t>(size.width) *
                                        static_cast<size_t>(size.height))};
  for (uint8_t& byte : image.bytes) byte = static_cast<uint8_t>(random());
  return image;
}

/// Where EXIF's words put the stored pixel (column, row): "the 0th row is the visual top, the 0th
/// column the visual left side", etc.
Point uprightPlace(Orientation orientation, int32_t column, int32_t row, SizePx upright) {
  const double right = upright.width - 1;
  const double bottom = upright.height - 1;
  switch (orientation) {
    case Orientation::topLeft:
      return {double(column), double(row)};
    case Orientation::topRight:
      return {right - column, double(row)};
    case Orientation::bottomRight:
      return {right - column, bottom - row};
    case Orientation::bottomLeft:
      return {double(column), bottom - row};
    case Orientation::leftTop:
      return {double(row), double(column)};
    case Orientation::rightTop:
      return {right - row, double(column)};
    case Orientation::rightBottom:
      return {right - row, bottom - column};
    case Orientation::leftBottom:
      return {double(row), bottom - column};
  }
  return {};
}

}  // namespace

TEST(ReadOrientation, AllValuesBothByteOrders) {
  for (uint32_t value = 1; value <= 8; ++value) {
    EXPECT_EQ(static_cast<uint32_t>(readOrientation(tiff(false, value))), value);
    EXPECT_EQ(static_cast<uint32_t>(readOrientation(tiff(true, value))), value);
  }
}

TEST(ReadOrientation, MalformedTag_IsAsStored) {
  for (const uint32_t value : {0u, 9u, 255u, 65535u})
    EXPECT_EQ(readOrientation(tiff(true, value)), Orientation::topLeft);
  EXPECT_EQ(readOrientation(tiff(true, 6, 4)), Orientation::topLeft);
  EXPECT_EQ(readOrientation(tiff(true, 6, 3, 2)), Orientation::topLeft);
}

TEST(ReadOrientation, WrongHeader_IsAsStored) {
  EXPECT_EQ(readOrientation({}), Orientation::topLeft);
  std::vector<uint8_t> block = tiff(true, 6);
  block[1] = 'I';
  EXPECT_EQ(readOrientation(block), Orientation::topLeft);
  block = tiff(true, 6);
  block[3] = 43;
  EXPECT_EQ(readOrientation(block), Orientation::topLeft);
}

TEST(ReadOrientation, EveryTruncationAndEveryByteChanged_StaysInside) {
  for (const bool bigEndian : {false, true}) {
    const std::vector<uint8_t> whole = tiff(bigEndian, 6);
    for (size_t length = 0; length < whole.size(); ++length) {
      // A fresh allocation of the exact size lets the address sanitizer see a read beyond it.
      const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
      const Orientation orientation = readOrientation(cut);
      EXPECT_TRUE(orientation == Orientation::topLeft || length >= 34);
    }
    for (size_t at = 0; at < whole.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        std::vector<uint8_t> changed = whole;
        changed[at] = static_cast<uint8_t>(value);
        const auto orientation = static_cast<uint32_t>(readOrientation(changed));
        ASSERT_TRUE(orientation >= 1 && orientation <= 8);
      }
    }
  }
}

TEST(ApplyOrientation, AllEight_PutEachPixelWhereExifSays) {
  for (const SizePx size :
       {SizePx{1, 1}, SizePx{5, 3}, SizePx{1, 7}, SizePx{70, 33}, SizePx{32, 64}}) {
    const Rgba stored = randomImage(size, 1);
    ImageView<const uint8_t> view;
    ASSERT_TRUE(makeImageView(std::span<const uint8_t>(stored.bytes), size, 4, 0, view).ok());
    for (uint8_t value = 1; value <= 8; ++value) {
      const auto orientation = static_cast<Orientation>(value);
      Buffer<uint8_t> buffer;
      ASSERT_TRUE(applyOrientation(view, orientation, buffer).ok());
      const Rgba upright{orientedSize(size, orientation),
                         std::vector<uint8_t>(buffer.begin(), buffer.end())};
      ASSERT_EQ(upright.bytes.size(), stored.bytes.size());
      for (int32_t row = 0; row < size.height; ++row) {
        for (int32_t column = 0; column < size.width; ++column) {
          const Point place = uprightPlace(orientation, column, row, upright.size);
          ASSERT_EQ(upright.at(static_cast<int32_t>(place.x), static_cast<int32_t>(place.y)),
                    stored.at(column, row))
              << int(value);
        }
      }
    }
  }
}

TEST(ApplyOrientation, StridedRows_AreFollowed) {
  const Rgba wide = randomImage({10, 6}, 2);
  ImageView<const uint8_t> part;
  ASSERT_TRUE(makeImageView(std::span<const uint8_t>(wide.bytes), {7, 6}, 4, 40, part).ok());
  Buffer<uint8_t> buffer;
  ASSERT_TRUE(applyOrientation(part, Orientation::rightTop, buffer).ok());
  const Rgba upright{{6, 7}, std::vector<uint8_t>(buffer.begin(), buffer.end())};
  EXPECT_EQ(upright.at(5, 0), wide.at(0, 0));
  EXPECT_EQ(upright.at(0, 6), wide.at(6, 5));
}

TEST(ApplyOrientation, Channels_MustBe4) {
  const std::vector<uint8_t> bytes(12);
  ImageView<const uint8_t> view;
  ASSERT_TRUE(makeImageView(std::span<const uint8_t>(bytes), {2, 2}, 3, 0, view).ok());
  Buffer<uint8_t> buffer;
  EXPECT_EQ(applyOrientation(view, Orientation::rightTop, buffer).code, StatusCode::badArgument);
}
