#include "core/view.h"

#include <gtest/gtest.h>

#include <vector>

using namespace masklet;

namespace {

Status makeView(std::vector<uint8_t>& buffer, SizePx size, int32_t channels, size_t stride,
                ImageView<uint8_t>& view) {
  return makeImageView(std::span<uint8_t>(buffer), size, channels, stride, view);
}

}  // namespace

TEST(MakeImageView, ExactBuffer_IsTight) {
  std::vector<uint8_t> buffer(5 * 3 * 4);
  ImageView<uint8_t> view;
  ASSERT_TRUE(makeView(buffer, {5, 3}, 4, 0, view).ok());
  EXPECT_EQ(view.rowStride, 20u);
  EXPECT_EQ(view.row(2), buffer.data() + 40);
  EXPECT_EQ(view.size(), (SizePx{5, 3}));
}

TEST(MakeImageView, LastRowWithoutPadding_Fits) {
  std::vector<uint8_t> buffer(2 * 30 + 20);
  ImageView<uint8_t> view;
  EXPECT_TRUE(makeView(buffer, {5, 3}, 4, 30, view).ok());
  buffer.pop_back();
  const Status status = makeView(buffer, {5, 3}, 4, 30, view);
  EXPECT_EQ(status.code, StatusCode::bufferTooSmall);
  EXPECT_EQ(status.value, 79);
}

TEST(MakeImageView, BadSides_AreNamed) {
  std::vector<uint8_t> buffer(100);
  ImageView<uint8_t> view;
  for (const int32_t side : {0, -1, INT32_MIN, kMaxSidePx + 1, INT32_MAX}) {
    Status status = makeView(buffer, {side, 1}, 4, 0, view);
    EXPECT_EQ(status.code, StatusCode::badSize);
    EXPECT_EQ(status.value, side);
    status = makeView(buffer, {1, side}, 4, 0, view);
    EXPECT_EQ(status.code, StatusCode::badSize);
    EXPECT_EQ(status.value, side);
  }
  EXPECT_EQ(view.data, nullptr);
}

TEST(MakeImageView, BadChannelsAndStride_AreArguments) {
  std::vector<uint8_t> buffer(100);
  ImageView<uint8_t> view;
  EXPECT_EQ(makeView(buffer, {2, 2}, 0, 0, view).code, StatusCode::badArgument);
  EXPECT_EQ(makeView(buffer, {2, 2}, 5, 0, view).code, StatusCode::badArgument);
  EXPECT_EQ(makeView(buffer, {2, 2}, 4, 7, view).code, StatusCode::badArgument);
}

TEST(MakeImageView, LargestSides_DoNotOverflow) {
  std::vector<uint8_t> buffer(100);
  ImageView<uint8_t> view;
  const Status status = makeView(buffer, {kMaxSidePx, kMaxSidePx}, 4, 0, view);
  EXPECT_EQ(status.code, StatusCode::bufferTooSmall);
  EXPECT_EQ(status.value, 100);
}

TEST(MakeTensorView, Shapes_AreChecked) {
  const std::vector<float> buffer(24);
  TensorView view;
  const std::vector<uint32_t> right{2, 3, 4};
  ASSERT_TRUE(makeTensorView(buffer, right, view).ok());
  EXPECT_EQ(view.rank, 3u);
  EXPECT_EQ(view.elements(), 24u);
  const std::vector<uint32_t> larger{2, 3, 5};
  EXPECT_EQ(makeTensorView(buffer, larger, view).code, StatusCode::bufferTooSmall);
  const std::vector<uint32_t> smaller{2, 3, 3};
  EXPECT_EQ(makeTensorView(buffer, smaller, view).code, StatusCode::badShape);
}

TEST(MakeTensorView, Ranks0And5_AreRefused) {
  const std::vector<float> buffer(1);
  TensorView view;
  EXPECT_EQ(makeTensorView(buffer, {}, view).code, StatusCode::badRank);
  const std::vector<uint32_t> five{1, 1, 1, 1, 1};
  const Status status = makeTensorView(buffer, five, view);
  EXPECT_EQ(status.code, StatusCode::badRank);
  EXPECT_EQ(status.value, 5);
}

TEST(MakeTensorView, ZeroDimension_IsAnEmptyTensor) {
  TensorView view;
  const std::vector<uint32_t> empty{1, 0, 38};
  ASSERT_TRUE(makeTensorView({}, empty, view).ok());
  EXPECT_EQ(view.elements(), 0u);
}

TEST(MakeTensorView, ProductBeyond32Bits_IsABadShape) {
  const std::vector<float> buffer(4);
  TensorView view;
  const std::vector<uint32_t> huge{65536, 65536, 65536, 65536};
  EXPECT_EQ(makeTensorView(buffer, huge, view).code, StatusCode::badShape);
}
