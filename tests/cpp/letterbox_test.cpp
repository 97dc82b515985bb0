#include "core/letterbox.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace masklet;

namespace {

Letterbox made(SizePx src, SizePx net, ResizeMode mode) {
  Letterbox letterbox;
  EXPECT_TRUE(makeLetterbox(src, net, mode, letterbox).ok());
  return letterbox;
}

}  // namespace

// Worked out by hand from the rule of Ultralytics' LetterBox: r = min(net / src), new = round(src *
// r), left = round(pad / 2 - 0.1).
TEST(Letterbox, Center_KnownSizes) {
  EXPECT_EQ(made({1920, 1080}, {640, 640}, ResizeMode::letterboxCenter).contentNet,
            (RectPx{0, 140, 640, 360}));
  EXPECT_EQ(made({1080, 1920}, {640, 640}, ResizeMode::letterboxCenter).contentNet,
            (RectPx{140, 0, 360, 640}));
  EXPECT_EQ(made({640, 427}, {640, 640}, ResizeMode::letterboxCenter).contentNet,
            (RectPx{0, 106, 640, 427}));
  EXPECT_EQ(made({810, 1080}, {640, 640}, ResizeMode::letterboxCenter).contentNet,
            (RectPx{80, 0, 480, 640}));
  EXPECT_EQ(made({640, 480}, {320, 320}, ResizeMode::letterboxCenter).contentNet,
            (RectPx{0, 40, 320, 240}));
  EXPECT_EQ(made({3, 2}, {416, 416}, ResizeMode::letterboxCenter).contentNet,
            (RectPx{0, 69, 416, 277}));
}

TEST(Letterbox, HalfPixelContent_RoundsToEven) {
  // 5 * (32 / 64) = 2.5 and 7 * 0.5 = 3.5: Python rounds to 2 and 4.
  EXPECT_EQ(made({64, 5}, {32, 32}, ResizeMode::letterboxTopLeft).contentNet.height, 2);
  EXPECT_EQ(made({64, 7}, {32, 32}, ResizeMode::letterboxTopLeft).contentNet.height, 4);
}

TEST(Letterbox, TopLeftAndStretch_HaveNoOffset) {
  EXPECT_EQ(made({1920, 1080}, {640, 640}, ResizeMode::letterboxTopLeft).contentNet,
            (RectPx{0, 0, 640, 360}));
  const Letterbox stretched = made({1920, 1080}, {640, 320}, ResizeMode::stretch);
  EXPECT_EQ(stretched.contentNet, (RectPx{0, 0, 640, 320}));
  EXPECT_DOUBLE_EQ(stretched.scaleX, 640.0 / 1920);
  EXPECT_DOUBLE_EQ(stretched.scaleY, 320.0 / 1080);
}

TEST(Letterbox, ExtremeAspect_KeepsOnePixel) {
  const Letterbox letterbox = made({kMaxSidePx, 1}, {640, 640}, ResizeMode::letterboxCenter);
  EXPECT_EQ(letterbox.contentNet.width, 640);
  EXPECT_EQ(letterbox.contentNet.height, 1);
}

TEST(Letterbox, OnePixel_FillsTheNet) {
  EXPECT_EQ(made({1, 1}, {640, 384}, ResizeMode::letterboxCenter).contentNet,
            (RectPx{128, 0, 384, 384}));
}

TEST(Letterbox, RandomSizes_ContentInsideAndMapExact) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int32_t> sideSrc(1, 5000);
  std::uniform_int_distribution<int32_t> sideNet(1, 1300);
  for (int trial = 0; trial < 3000; ++trial) {
    const SizePx src{sideSrc(random), sideSrc(random)};
    const SizePx net{sideNet(random), sideNet(random)};
    for (const ResizeMode mode :
         {ResizeMode::letterboxCenter, ResizeMode::letterboxTopLeft, ResizeMode::stretch}) {
      const Letterbox letterbox = made(src, net, mode);
      const RectPx content = letterbox.contentNet;
      ASSERT_FALSE(content.empty());
      ASSERT_EQ(intersect(content, {0, 0, net.width, net.height}), content);
      // The image's corners fall on the content's corners, whatever was rounded.
      const Point topLeft = letterbox.toSrc(Point{double(content.x), double(content.y)});
      const Point bottomRight = letterbox.toSrc(
          Point{double(content.x + content.width), double(content.y + content.height)});
      ASSERT_EQ(topLeft.x, 0);
      ASSERT_EQ(topLeft.y, 0);
      ASSERT_NEAR(bottomRight.x, src.width, 1e-9 * src.width);
      ASSERT_NEAR(bottomRight.y, src.height, 1e-9 * src.height);
      const Point point{src.width * 0.3, src.height * 0.7};
      const Point back = letterbox.toSrc(letterbox.toNet(point));
      ASSERT_NEAR(back.x, point.x, 1e-8);
      ASSERT_NEAR(back.y, point.y, 1e-8);
      if (mode == ResizeMode::stretch) continue;
      ASSERT_TRUE(content.width == net.width || content.height == net.height);
      ASSERT_TRUE(mode != ResizeMode::letterboxCenter ||
                  std::abs(net.width - content.width - 2 * content.x) <= 1);
    }
  }
}

// 640 x 427 to short side 800, padded to multiples of 32: by the padded size alone the image would
// be larger.
TEST(Letterbox, Content_IsUsedUnchanged) {
  Letterbox letterbox;
  const SizePx net{1216, 832};
  ASSERT_TRUE(
      makeLetterbox({640, 427}, net, ResizeMode::letterboxTopLeft, letterbox, {1199, 800}).ok());
  EXPECT_EQ(letterbox.contentNet, (RectPx{0, 0, 1199, 800}));
  EXPECT_DOUBLE_EQ(letterbox.scaleX, 1199.0 / 640);
  EXPECT_DOUBLE_EQ(letterbox.scaleY, 800.0 / 427);
  ASSERT_TRUE(
      makeLetterbox({640, 427}, net, ResizeMode::letterboxCenter, letterbox, {1199, 800}).ok());
  EXPECT_EQ(letterbox.contentNet, (RectPx{8, 16, 1199, 800}));
  ASSERT_TRUE(makeLetterbox({640, 427}, net, ResizeMode::letterboxTopLeft, letterbox, net).ok());
  EXPECT_EQ(letterbox.contentNet, (RectPx{0, 0, 1216, 832}));
}

TEST(Letterbox, BadContent_IsNamedAndNothingIsWritten) {
  Letterbox letterbox;
  letterbox.scaleX = 77;
  const auto refused = [&](SizePx content, ResizeMode mode, StatusCode code, double value) {
    const Status status = makeLetterbox({10, 10}, {32, 16}, mode, letterbox, content);
    EXPECT_EQ(status.code, code);
    EXPECT_EQ(status.value, value);
  };
  refused({33, 16}, ResizeMode::letterboxTopLeft, StatusCode::badSize, 33);
  refused({32, 17}, ResizeMode::letterboxTopLeft, StatusCode::badSize, 17);
  refused({0, 5}, ResizeMode::letterboxCenter, StatusCode::badSize, 0);
  refused({5, 0}, ResizeMode::letterboxCenter, StatusCode::badSize, 0);
  refused({-1, 5}, ResizeMode::letterboxCenter, StatusCode::badSize, -1);
  refused({5, 5}, ResizeMode::stretch, StatusCode::badArgument, 2);
  EXPECT_EQ(letterbox.scaleX, 77);
}

TEST(Letterbox, View_IsTheCutOutImageMoved) {
  std::mt19937 random(31);
  const auto below = [&](int32_t limit) {
    return static_cast<int32_t>(random() % static_cast<uint32_t>(limit));
  };
  for (int trial = 0; trial < 500; ++trial) {
    const SizePx src{1 + below(900), 1 + below(900)};
    const SizePx net{1 + below(700), 1 + below(700)};
    const int32_t x = below(src.width);
    const int32_t y = below(src.height);
    const RectPx view{x, y, 1 + below(src.width - x), 1 + below(src.height - y)};
    for (const ResizeMode mode :
         {ResizeMode::letterboxCenter, ResizeMode::letterboxTopLeft, ResizeMode::stretch}) {
      Letterbox letterbox;
      ASSERT_TRUE(makeLetterbox(src, net, mode, letterbox, {}, view).ok());
      EXPECT_EQ(letterbox.src, src);
      const Letterbox cut = made({view.width, view.height}, net, mode);
      ASSERT_EQ(letterbox.contentNet, cut.contentNet);
      ASSERT_EQ(letterbox.scaleX, cut.scaleX);
      ASSERT_EQ(letterbox.scaleY, cut.scaleY);
      const Point point{x + view.width * 0.3, y + view.height * 0.6};
      const Point inCut = cut.toNet(Point{point.x - x, point.y - y});
      ASSERT_EQ(letterbox.toNet(point).x, inCut.x);
      ASSERT_EQ(letterbox.toNet(point).y, inCut.y);
      ASSERT_NEAR(letterbox.toSrc(inCut).x, point.x, 1e-8);
      ASSERT_NEAR(letterbox.toSrc(inCut).y, point.y, 1e-8);
      const Box boxNet{net.width * 0.1f, -7, net.width * 0.83f, net.height + 3.0f};
      const Box moved = letterbox.toSrc(boxNet);
      const Box own = cut.toSrc(boxNet);
      ASSERT_EQ(moved.x1, own.x1 + static_cast<float>(x));
      ASSERT_EQ(moved.y1, static_cast<float>(y));
      ASSERT_EQ(moved.x2, own.x2 + static_cast<float>(x));
      ASSERT_EQ(moved.y2, static_cast<float>(y + view.height));
      const Letterbox ofView = letterbox.cutOut();
      ASSERT_EQ(ofView.src, cut.src);
      ASSERT_EQ(ofView.viewSrc, cut.viewSrc);
      ASSERT_EQ(ofView.toNet(Point{1, 2}).x, cut.toNet(Point{1, 2}).x);
    }
  }
}

TEST(Letterbox, ViewBeyondTheImage_IsBadArgument) {
  Letterbox letterbox;
  letterbox.scaleX = 77;
  for (const RectPx view : {RectPx{0, 0, 11, 5}, RectPx{-1, 0, 5, 5}, RectPx{0, 6, 5, 5},
                            RectPx{3, 3, 0, 2}, RectPx{3, 3, 2, -1}}) {
    EXPECT_EQ(makeLetterbox({10, 10}, {32, 32}, ResizeMode::stretch, letterbox, {}, view).code,
              StatusCode::badArgument);
  }
  EXPECT_EQ(letterbox.scaleX, 77);
}

TEST(Letterbox, BoxOutsideTheImage_IsClipped) {
  const Letterbox letterbox = made({100, 50}, {200, 200}, ResizeMode::letterboxCenter);
  const Box box = letterbox.toSrc(Box{-20, 0, 500, 120});
  EXPECT_FLOAT_EQ(box.x1, 0);
  EXPECT_FLOAT_EQ(box.y1, 0);
  EXPECT_FLOAT_EQ(box.x2, 100);
  EXPECT_FLOAT_EQ(box.y2, 35);
}

TEST(Letterbox, BadSides_AreNamedAndNothingIsWritten) {
  Letterbox letterbox;
  letterbox.scaleX = 77;
  for (const int32_t side : {0, -3, kMaxSidePx + 1}) {
    const Status src = makeLetterbox({10, side}, {32, 32}, ResizeMode::letterboxCenter, letterbox);
    EXPECT_EQ(src.code, StatusCode::badSize);
    EXPECT_EQ(src.value, side);
    const Status net = makeLetterbox({10, 10}, {side, 32}, ResizeMode::stretch, letterbox);
    EXPECT_EQ(net.code, StatusCode::badSize);
    EXPECT_EQ(net.value, side);
  }
  EXPECT_EQ(letterbox.scaleX, 77);
}
