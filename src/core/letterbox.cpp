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

Status makeLetterbox(SizePx src, SizePx net, ResizeMode mode, Letterbox& letterbox,
                     SizePx content) {
  MASKLET_TRY(checkSize(src));
  MASKLET_TRY(checkSize(net));
  Letterbox made{src, net, {0, 0, net.width, net.height}, 1, 1};
  if (content.width != 0 || content.height != 0) {
    MASKLET_TRY(checkContent(content, net, mode));
    made.contentNet.width = content.width;
    made.contentNet.height = content.height;
  } else if (mode != ResizeMode::stretch) {
    const double ratio = std::min(static_cast<double>(net.width) / src.width,
                                  static_cast<double>(net.height) / src.height);
    made.contentNet.width = contentSide(src.width, ratio, net.width);
    made.contentNet.height = contentSide(src.height, ratio, net.height);
  }
  if (mode == ResizeMode::letterboxCenter) {
    made.contentNet.x = centeredOffset(net.width, made.contentNet.width);
    made.contentNet.y = centeredOffset(net.height, made.contentNet.height);
  }
  made.scaleX = static_cast<double>(made.contentNet.width) / src.width;
  made.scaleY = static_cast<double>(made.contentNet.height) / src.height;
  letterbox = made;
  return okStatus();
}

Box Letterbox::toSrc(const Box& boxNet) const {
  const auto clip = [](double value, int32_t limit) {
    return static_cast<float>(std::clamp(value, 0.0, static_cast<double>(limit)));
  };
  const Point topLeft = toSrc(Point{boxNet.x1, boxNet.y1});
  const Point bottomRight = toSrc(Point{boxNet.x2, boxNet.y2});
  return {clip(topLeft.x, src.width), clip(topLeft.y, src.height), clip(bottomRight.x, src.width),
          clip(bottomRight.y, src.height)};
}

}  // namespace masklet
