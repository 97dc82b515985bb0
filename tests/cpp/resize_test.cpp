#include "image/resize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "test_files.h"

using namespace masklet;

namespace {

struct Image {
  Image(SizePx sizePx, int32_t channelCount) : size(sizePx), channels(channelCount) {
    bytes.resize(static_cast<size_t>(size.width) * static_cast<size_t>(size.height) *
                 static_cast<size_t>(channels));
  }

  void randomise(uint32_t seed) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> byte(0, 255);
    for (uint8_t& value : bytes) value = static_cast<uint8_t>(byte(random));
  }

  ImageView<uint8_t> view() {
    ImageView<uint8_t> made;
    EXPECT_TRUE(makeImageView(std::span<uint8_t>(bytes), size, channels, 0, made).ok());
    return made;
  }

  uint8_t at(int32_t x, int32_t y, int32_t channel) const {
    return bytes[(static_cast<size_t>(y) * static_cast<size_t>(size.width) +
                  static_cast<size_t>(x)) *
                     static_cast<size_t>(channels) +
                 static_cast<size_t>(channel)];
  }

  SizePx size;
  int32_t channels;
  std::vector<uint8_t> bytes;
};

Image resized(Image& source, SizePx size, ResizeFilter filter,
              const ImageKernels& kernels = defaultImageKernels()) {
  Image result(size, source.channels);
  ResizeScratch scratch;
  EXPECT_TRUE(resize(source.view(), result.view(), filter, scratch, kernels).ok());
  return result;
}

/// Share of source pixel `r` in destination pixel `i` along one axis, by the definition of the
/// filter.
double share(int32_t r, int32_t i, int32_t src, int32_t dst, ResizeFilter filter) {
  const double scale = static_cast<double>(src) / dst;
  if (filter == ResizeFilter::area && dst < src) {
    return std::max(0.0, std::min(r + 1.0, (i + 1) * scale) - std::max<double>(r, i * scale)) /
           scale;
  }
  const double center = std::clamp((i + 0.5) * scale, 0.5, src - 0.5);
  return std::max(0.0, 1 - std::abs(center - (r + 0.5)));
}

double reference(const Image& source, int32_t x, int32_t y, int32_t channel, SizePx size,
                 ResizeFilter filter) {
  double sum = 0;
  for (int32_t sy = 0; sy < source.size.height; ++sy) {
    const double rowShare = share(sy, y, source.size.height, size.height, filter);
    if (rowShare == 0) continue;
    for (int32_t sx = 0; sx < source.size.width; ++sx) {
      sum += rowShare * share(sx, x, source.size.width, size.width, filter) *
             source.at(sx, sy, channel);
    }
  }
  return sum;
}

}  // namespace

TEST(Resize, RandomShapesAndChannels_AreTheRoundedReference) {
  std::mt19937 random(21);
  std::uniform_int_distribution<int32_t> side(1, 33);
  for (uint32_t trial = 0; trial < 250; ++trial) {
    Image source({side(random), side(random)}, static_cast<int32_t>(trial % 4) + 1);
    source.randomise(trial);
    const SizePx size{side(random), side(random)};
    const ResizeFilter filter = trial % 8 < 4 ? ResizeFilter::bilinear : ResizeFilter::area;
    const Image result = resized(source, size, filter);
    for (int32_t y = 0; y < size.height; ++y) {
      for (int32_t x = 0; x < size.width; ++x) {
        for (int32_t c = 0; c < source.channels; ++c) {
          ASSERT_NEAR(result.at(x, y, c), reference(source, x, y, c, size, filter), 0.5001)
              << source.size.width << 'x' << source.size.height << " to " << size.width << 'x'
              << size.height;
        }
      }
    }
  }
}

TEST(Resize, ScalarAndSimd_Identical) {
  std::mt19937 random(22);
  std::uniform_int_distribution<int32_t> side(1, 90);
  for (uint32_t trial = 0; trial < 100; ++trial) {
    Image source({side(random), side(random)}, static_cast<int32_t>(trial % 4) + 1);
    source.randomise(trial);
    const SizePx size{side(random), side(random)};
    const ResizeFilter filter = trial % 8 < 4 ? ResizeFilter::bilinear : ResizeFilter::area;
    const Image scalar = resized(source, size, filter, scalarImageKernels());
    ASSERT_EQ(resized(source, size, filter, simdImageKernels()).bytes, scalar.bytes);
  }
}

TEST(Resize, SameSize_IsACopy) {
  Image source({37, 21}, 4);
  source.randomise(1);
  EXPECT_EQ(resized(source, source.size, ResizeFilter::bilinear).bytes, source.bytes);
  EXPECT_EQ(resized(source, source.size, ResizeFilter::area).bytes, source.bytes);
}

TEST(Resize, OneColor_StaysThatColor) {
  Image source({101, 67}, 4);
  for (size_t i = 0; i < source.bytes.size(); ++i)
    source.bytes[i] = static_cast<uint8_t>(255 - 60 * (i % 4));
  for (const SizePx size :
       {SizePx{13, 9}, SizePx{1, 1}, SizePx{100, 66}, SizePx{300, 200}, SizePx{7, 300}}) {
    for (const ResizeFilter filter : {ResizeFilter::bilinear, ResizeFilter::area}) {
      const Image result = resized(source, size, filter);
      for (size_t i = 0; i < result.bytes.size(); ++i)
        ASSERT_EQ(result.bytes[i], 255 - 60 * (i % 4));
    }
  }
}

TEST(Resize, StridedViews_LeaveTheirPaddingAlone) {
  Image source({20, 10}, 3);
  source.randomise(4);
  std::vector<uint8_t> target(7 * 40, 99);
  ImageView<uint8_t> view;
  ASSERT_TRUE(makeImageView(std::span<uint8_t>(target), {9, 7}, 3, 40, view).ok());
  ResizeScratch scratch;
  ASSERT_TRUE(resize(source.view(), view, ResizeFilter::area, scratch).ok());
  const Image expected = resized(source, {9, 7}, ResizeFilter::area);
  for (size_t y = 0; y < 7; ++y) {
    for (size_t i = 0; i < 40; ++i)
      ASSERT_EQ(target[40 * y + i], i < 27 ? expected.bytes[27 * y + i] : 99);
  }
}

TEST(Resize, ChannelsDiffer_IsRefusedAndNothingWritten) {
  Image source({4, 4}, 4);
  Image target({2, 2}, 3);
  ResizeScratch scratch;
  const Status status = resize(source.view(), target.view(), ResizeFilter::bilinear, scratch);
  EXPECT_EQ(status.code, StatusCode::badArgument);
  EXPECT_EQ(status.value, 3);
  EXPECT_EQ(target.bytes, std::vector<uint8_t>(12));
}

TEST(Resize, Scratch_ReusedAcrossSizes_GivesTheSame) {
  ResizeScratch scratch;
  for (const SizePx size : {SizePx{50, 40}, SizePx{3, 2}, SizePx{90, 70}, SizePx{1, 1}}) {
    for (const ResizeFilter filter : {ResizeFilter::area, ResizeFilter::bilinear}) {
      Image source({61, 53}, 4);
      source.randomise(5);
      Image result(size, 4);
      ASSERT_TRUE(resize(source.view(), result.view(), filter, scratch).ok());
      ASSERT_EQ(result.bytes, resized(source, size, filter).bytes);
    }
  }
}

namespace {

/// Number of bytes that differ from the golden; none by more than one level.
size_t differingBytes(const std::string& golden, ResizeFilter filter) {
  SCOPED_TRACE(golden);
  const auto raw = test::readRawGolden<uint8_t>("golden/image/resize_source.rgba");
  Image source({raw.widthPx, raw.heightPx}, 4);
  source.bytes = raw.elements;
  const auto expected = test::readRawGolden<uint8_t>("golden/image/" + golden + ".rgba");
  const Image result = resized(source, {expected.widthPx, expected.heightPx}, filter);
  EXPECT_EQ(result.bytes.size(), expected.elements.size());
  size_t different = 0;
  for (size_t i = 0; i < std::min(result.bytes.size(), expected.elements.size()); ++i) {
    EXPECT_NEAR(result.bytes[i], expected.elements[i], 1);
    different += result.bytes[i] != expected.elements[i] ? 1 : 0;
  }
  return different;
}

}  // namespace

// OpenCV on float32, rounded half up: only a sum that falls on a tie in one of the two orders of
// adding may differ.
TEST(Resize, OpenCvInFloat_IsEqualButForTies) {
  const std::vector<SizePx> sizes{{61, 47}, {30, 23}, {17, 9},   {7, 5},    {1, 1},
                                  {61, 11}, {20, 47}, {100, 80}, {122, 94}, {64, 3}};
  for (const SizePx size : sizes) {
    const std::string suffix = std::to_string(size.width) + "x" + std::to_string(size.height);
    const auto bytes = static_cast<size_t>(4 * size.width * size.height);
    EXPECT_LE(differingBytes("resize_bilinear_" + suffix, ResizeFilter::bilinear), bytes / 500)
        << suffix;
    if (size.width > 61 || size.height > 47) continue;
    EXPECT_LE(differingBytes("resize_area_" + suffix, ResizeFilter::area), bytes / 500) << suffix;
  }
}

// On bytes OpenCV has 11-bit weights and cuts bits off between the axes (bilinear): a level lower
// at times, never more.
TEST(Resize, OpenCvInFixedPoint_IsWithinOneLevel) {
  for (const char* suffix : {"30x23", "17x9"}) {
    differingBytes(std::string("resize8_bilinear_") + suffix, ResizeFilter::bilinear);
    differingBytes(std::string("resize8_area_") + suffix, ResizeFilter::area);
  }
}
