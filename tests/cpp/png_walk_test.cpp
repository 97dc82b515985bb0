// What the bytes of a PNG tell before a pixel is decoded: readContainer on files made by hand.
#include <gtest/gtest.h>

#include "core/limits.h"
#include "image/container.h"
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

struct Row {
  PngKind kind;
  uint64_t rawBytes;  ///< of 100 x 60
};

// Interlaced 100 x 60: passes of 13x8, 12x8, 25x7, 25x15, 50x15, 50x30, 100x30 pixels.
const Row kRows[] = {
    {{8, 6, 0}, 60 * 401},
    {{16, 6, 0}, 60 * 801},
    {{8, 2, 0}, 60 * 301},
    {{8, 4, 0}, 60 * 201},
    {{8, 0, 0}, 60 * 101},
    {{8, 3, 0}, 60 * 101},
    {{4, 3, 0}, 60 * 51},
    {{1, 0, 0}, 60 * 14},
    {{8, 0, 1}, 13 * 8 + 12 * 8 + 25 * 7 + 25 * 15 + 50 * 15 + 50 * 30 + 100 * 30 + 113},
    {{16, 6, 1}, 8 * (13 * 8 + 12 * 8 + 25 * 7 + 25 * 15 + 50 * 15 + 50 * 30 + 100 * 30) + 113},
};

}  // namespace

TEST(PngWalk, DataOfTheLeastLength_AreEnough) {
  for (const Row& row : kRows) {
    const auto least = static_cast<size_t>((row.rawBytes + 1031) / limits::kMaxDeflateRatio);
    EXPECT_EQ(readContainer(pngClaiming(100, 60, Bytes(least), row.kind)).state,
              FileState::complete)
        << int{row.kind.depth} << " " << int{row.kind.colorType};
    EXPECT_EQ(readContainer(pngClaiming(100, 60, Bytes(least - 1), row.kind)).state,
              FileState::truncated)
        << int{row.kind.depth} << " " << int{row.kind.colorType};
  }
}

// The data cannot be the least and the right ones at once: a real file of each kind decodes.
TEST(PngWalk, EveryKind_DecodesFromZeros) {
  for (const Row& row : kRows) {
    EXPECT_EQ(decodeCode(pngClaiming(100, 60, deflatedZeros(row.rawBytes), row.kind)),
              StatusCode::ok)
        << int{row.kind.depth} << " " << int{row.kind.colorType} << " " << int{row.kind.interlace};
  }
}

TEST(PngWalk, LargeClaims_OfAFewBytes_AreTruncated) {
  for (const Row& row : kRows) {
    EXPECT_EQ(decodeCode(pngClaiming(8192, 8192, deflatedZeros(1000), row.kind)),
              StatusCode::truncatedImageFile);
  }
}

TEST(PngWalk, DataInManyOrEmptyChunks_AreTheSum) {
  const Bytes data = deflatedZeros(60 * 401);
  Bytes png = pngHead(100, 60);
  for (int k = 0; k < 50000; ++k) putChunk(png, "IDAT", {});
  for (const uint8_t byte : data) putChunk(png, "IDAT", {byte});
  for (int k = 0; k < 50000; ++k) putChunk(png, "IDAT", {});
  putChunk(png, "IEND", {});
  EXPECT_EQ(decodeCode(png), StatusCode::ok);

  Bytes empty = pngHead(100, 60);
  for (int k = 0; k < 1000; ++k) putChunk(empty, "IDAT", {});
  putChunk(empty, "IEND", {});
  EXPECT_EQ(decodeCode(empty), StatusCode::truncatedImageFile);
}

TEST(PngWalk, MoreDataThanTheRowsCanTake_AreTooCostly) {
  Bytes data = deflatedZeros(60 * 401);
  data.resize(limits::kMinPngBytes, 0);
  EXPECT_EQ(decodeCode(pngClaiming(100, 60, data)), StatusCode::ok);
  data.push_back(0);
  EXPECT_EQ(decodeCode(pngClaiming(100, 60, data)), StatusCode::imageFileTooCostly);
  // 200 x 200 RGBA: 160,200 bytes of rows.
  Bytes larger = deflatedZeros(200 * 801);
  larger.resize(limits::kMaxPngBytesPerRawByte * 200 * 801, 0);
  EXPECT_EQ(decodeCode(pngClaiming(200, 200, larger)), StatusCode::ok);
  larger.push_back(0);
  EXPECT_EQ(decodeCode(pngClaiming(200, 200, larger)), StatusCode::imageFileTooCostly);
}

TEST(PngWalk, DataThatInflateWithoutEnd_AreStoppedEarly) {
  for (const uint8_t interlace : {uint8_t{0}, uint8_t{1}}) {
    EXPECT_EQ(decodeCode(pngClaiming(4, 4, deflatedZeros(2 << 20), {.interlace = interlace})),
              StatusCode::badImageFile);
  }
}

TEST(PngWalk, TextThatWouldInflate_IsPassedOver) {
  Bytes text{'k', 0, 0};
  append(text, deflatedZeros(64 << 20));
  Bytes png = pngHead(100, 60);
  putChunk(png, "zTXt", text);
  putChunk(png, "iTXt", text);
  putChunk(png, "iCCP", text);
  putChunk(png, "IDAT", deflatedZeros(60 * 401));
  putChunk(png, "IEND", {});
  EXPECT_EQ(decodeCode(png), StatusCode::ok);
}

TEST(PngWalk, Animation_ShowsItsDefaultImage) {
  Bytes png = pngHead(100, 60);
  putChunk(png, "acTL", {0, 0, 0, 9, 0, 0, 0, 0});
  putChunk(png, "IDAT", deflatedZeros(60 * 401));
  for (int k = 0; k < 100; ++k) putChunk(png, "fdAT", Bytes(1000, 3));
  putChunk(png, "IEND", {});
  EXPECT_EQ(decodeCode(png), StatusCode::ok);
}

TEST(PngWalk, FramesOfAnAnimation_AreNoDataOfTheImage) {
  Bytes png = pngHead(8192, 8192);
  putChunk(png, "IDAT", deflatedZeros(100));
  putChunk(png, "fdAT", Bytes(1 << 20, 3));
  putChunk(png, "IEND", {});
  EXPECT_EQ(decodeCode(png), StatusCode::truncatedImageFile);
}

TEST(PngWalk, ApplesVariant_IsNotDecoded) {
  Bytes png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  putChunk(png, "CgBI", {0x50, 0, 0x20, 6});
  const Bytes whole = pngClaiming(100, 60, deflatedZeros(60 * 401));
  append(png, Bytes(whole.begin() + 8, whole.end()));
  EXPECT_EQ(decodeCode(png), StatusCode::badImageFile);
}

TEST(PngWalk, HeaderNotFirstOrTwice_IsDamage) {
  const Bytes whole = pngClaiming(100, 60, deflatedZeros(60 * 401));
  Bytes late{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  putChunk(late, "tEXt", {'a', 0, 'b'});
  append(late, Bytes(whole.begin() + 8, whole.end()));
  EXPECT_EQ(decodeCode(late), StatusCode::badImageFile);
  Bytes twice = pngHead(4, 4);
  append(twice, Bytes(whole.begin() + 8, whole.end()));
  EXPECT_EQ(decodeCode(twice), StatusCode::badImageFile);
}

TEST(PngWalk, KindsThatDoNotExist_AreDamage) {
  for (const PngKind kind : {PngKind{3, 0}, PngKind{32, 0}, PngKind{8, 1}, PngKind{8, 5},
                             PngKind{8, 7}, PngKind{0, 0}}) {
    EXPECT_EQ(decodeCode(pngClaiming(10, 10, deflatedZeros(1000), kind)), StatusCode::badImageFile);
  }
}
