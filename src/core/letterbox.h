// The only map between source pixels and network input pixels.
#pragma once

#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// How an image is fitted into the network input. The numbers cross the wasm boundary.
enum class ResizeMode : uint32_t {
  /// Keep the aspect ratio, padding shared between both sides (Ultralytics LetterBox).
  letterboxCenter = 0,
  /// Keep the aspect ratio, padding on the right and bottom (YOLOX, mmdetection Pad).
  letterboxTopLeft = 1,
  /// Fill the whole input, each axis with its own scale (YOLACT, RF-DETR, SAM 2).
  stretch = 2,
};

/// Where the image, or a rectangle of it, lies inside the network input, and the exact affine map
/// between the two spaces.
///
/// The rectangle is a view: the network sees its pixels alone, and coordinates are those of the
/// whole image all the same, so that a tile needs no copy of its pixels and no mask is moved.
///
/// The content rectangle is in whole network pixels: size round(view * min(net / view)) (at least
/// 1), offset round((net - content) / 2 - 0.1) when centered; both are the rules of Ultralytics'
/// LetterBox, so that a network sees what it was trained on. Because of that rounding the scales of
/// the two axes differ slightly: each axis keeps its own exact ratio content / view, so that no
/// coordinate is ever off by the rounding.
struct Letterbox {
  SizePx src;      ///< the whole image
  RectPx viewSrc;  ///< what the network sees of it
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

  /// The same map for an image that holds the pixels of the view alone.
  Letterbox cutOut() const;
};

/// `content`, unless it is {0, 0}, is the size of the image inside the input where the rule above
/// is not the network's: an image that was resized to one size and padded to another (detectron2,
/// torchvision, DETR). `view`, unless it is {0, 0, 0, 0}, is the rectangle of the image that the
/// network sees instead of all of it. Fails with badSize when a side of `src` or `net` is outside
/// [1, kMaxSidePx] or one of `content` outside [1, net side], badArgument for a content together
/// with stretch and for a view that is empty or reaches beyond the image.
Status makeLetterbox(SizePx src, SizePx net, ResizeMode mode, Letterbox& letterbox,
                     SizePx content = {}, RectPx view = {});

}  // namespace masklet
