#include "mask/measure.h"

#include <gtest/gtest.h>

#include <map>

#include "mask_bitmaps.h"
#include "mask_golden.h"

namespace masklet {
namespace {

using testing::Bitmap;
using testing::bitmapWhere;
using testing::maskOf;
using testing::Shape;
using testing::shapes;
using testing::tightRect;

uint32_t commonPixels(const Bitmap& a, const Bitmap& b) {
  uint32_t sum = 0;
  for (int32_t y = a.rect.y; y < a.rect.y + a.rect.height; ++y) {
    for (int32_t x = a.rect.x; x < a.rect.x + a.rect.width; ++x) sum += a.at(x, y) && b.at(x, y);
  }
  return sum;
}

TEST(Measure, AnyShape_EqualsBitmap) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const Mask mask = maskOf(shape.bitmap);
    EXPECT_EQ(areaPx(mask.view()), shape.bitmap.area());
    EXPECT_EQ(boundingBox(mask.view()), tightRect(shape.bitmap));
  }
}

TEST(Measure, LargestMask_DoesNotOverflow) {
  const uint32_t runs[] = {0, 1u << 30};
  const MaskView mask{{-kMaxSidePx, 0, kMaxSidePx, kMaxSidePx}, runs};
  EXPECT_EQ(areaPx(mask), 1u << 30);
  EXPECT_EQ(boundingBox(mask), mask.rectSrc);
  EXPECT_EQ(iou(mask, mask), 1);
}

TEST(MaskIou, AnyTwoShapes_EqualBitmaps) {
  const std::vector<Shape> all = shapes();
  std::mt19937 random(5);
  for (int trial = 0; trial < 4000; ++trial) {
    const Shape& a = all[random() % all.size()];
    const Shape& b = all[random() % all.size()];
    SCOPED_TRACE(a.name + " and " + b.name);
    const uint32_t common = commonPixels(a.bitmap, b.bitmap);
    const double either = a.bitmap.area() + b.bitmap.area() - common;
    const Mask maskA = maskOf(a.bitmap);
    const Mask maskB = maskOf(b.bitmap);
    ASSERT_EQ(intersectionAreaPx(maskA.view(), maskB.view()), common);
    ASSERT_EQ(iou(maskA.view(), maskB.view()), either == 0 ? 0 : common / either);
    ASSERT_EQ(crowdIou(maskA.view(), maskB.view()),
              a.bitmap.area() == 0 ? 0 : common / double(a.bitmap.area()));
  }
}

TEST(IouMatrix, CrowdAndEmpty_EqualSingleCalls) {
  const std::vector<Shape> all = shapes();
  std::vector<Mask> masks;
  std::vector<MaskView> detections, truths;
  std::vector<uint8_t> isCrowd;
  for (size_t index = 0; index < all.size(); index += 3) masks.push_back(maskOf(all[index].bitmap));
  for (size_t index = 0; index < masks.size(); ++index) {
    if (index % 2 == 0) detections.push_back(masks[index].view());
    if (index % 3 == 0) {
      truths.push_back(masks[index].view());
      isCrowd.push_back(index % 2);
    }
  }
  for (const bool withCrowd : {false, true}) {
    Buffer<double> ious;
    ASSERT_TRUE(
        iouMatrix(detections, truths,
                  withCrowd ? std::span<const uint8_t>(isCrowd) : std::span<const uint8_t>(), ious)
            .ok());
    ASSERT_EQ(ious.size(), detections.size() * truths.size());
    for (size_t row = 0; row < detections.size(); ++row) {
      for (size_t column = 0; column < truths.size(); ++column) {
        const bool crowd = withCrowd && isCrowd[column];
        EXPECT_EQ(ious[row * truths.size() + column],
                  crowd ? crowdIou(detections[row], truths[column])
                        : iou(detections[row], truths[column]));
      }
    }
  }
}

TEST(IouMatrix, MasksWithThemselves_EqualSingleCalls) {
  std::vector<Mask> masks;
  std::vector<MaskView> views;
  for (const Shape& shape : shapes()) masks.push_back(maskOf(shape.bitmap));
  for (const Mask& mask : masks) views.push_back(mask.view());
  const size_t count = views.size();
  for (const uint8_t crowd : {0, 1}) {
    const std::vector<uint8_t> isCrowd(count, crowd);
    Buffer<double> ious;
    ASSERT_TRUE(iouMatrix(views, views, isCrowd, ious).ok());
    for (size_t cell = 0; cell < count * count; ++cell) {
      const MaskView& row = views[cell / count];
      const MaskView& column = views[cell % count];
      ASSERT_EQ(ious[cell], crowd == 1 ? crowdIou(row, column) : iou(row, column));
    }
  }
}

TEST(IouMatrix, WrongCrowdSize_IsBadArgument) {
  const MaskView truths[2] = {};
  const uint8_t isCrowd[1] = {};
  Buffer<double> ious;
  const Status status = iouMatrix({}, truths, isCrowd, ious);
  EXPECT_EQ(status.code, StatusCode::badArgument);
  EXPECT_EQ(status.value, 1);
  EXPECT_TRUE(iouMatrix({}, truths, {}, ious).ok());
  EXPECT_TRUE(ious.empty());
}

TEST(MeasureGolden, Pycocotools_AreEqual) {
  std::map<std::string, Mask> masks;
  for (const testing::MaskGolden& golden : testing::readMaskGoldens()) {
    SCOPED_TRACE(golden.name);
    Mask& mask = masks[golden.name] = maskOf(golden.bitmap);
    EXPECT_EQ(areaPx(mask.view()), golden.area);
    EXPECT_EQ(boundingBox(mask.view()), golden.box);
  }
  const std::vector<testing::IouGolden> goldens = testing::readIouGoldens();
  ASSERT_GE(goldens.size(), 200u);
  for (const testing::IouGolden& golden : goldens) {
    SCOPED_TRACE(golden.detection + " and " + golden.truth);
    const MaskView truths[2] = {masks.at(golden.truth).view(), masks.at(golden.truth).view()};
    const MaskView detections[1] = {masks.at(golden.detection).view()};
    const uint8_t isCrowd[2] = {0, 1};
    Buffer<double> ious;
    ASSERT_TRUE(iouMatrix(detections, truths, isCrowd, ious).ok());
    EXPECT_EQ(ious[0], golden.iou);
    EXPECT_EQ(ious[1], golden.crowdIou);
  }
}

}  // namespace
}  // namespace masklet
