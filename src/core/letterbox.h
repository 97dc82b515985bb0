// The only map between source pixels and network input pixels.
#pragma once

#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// The rule that fits an image into the network input. The numbers cross the wasm boundary.
enum class ResizeMode : uint32_t {
  /// Keeps the aspect ratio, with padding on both sides (Ultralytics LetterBox).
  letterboxCenter = 0,
  /// Keeps the aspect ratio, with padding on the right and bottom (YOLOX, mmdetection Pad).
  letterboxTopLeft = 1,
  /// Fills the whole input, each axis with its own scale (YOLACT, RF-DETR, SAM 2).
  stretch = 2,
};

/// The placement of the image, or of a rectangle of it, in the network input, and the exact affine
/// map between the two spaces.
///
/// The rectangle is a view: the network sees only its pixels, but all coordinates are those of the
/// whole image. A tile therefore does not copy pixels or move masks.
///
/// The content rectangle is in whole network pixels: size round(view * min(net / view)) (at least
/// 1), offset round((net - content) / 2 - 0.1) when centered; both are the rules of Ultralytics'
/// LetterBox, so that the input matches the training. This rounding makes the scales of the two
/// axes differ slightly. Each axis keeps its own exact ratio content / view, so that the rounding
/// never shifts a coordinate.
struct Letterbox {
  SizePx src;      ///< the whole image
  RectPx viewSrc;  ///< the part that the network sees
  SizePx net;
  RectPx contentNet;
  double scaleX = 1;  ///< network pixels per source pixel, = contentNet.width / viewSrc.width
  double scaleY = 1;

  Point toNet(Point pointSrc) const {
    return {(pointSrc.x - viewSrc.x) * scaleX + contentNet.x,
            (pointSrc.y - viewSrc.y) * scaleY + contentNet.y};
  }
  Point toSrc(Point pointNet) const {
    return {(pointNet.x - contentNet.x) / scaleX + viewSrc.x,
            (pointNet.y - contentNet.y) / scaleY + viewSrc.y};
  }

  /// Box in network pixels to source pixels, clipped to the view.
  Box toSrc(const Box& boxNet) const;

  /// The same map for an image that holds only the pixels of the view.
  Letterbox cutOut() const;
};

/// Computes the placement. `content`, unless it is {0, 0}, overrides the size of the image inside
/// the input, for networks that resize to one size and pad to another (detectron2, torchvision,
/// DETR). `view`, unless it is {0, 0, 0, 0}, is the rectangle of the image that the network sees.
/// Fails with badSize if a side of `src` or `net` is outside [1, kMaxSidePx] or a side of `content`
/// outside [1, net side]. Fails with badArgument for a content together with stretch, and for a
/// view that is empty or exceeds the image.
Status makeLetterbox(SizePx src, SizePx net, ResizeMode mode, Letterbox& letterbox,
                     SizePx content = {}, RectPx view = {});

}  // namespace masklet
