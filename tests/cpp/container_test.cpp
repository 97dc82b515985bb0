#include "image/container.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test_files.h"

using namespace masklet;

namespace {

std::vector<uint8_t> golden(const char* name) {
  return test::readTestFile(std::string("golden/image/") + name);
}

/// A fresh allocation of the exact size, so that the address sanitizer sees a read beyond it.
std::vector<uint8_t> cut(const std::vector<uint8_t>& bytes, size_t length) {
  return {bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length)};
}

}  // namespace

TEST(ReadContainer, Formats_BySignature) {
  EXPECT_EQ(readContainer(golden("444.jpg")).format, ContainerFormat::jpeg);
  EXPECT_EQ(readContainer(golden("rgb.png")).format, ContainerFormat::png);
  EXPECT_EQ(readContainer(golden("rgb.bmp")).format, ContainerFormat::bmp);
  EXPECT_EQ(readContainer({}).format, ContainerFormat::unknown);
  const std::string gif = "GIF89a and more than enough bytes behind it";
  EXPECT_EQ(readContainer({reinterpret_cast<const uint8_t*>(gif.data()), gif.size()}).format,
            ContainerFormat::unknown);
}

TEST(ReadContainer, WholeFiles_AreComplete) {
  for (const char* name :
       {"444.jpg", "420.jpg", "progressive.jpg", "restart.jpg", "grey.jpg", "cmyk.jpg",
        "orientation6.jpg", "rgb.png", "interlaced.png", "rgba16.png", "orientation6.png",
        "rgb.bmp", "palette.bmp", "grey.bmp"}) {
    EXPECT_TRUE(readContainer(golden(name)).complete()) << name;
  }
}

TEST(ReadContainer, Sizes_AreTheHeaders) {
  for (const char* name : {"444.jpg", "progressive.jpg", "grey.jpg", "rgb.png", "interlaced.png",
                           "rgb.bmp", "palette.bmp"}) {
    const Container container = readContainer(golden(name));
    EXPECT_EQ(container.widthPx, 23u) << name;
    EXPECT_EQ(container.heightPx, 17u) << name;
  }
  const Container oriented = readContainer(golden("orientation6.jpg"));
  EXPECT_EQ(oriented.widthPx, 19u) << "as stored";
}

TEST(ReadContainer, EveryTruncation_IsIncomplete) {
  for (const char* name : {"444.jpg", "progressive.jpg", "restart.jpg", "orientation6.jpg",
                           "rgb.png", "orientation6.png", "palette.bmp"}) {
    const std::vector<uint8_t> whole = golden(name);
    for (size_t length = 0; length < whole.size(); ++length) {
      const Container container = readContainer(cut(whole, length));
      // A BMP may leave out the padding of its last row: 23 pixels of one byte in a stride of 24.
      if (container.format == ContainerFormat::bmp && length == whole.size() - 1) continue;
      ASSERT_FALSE(container.complete()) << name << " cut to " << length;
    }
  }
}

TEST(ReadContainer, TrailingBytes_AreIgnored) {
  for (const char* name : {"444.jpg", "rgb.png", "rgb.bmp"}) {
    std::vector<uint8_t> file = golden(name);
    file.insert(file.end(), 1000, 0xFF);
    EXPECT_TRUE(readContainer(file).complete()) << name;
  }
}

TEST(ReadContainer, Exif_IsFoundInJpegAndPng) {
  const std::vector<uint8_t> jpegFile = golden("orientation6.jpg");
  const Container jpeg = readContainer(jpegFile);
  ASSERT_GE(jpeg.exif.size(), 8u);
  EXPECT_TRUE(jpeg.exif[0] == 'M' || jpeg.exif[0] == 'I');
  const std::vector<uint8_t> pngFile = golden("orientation6.png");
  const Container png = readContainer(pngFile);
  ASSERT_GE(png.exif.size(), 8u);
  EXPECT_EQ(png.exif[0], 'M');
  EXPECT_TRUE(readContainer(golden("444.jpg")).exif.empty());
}

TEST(ReadContainer, PngChecksumOfCriticalChunkWrong_IsIncomplete) {
  std::vector<uint8_t> file = golden("rgb.png");
  file[20] ^= 1;  // within IHDR
  EXPECT_FALSE(readContainer(file).complete());
}

TEST(ReadContainer, PngChecksumOfExifWrong_LosesOnlyTheExif) {
  std::vector<uint8_t> file = golden("orientation6.png");
  const std::string text(file.begin(), file.end());
  const size_t chunk = text.find("eXIf");
  ASSERT_NE(chunk, std::string::npos);
  file[chunk + 6] ^= 0x40;
  const Container container = readContainer(file);
  EXPECT_TRUE(container.complete());
  EXPECT_TRUE(container.exif.empty());
}

TEST(ReadContainer, BmpShorterThanItsHeaderSays_IsIncomplete) {
  std::vector<uint8_t> file = golden("rgb.bmp");
  for (const uint8_t high : {0x01, 0x7F, 0x80, 0xFF}) {
    std::vector<uint8_t> huge = file;
    huge[20] = high;  // width
    EXPECT_FALSE(readContainer(huge).complete());
    huge = file;
    huge[24] = high;  // height; above 0x7F it is negative: stored from the top
    EXPECT_FALSE(readContainer(huge).complete());
  }
}

TEST(ReadContainer, BmpStoredFromTheTop_IsComplete) {
  std::vector<uint8_t> file = golden("rgb.bmp");
  const int32_t height = -17;
  std::memcpy(&file[22], &height, 4);
  EXPECT_TRUE(readContainer(file).complete());
}

TEST(ReadContainer, EveryByteChanged_StaysInside) {
  for (const char* name : {"orientation6.jpg", "orientation6.png", "palette.bmp"}) {
    const std::vector<uint8_t> whole = golden(name);
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const uint8_t value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
        std::vector<uint8_t> changed = whole;
        changed[at] = value;
        const Container container = readContainer(changed);
        if (container.exif.empty()) continue;
        ASSERT_GE(container.exif.data(), changed.data());
        ASSERT_LE(container.exif.data() + container.exif.size(), changed.data() + changed.size());
      }
    }
  }
}
