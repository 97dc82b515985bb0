// What the bytes of a JPEG tell before a pixel is decoded: readContainer on files made by hand.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/limits.h"
#include "image/container.h"
#include "image/decode_file.h"
#include "image_files.h"

using namespace masklet;
using namespace masklet::test;

namespace {

FileState stateOf(const Bytes& file) {
  return readContainer(file).state;
}

/// A gray image of 64 x 64: 64 blocks, 2 bits each in a baseline scan and 1 in a scan of means.
Bytes grayBaseline(size_t dataBytes) {
  Bytes jpeg = jpegHead(64, 64);
  putScan(jpeg, {}, dataBytes);
  putEnd(jpeg);
  return jpeg;
}

Bytes progressiveHead(uint32_t side = 64) {
  Bytes jpeg = jpegHead(side, side, {.frame = 0xC2});
  putScan(jpeg, {.last = 0}, (side / 8) * (side / 8) / 8);
  return jpeg;
}

StatusCode decodeCode(const Bytes& file) {
  Buffer<uint8_t> rgba;
  SizePx size;
  const Status status = decodeFile(file, limits::kMaxImagePixels, rgba, size);
  EXPECT_EQ(status.ok(), !rgba.empty());
  return status.code;
}

}  // namespace

TEST(JpegWalk, BaselineData_OfTwoBitsABlock_AreTheLeast) {
  EXPECT_EQ(stateOf(grayBaseline(16)), FileState::complete);
  EXPECT_EQ(decodeCode(grayBaseline(16)), StatusCode::ok);
  EXPECT_EQ(stateOf(grayBaseline(15)), FileState::truncated);
  EXPECT_EQ(decodeCode(grayBaseline(15)), StatusCode::truncatedImageFile);
}

TEST(JpegWalk, ProgressiveMeans_OfOneBitABlock_AreTheLeast) {
  for (const size_t bytes : {size_t{8}, size_t{7}}) {
    Bytes jpeg = jpegHead(64, 64, {.frame = 0xC2});
    putScan(jpeg, {.last = 0}, bytes);
    putEnd(jpeg);
    EXPECT_EQ(stateOf(jpeg), bytes == 8 ? FileState::complete : FileState::truncated);
  }
}

TEST(JpegWalk, DearerTables_NeedMoreData) {
  Bytes jpeg = jpegHead(64, 64);
  // A difference of 5 bits after its code: 6 bits a block, and 1 for its end.
  putSegment(jpeg, 0xC4, oneCodeTable(0x00, 5));
  Bytes enough = jpeg;
  putScan(jpeg, {}, 55);
  putEnd(jpeg);
  EXPECT_EQ(stateOf(jpeg), FileState::truncated);
  putScan(enough, {}, 56);
  putEnd(enough);
  EXPECT_EQ(stateOf(enough), FileState::complete);
}

TEST(JpegWalk, LargeClaims_OfAFewBytes_AreTruncated) {
  for (const uint8_t frame : {uint8_t{0xC0}, uint8_t{0xC1}, uint8_t{0xC2}}) {
    for (const uint8_t components : {uint8_t{1}, uint8_t{3}, uint8_t{4}}) {
      Bytes jpeg = jpegHead(8192, 8192, {.frame = frame, .components = components});
      for (uint8_t id = 1; id <= components; ++id) {
        putScan(jpeg, {.components = {id}, .last = frame == 0xC2 ? uint8_t{0} : uint8_t{63}},
                12000);
      }
      putEnd(jpeg);
      EXPECT_EQ(decodeCode(jpeg), StatusCode::truncatedImageFile);
    }
  }
}

TEST(JpegWalk, ComponentWithoutAScan_IsTruncated) {
  Bytes none = jpegHead(64, 64);
  putEnd(none);
  EXPECT_EQ(decodeCode(none), StatusCode::truncatedImageFile);
  Bytes two = jpegHead(64, 64, {.components = 3});
  putScan(two, {.components = {1}}, 16);
  putScan(two, {.components = {2}}, 16);
  Bytes three = two;
  putEnd(two);
  EXPECT_EQ(decodeCode(two), StatusCode::truncatedImageFile);
  putScan(three, {.components = {3}}, 16);
  putEnd(three);
  EXPECT_EQ(decodeCode(three), StatusCode::ok);
  Bytes refined = jpegHead(64, 64, {.frame = 0xC2});
  putScan(refined, {.first = 1}, 16);
  putEnd(refined);
  EXPECT_EQ(decodeCode(refined), StatusCode::truncatedImageFile) << "no mean values";
}

TEST(JpegWalk, Scans_UpToTheVisitsOfABlock) {
  struct Case {
    uint8_t first, last, approximation;
    uint32_t visits;
  };
  // Full bands, single coefficients, bits of the mean: whichever scan is said again and again.
  for (const Case& one : {Case{1, 63, 0x10, 63}, Case{5, 5, 0x00, 1}, Case{0, 0, 0x10, 1}}) {
    Bytes jpeg = progressiveHead();
    const uint32_t each = one.visits + limits::kJpegScanOverhead;
    const uint32_t fitting =
        (limits::kMaxJpegVisitsPerBlock - 1 - limits::kJpegScanOverhead) / each;
    const ScanKind scan{.first = one.first, .last = one.last, .approximation = one.approximation};
    for (uint32_t k = 0; k < fitting; ++k) putScan(jpeg, scan, 64);
    Bytes more = jpeg;
    putEnd(jpeg);
    EXPECT_EQ(decodeCode(jpeg), StatusCode::ok);
    putScan(more, scan, 64);
    putEnd(more);
    EXPECT_EQ(decodeCode(more), StatusCode::imageFileTooCostly);
  }
}

TEST(JpegWalk, BaselineScansRepeated_AreTooCostly) {
  Bytes jpeg = jpegHead(64, 64);
  for (int k = 0; k < 100; ++k) putScan(jpeg, {}, 16);
  putEnd(jpeg);
  EXPECT_EQ(decodeCode(jpeg), StatusCode::imageFileTooCostly);
}

TEST(JpegWalk, Tables_UpToTheirLimit) {
  for (const uint32_t extra : {limits::kMaxJpegTables - 3, limits::kMaxJpegTables - 2}) {
    Bytes jpeg = jpegHead(64, 64);
    for (uint32_t k = 0; k < extra; ++k) putSegment(jpeg, 0xC4, oneCodeTable(0x00));
    putScan(jpeg, {}, 16);
    putEnd(jpeg);
    EXPECT_EQ(decodeCode(jpeg), extra == limits::kMaxJpegTables - 3
                                    ? StatusCode::ok
                                    : StatusCode::imageFileTooCostly);
  }
}

TEST(JpegWalk, TablesThatAreNotThere_AreDamage) {
  Bytes jpeg{0xFF, 0xD8};
  const Bytes whole = jpegHead(64, 64);
  append(jpeg, Bytes(whole.end() - 13, whole.end()));  // the frame alone
  putScan(jpeg, {}, 1000);
  putEnd(jpeg);
  EXPECT_EQ(decodeCode(jpeg), StatusCode::badImageFile);
}

TEST(JpegWalk, RestartMarkers_OneForEachIntervalOrTruncated) {
  for (const int present : {0, 6, 7}) {
    Bytes jpeg = jpegHead(64, 64);
    putSegment(jpeg, 0xDD, {0, 8});  // one row of blocks
    putScan(jpeg, {}, 2);
    for (int k = 0; k < present; ++k) append(jpeg, {0xFF, static_cast<uint8_t>(0xD0 + k), 0, 0});
    jpeg.insert(jpeg.end(), 64, 0);
    putEnd(jpeg);
    EXPECT_EQ(stateOf(jpeg), present == 7 ? FileState::complete : FileState::truncated);
  }
}

TEST(JpegWalk, KindsThatAreNotDecoded_AreRefusedAtOnce) {
  for (const int frame : {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}) {
    Bytes jpeg = jpegHead(64, 64, {.frame = static_cast<uint8_t>(frame)});
    putScan(jpeg, {}, 1000);
    putEnd(jpeg);
    EXPECT_EQ(decodeCode(jpeg), StatusCode::badImageFile) << "arithmetic, lossless, hierarchical";
  }
  Bytes twelveBits = grayBaseline(64);
  const auto frame = std::find(twelveBits.begin(), twelveBits.end(), 0xC0);
  *(frame + 3) = 12;
  EXPECT_EQ(decodeCode(twelveBits), StatusCode::badImageFile);
}

// A decoder that gives up there would show a gray image without a word.
TEST(JpegWalk, ProgressiveBrokenBetweenItsScans_IsDamaged) {
  for (const uint8_t marker : {uint8_t{0xC0}, uint8_t{0xCC}, uint8_t{0xF5}, uint8_t{0x02}}) {
    Bytes jpeg = progressiveHead();
    putSegment(jpeg, marker, {1, 2, 3});
    putScan(jpeg, {.first = 1}, 64);
    putEnd(jpeg);
    EXPECT_EQ(decodeCode(jpeg), StatusCode::badImageFile);
  }
  Bytes junk = progressiveHead();
  putSegment(junk, 0xFE, {'c'});
  append(junk, {1, 2, 3});
  putEnd(junk);
  EXPECT_EQ(decodeCode(junk), StatusCode::badImageFile);
}

TEST(JpegWalk, BytesAfterTheLastScan_AreNoHarm) {
  Bytes baseline = jpegHead(64, 64);
  putScan(baseline, {}, 16);
  putSegment(baseline, 0xFE, {'c'});
  append(baseline, {1, 2, 3});
  putEnd(baseline);
  EXPECT_EQ(decodeCode(baseline), StatusCode::ok);
}

TEST(JpegWalk, ManyTinySegments_AreWalkedOnce) {
  Bytes jpeg = jpegHead(64, 64);
  for (int k = 0; k < 200000; ++k) putSegment(jpeg, 0xFE, {});
  putScan(jpeg, {}, 16);
  putEnd(jpeg);
  EXPECT_EQ(decodeCode(jpeg), StatusCode::ok);
}

TEST(JpegWalk, MalformedTables_AreDamage) {
  Bytes tooManyCodes = oneCodeTable(0x00);
  tooManyCodes[1] = 3;  // of one bit
  append(tooManyCodes, {1, 2});
  Bytes shortValues = oneCodeTable(0x00);
  shortValues[2] = 2;
  for (const Bytes& table :
       {tooManyCodes, shortValues, oneCodeTable(0x04), oneCodeTable(0x20), Bytes{0, 1, 2}}) {
    Bytes jpeg = jpegHead(64, 64);
    putSegment(jpeg, 0xC4, table);
    putScan(jpeg, {}, 1000);
    putEnd(jpeg);
    EXPECT_EQ(decodeCode(jpeg), StatusCode::badImageFile);
  }
}
