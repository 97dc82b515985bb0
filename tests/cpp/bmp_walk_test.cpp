// What the bytes of a BMP tell before a pixel is decoded: readContainer on files made by hand.
#include <gtest/gtest.h>

#include "core/limits.h"
#include "image/decode_file.h"
#include "image_files.h"

using namespace masklet;
using namespace masklet::test;

namespace {

StatusCode decodeCode(const Bytes& file) {
  Buffer<uint8_t> rgba;
  SizePx size;
  const Status status = decodeFile(file, limits::kMaxImagePixels, rgba, size);
  EXPECT_EQ(status.ok(), !rgba.empty());
  return status.code;
}

Bytes bmpOf(uint32_t side, BmpKind kind, size_t rowBytes, uint8_t fill = 0) {
  Bytes bmp = bmpHead(side, side, kind);
  bmp.insert(bmp.end(), rowBytes * side, fill);
  return bmp;
}

}  // namespace

TEST(BmpWalk, RowsClaimed_MustBeThere) {
  EXPECT_EQ(decodeCode(bmpOf(8, {}, 24)), StatusCode::ok);
  Bytes cut = bmpOf(8, {}, 24);
  cut.pop_back();
  EXPECT_EQ(decodeCode(cut), StatusCode::truncatedImageFile);
  for (const uint16_t bits : {uint16_t{1}, uint16_t{4}, uint16_t{8}, uint16_t{24}, uint16_t{32}}) {
    Bytes claim = bmpHead(8192, 8192, {.bits = bits, .paletteEntries = bits < 16 ? 256u : 0});
    claim.resize(claim.size() + 100000);
    EXPECT_EQ(decodeCode(claim), StatusCode::truncatedImageFile) << bits;
  }
}

// Run lengths would let a few bytes claim any size.
TEST(BmpWalk, CompressedKinds_AreNotDecoded) {
  for (const uint32_t compression : {1u, 2u, 4u, 5u, 6u, 0xFFFFFFFFu}) {
    EXPECT_EQ(
        decodeCode(bmpOf(8, {.bits = 8, .compression = compression, .paletteEntries = 256}, 8)),
        StatusCode::badImageFile);
  }
}

TEST(BmpWalk, BitsThatDoNotExist_AreDamage) {
  for (const uint16_t bits : {0, 2, 3, 12, 31, 48, 64, 65535}) {
    EXPECT_EQ(decodeCode(bmpOf(8, {.bits = bits, .paletteEntries = 4}, 64)),
              StatusCode::badImageFile);
  }
}

TEST(BmpWalk, IndexWithoutAnEntry_IsDamage) {
  for (const uint16_t bits : {uint16_t{1}, uint16_t{4}, uint16_t{8}}) {
    const size_t rowBytes = (size_t{8} * bits + 31) / 32 * 4;
    EXPECT_EQ(decodeCode(bmpOf(8, {.bits = bits, .paletteEntries = 1}, rowBytes)), StatusCode::ok);
    Bytes one = bmpOf(8, {.bits = bits, .paletteEntries = 1}, rowBytes);
    one[one.size() - rowBytes + bits - 1] = 1;  // the last pixel of the last row
    EXPECT_EQ(decodeCode(one), StatusCode::badImageFile) << bits;
    one = bmpOf(8, {.bits = bits, .paletteEntries = 2}, rowBytes);
    one[one.size() - rowBytes + bits - 1] = 1;
    EXPECT_EQ(decodeCode(one), StatusCode::ok) << bits;
  }
}

TEST(BmpWalk, PixelsWithinTheHeader_AreDamage) {
  for (const uint8_t offset : {0, 14, 30, 53}) {
    Bytes bmp = bmpOf(8, {.bits = 8, .paletteEntries = 256}, 8);
    bmp[10] = offset;
    bmp[11] = 0;
    EXPECT_EQ(decodeCode(bmp), StatusCode::badImageFile);
  }
}
