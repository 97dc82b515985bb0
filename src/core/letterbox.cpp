#include "core/letterbox.h"

namespace masklet {

namespace {

bool validSide(int32_t sidePx) {
  return sidePx >= 1 && sidePx <= kMaxSidePx;
}

Status checkSize(SizePx size) {
  if (!validSide(size.width)) return fail(StatusCode::badSize, size.width);
  if (!validSide(size.height)) return fail(StatusCode::badSize, size.height);
  return okStatus();
}

Status checkContent(SizePx content, SizePx net, ResizeMode mode) {
  if (content.width < 1 || content.width > net.width)
    return fail(StatusCode::badSize, content.width);
  if (content.height < 1 || content.height > net.height)
    return fail(StatusCode::badSize, content.height);
  if (mode == ResizeMode::stretch) return fail(StatusCode::badArgument, static_cast<double>(mode));
  return okStatus();
}

Status checkView(RectPx view, SizePx src) {
  if (view.width < 1 || view.x < 0 || view.width > src.width - view.x)
    return fail(StatusCode::badArgument, view.x < 0 ? view.x : view.width);
  if (view.height < 1 || view.y < 0 || view.height > src.height - view.y)
    return fail(StatusCode::badArgument, view.y < 0 ? view.y : view.height);
  return okStatus();
}

// Python's round(): half to even. It decides the content size when src * ratio ends in .5.
int32_t roundHalfEven(double value) {
  return static_cast<int32_t>(std::nearbyint(value));
}

int32_t contentSide(int32_t srcPx, double ratio, int32_t netPx) {
  return std::clamp(roundHalfEven(srcPx * ratio), 1, netPx);
}

int32_t centeredOffset(int32_t netPx, int32_t contentPx) {
  return std::max(0, roundHalfEven((netPx - contentPx) / 2.0 - 0.1));
}

}  // namespace

Status makeLetterbox(SizePx src, SizePx net, ResizeMode mode, Letterbox& letterbox, SizePx content,
                     RectPx view) {
  MASKLET_TRY(checkSize(src));
  MASKLET_TRY(checkSize(net));
  if (view == RectPx{}) view = {0, 0, src.width, src.height};
  MASKLET_TRY(checkView(view, src));
  Letterbox made{src, view, net, {0, 0, net.width, net.height}, 1, 1};
  if (content.width != 0 || content.height != 0) {
    MASKLET_TRY(checkContent(content, net, mode));
    made.contentNet.width = content.width;
    made.contentNet.height = content.height;
  } else if (mode != ResizeMode::stretch) {
    const double ratio = std::min(static_cast<double>(net.width) / view.width,
                                  static_cast<double>(net.height) / view.height);
    made.contentNet.width = contentSide(view.width, ratio, net.width);
    made.contentNet.height = contentSide(view.height, ratio, net.height);
  }
  if (mode == ResizeMode::letterboxCenter) {
    made.contentNet.x = centeredOffset(net.width, made.contentNet.width);
    made.contentNet.y = centeredOffset(net.height, made.contentNet.height);
  }
  made.scaleX = static_cast<double>(made.contentNet.width) / view.width;
  made.scaleY = static_cast<double>(made.contentNet.height) / view.height;
  letterbox = made;
  return okStatus();
}

Box Letterbox::toSrc(const Box& boxNet) const {
  // Rounded to float before the move, so that a view returns the same box as a cropped image.
  const auto place = [](double at, int32_t offsetNet, double scale, int32_t side, int32_t from) {
    const double value = std::clamp((at - offsetNet) / scale, 0.0, static_cast<double>(side));
    return static_cast<float>(value) + static_cast<float>(from);
  };
  const auto placeX = [&](float x) {
    return place(x, contentNet.x, scaleX, viewSrc.width, viewSrc.x);
  };
  const auto placeY = [&](float y) {
    return place(y, contentNet.y, scaleY, viewSrc.height, viewSrc.y);
  };
  return {placeX(boxNet.x1), placeY(boxNet.y1), placeX(boxNet.x2), placeY(boxNet.y2)};
}

Letterbox Letterbox::cutOut() const {
  Letterbox cut = *this;
  cut.src = {viewSrc.width, viewSrc.height};
  cut.viewSrc = {0, 0, viewSrc.width, viewSrc.height};
  return cut;
}

}  // namespace masklet
