#include "wasm/image_stage.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "tests/cpp/stage_columns.h"

namespace masklet {
namespace {

using namespace test;

void setImage(ImageStage& stage, int32_t width, int32_t height, const std::vector<uint8_t>& rgba) {
  ASSERT_EQ(stage.reserveImage(width, height), kOk);
  copyIn(stage, ImageColumn::image, rgba);
}

Normalization plain() {
  Normalization normalization;
  normalization.inputScale = 1;
  return normalization;
}

SizePx sizeOf(ImageStage& stage) {
  const std::vector<int32_t> size = copyOut<int32_t>(stage, ImageColumn::imageSize);
  return {size[0], size[1]};
}

uint32_t tensorizePlain(ImageStage& stage, int32_t netWidth, int32_t netHeight) {
  const SizePx net{netWidth, netHeight};
  return stage.tensorize(geometryOf(sizeOf(stage), net, ResizeMode::letterboxCenter), plain());
}

// A 24-bit BMP, rows from the bottom, each padded to 4 bytes.
std::vector<uint8_t> bmpFile(uint32_t width, uint32_t height, const std::vector<uint8_t>& rgb) {
  const uint32_t stride = (width * 3 + 3) / 4 * 4;
  std::vector<uint8_t> file(54 + stride * height);
  const auto put32 = [&](size_t offset, uint32_t value) { std::memcpy(&file[offset], &value, 4); };
  file[0] = 'B';
  file[1] = 'M';
  put32(2, static_cast<uint32_t>(file.size()));
  put32(10, 54);
  put32(14, 40);
  put32(18, width);
  put32(22, height);
  file[26] = 1;
  file[28] = 24;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width * 3; ++x) {
      file[54 + (height - 1 - y) * stride + x] = rgb[(y * width + x / 3) * 3 + 2 - x % 3];
    }
  }
  return file;
}

uint32_t decodeBytes(ImageStage& stage, const std::vector<uint8_t>& file,
                     uint32_t maxPixels = 1000000) {
  EXPECT_EQ(stage.reserveFile(static_cast<uint32_t>(file.size())), kOk);
  copyIn(stage, ImageColumn::file, file);
  return stage.decodeFile(maxPixels);
}

TEST(ImageStage, DecodeFile_Bmp_GivesItsPixels) {
  const std::vector<uint8_t> rgb = noise(3 * 2 * 3, 1);
  ImageStage stage;
  ASSERT_EQ(decodeBytes(stage, bmpFile(3, 2, rgb)), kOk);
  ASSERT_EQ(sizeOf(stage), (SizePx{3, 2}));
  const auto rgba = copyOut<uint8_t>(stage, ImageColumn::image);
  ASSERT_EQ(rgba.size(), 24u);
  for (size_t pixel = 0; pixel < 6; ++pixel) {
    for (size_t channel = 0; channel < 3; ++channel) {
      EXPECT_EQ(rgba[pixel * 4 + channel], rgb[pixel * 3 + channel]);
    }
    EXPECT_EQ(rgba[pixel * 4 + 3], 255);
  }
}

TEST(ImageStage, DecodeFile_BadFiles_NameTheCauseAndLeaveNoImage) {
  const std::vector<uint8_t> good = bmpFile(30, 20, noise(1800, 2));
  ImageStage stage;
  ASSERT_EQ(decodeBytes(stage, good), kOk);
  EXPECT_EQ(decodeBytes(stage, {1, 2, 3}), number(StatusCode::badImageFile));
  EXPECT_EQ(stage.lastValue(), 3);
  EXPECT_EQ(sizeOf(stage), SizePx{});
  EXPECT_EQ(tensorizePlain(stage, 32, 32), number(StatusCode::noImage));
  EXPECT_EQ(decodeBytes(stage, {}), number(StatusCode::badImageFile));
  EXPECT_EQ(decodeBytes(stage, good, 599), number(StatusCode::tooManyPixels));
  EXPECT_EQ(stage.lastValue(), 600);
  EXPECT_EQ(decodeBytes(stage, good, 600), kOk);
  EXPECT_EQ(stage.lastValue(), 0);
}

TEST(ImageStage, ReserveImage_BadSides_AreBadSize) {
  ImageStage stage;
  for (const int32_t side : {0, -1, kMaxSidePx + 1, std::numeric_limits<int32_t>::max()}) {
    EXPECT_EQ(stage.reserveImage(side, 1), number(StatusCode::badSize));
    EXPECT_EQ(stage.lastValue(), side);
    EXPECT_EQ(stage.reserveImage(1, side), number(StatusCode::badSize));
    EXPECT_EQ(stage.lastValue(), side);
  }
  EXPECT_EQ(stage.reserveImage(1, kMaxSidePx), kOk);
  EXPECT_EQ(sizeOf(stage), (SizePx{1, kMaxSidePx}));
}

TEST(ImageStage, Tensorize_IsTheCoreFunction) {
  const std::vector<uint8_t> rgba = noise(4 * 37 * 23, 3);
  for (const uint32_t mode : {0u, 1u, 2u}) {
    for (const uint32_t order : {0u, 1u}) {
      ImageStage stage;
      setImage(stage, 37, 23, rgba);
      const Geometry geometry = geometryOf({37, 23}, {50, 61}, static_cast<ResizeMode>(mode));
      ASSERT_EQ(stage.tensorize(geometry, {order, 0.5f, {1, 2, 3}, {4, 5, 6}, {77, 78, 79}}), kOk);

      Letterbox letterbox;
      ASSERT_TRUE(makeLetterbox({37, 23}, {50, 61}, static_cast<ResizeMode>(mode), letterbox).ok());
      ImageView<const uint8_t> view;
      ASSERT_TRUE(makeImageView(std::span<const uint8_t>(rgba), {37, 23}, 4, 0, view).ok());
      const TensorizeOptions options{
          static_cast<ColorOrder>(order), {1, 2, 3}, {4, 5, 6}, 0.5f, {77, 78, 79}};
      TensorizeScratch scratch;
      std::vector<float> expected(3 * 50 * 61);
      ASSERT_TRUE(tensorize(view, letterbox, options, scratch, expected).ok());
      EXPECT_EQ(copyOut<float>(stage, ImageColumn::input), expected);
    }
  }
}

TEST(ImageStage, Content_IsTaken) {
  ImageStage stage;
  setImage(stage, 10, 10, noise(400, 4));
  Normalization normalization = plain();
  normalization.fill = {7, 8, 9};
  Geometry geometry = geometryOf({10, 10}, {32, 32}, ResizeMode::letterboxTopLeft, {20, 20});
  ASSERT_EQ(stage.tensorize(geometry, normalization), kOk);
  const std::vector<float> input = copyOut<float>(stage, ImageColumn::input);
  ASSERT_EQ(input.size(), 3u * 32 * 32);
  EXPECT_EQ(input[20], 7);
  EXPECT_EQ(input[32 * 32 + 20], 8);
  EXPECT_EQ(input[3 * 32 * 32 - 1], 9);
  geometry.contentWidth = 33;
  EXPECT_EQ(stage.tensorize(geometry, normalization), number(StatusCode::badSize));
  EXPECT_EQ(stage.lastValue(), 33);
}

// A view gives what its pixels would, cut out into an image of their own.
TEST(ImageStage, View_IsTheCutOutImage) {
  const std::vector<uint8_t> rgba = noise(4 * 41 * 29, 5);
  ImageStage whole;
  setImage(whole, 41, 29, rgba);
  for (const RectPx view : {RectPx{0, 0, 41, 29}, RectPx{5, 7, 20, 11}, RectPx{40, 28, 1, 1},
                            RectPx{0, 9, 41, 20}, RectPx{13, 0, 28, 29}}) {
    std::vector<uint8_t> pixels;
    for (int32_t y = view.y; y < view.y + view.height; ++y) {
      const auto row = rgba.begin() + 4 * (y * 41 + view.x);
      pixels.insert(pixels.end(), row, row + 4 * view.width);
    }
    ImageStage cut;
    setImage(cut, view.width, view.height, pixels);
    for (const ResizeMode mode :
         {ResizeMode::letterboxCenter, ResizeMode::letterboxTopLeft, ResizeMode::stretch}) {
      Geometry geometry = geometryOf({41, 29}, {24, 32}, mode);
      geometry.viewX = view.x;
      geometry.viewY = view.y;
      geometry.viewWidth = view.width;
      geometry.viewHeight = view.height;
      ASSERT_EQ(whole.tensorize(geometry, plain()), kOk);
      ASSERT_EQ(cut.tensorize(geometryOf({view.width, view.height}, {24, 32}, mode), plain()), kOk);
      EXPECT_EQ(copyOut<float>(whole, ImageColumn::input), copyOut<float>(cut, ImageColumn::input));
    }
  }
}

TEST(ImageStage, Tensorize_BadArguments_AreNamedAndLeaveNoInput) {
  ImageStage stage;
  EXPECT_EQ(tensorizePlain(stage, 32, 32), number(StatusCode::noImage));
  setImage(stage, 5, 5, noise(100, 4));
  const Geometry good = geometryOf({5, 5}, {32, 32}, ResizeMode::letterboxCenter);
  const auto refused = [&](Geometry geometry, Normalization normalization, StatusCode code) {
    EXPECT_EQ(stage.tensorize(geometry, normalization), number(code));
    EXPECT_EQ(copyOut<float>(stage, ImageColumn::input).size(), 0u);
  };
  Geometry geometry = good;
  geometry.resizeMode = 3;
  refused(geometry, plain(), StatusCode::badArgument);
  EXPECT_EQ(stage.lastValue(), 3);
  Normalization normalization = plain();
  normalization.colorOrder = 2;
  refused(good, normalization, StatusCode::badArgument);
  EXPECT_EQ(stage.lastValue(), 2);
  normalization = plain();
  normalization.std = {1, 0, 1};
  refused(good, normalization, StatusCode::badArgument);
  geometry = good;
  geometry.netWidth = 0;
  refused(geometry, plain(), StatusCode::badSize);
  geometry = good;
  geometry.srcWidth = 6;  // of another image
  refused(geometry, plain(), StatusCode::badSize);
  for (const RectPx view : {RectPx{0, 0, 6, 5}, RectPx{-1, 0, 2, 2}, RectPx{4, 4, 2, 1},
                            RectPx{0, 0, 3, 0}, RectPx{2, 2, -1, 2}}) {
    geometry = good;
    geometry.viewX = view.x;
    geometry.viewY = view.y;
    geometry.viewWidth = view.width;
    geometry.viewHeight = view.height;
    refused(geometry, plain(), StatusCode::badArgument);
  }
  EXPECT_EQ(tensorizePlain(stage, 32, 32), kOk);
  EXPECT_EQ(copyOut<float>(stage, ImageColumn::input).size(), 3u * 32 * 32);
}

TEST(ImageStage, UseScalarKernels_GivesTheSameBits) {
  std::vector<std::vector<float>> inputs;
  for (const bool scalar : {false, true}) {
    ImageStage stage;
    stage.useScalarKernels(scalar);
    setImage(stage, 91, 57, noise(4 * 91 * 57, 9));
    ASSERT_EQ(tensorizePlain(stage, 32, 32), kOk);
    inputs.push_back(copyOut<float>(stage, ImageColumn::input));
  }
  EXPECT_EQ(inputs[0], inputs[1]);
}

TEST(ImageStage, ManyFrames_BuffersStayWhereTheyAre) {
  ImageStage stage;
  std::vector<void*> first;
  for (uint32_t frame = 0; frame < 50; ++frame) {
    setImage(stage, 91, 57, noise(4 * 91 * 57, frame));
    ASSERT_EQ(tensorizePlain(stage, 64, 64), kOk);
    const std::vector<void*> now{column<uint8_t>(stage, ImageColumn::image).data(),
                                 column<float>(stage, ImageColumn::input).data()};
    if (frame == 0) first = now;
    ASSERT_EQ(now, first);
  }
}

// Stages are independent of each other.
TEST(ImageStage, TwoStages_ShareNothing) {
  ImageStage a;
  ImageStage b;
  setImage(a, 3, 2, noise(24, 1));
  EXPECT_EQ(sizeOf(b), SizePx{});
  EXPECT_EQ(tensorizePlain(b, 8, 8), number(StatusCode::noImage));
  EXPECT_EQ(a.lastValue(), 0);
}

}  // namespace
}  // namespace masklet
