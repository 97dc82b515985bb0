// Points, sizes and boxes. Continuous coordinates: pixel r covers [r, r + 1), its center is r +
// 0.5.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/limits.h"

namespace masklet {

struct SizePx {
  int32_t width = 0;
  int32_t height = 0;

  constexpr bool operator==(const SizePx&) const = default;
};

using limits::kMaxSidePx;

struct Point {
  double x = 0;
  double y = 0;
};

/// Corners x1 <= x2, y1 <= y2 in continuous coordinates.
struct Box {
  float x1 = 0;
  float y1 = 0;
  float x2 = 0;
  float y2 = 0;

  float width() const { return x2 - x1; }
  float height() const { return y2 - y1; }
  /// 0 for a degenerate or inverted box.
  float area() const { return std::max(width(), 0.0f) * std::max(height(), 0.0f); }
  bool finite() const {
    return std::isfinite(x1) && std::isfinite(y1) && std::isfinite(x2) && std::isfinite(y2);
  }
};

/// Whole pixels: columns [x, x + width), rows [y, y + height).
struct RectPx {
  int32_t x = 0;
  int32_t y = 0;
  int32_t width = 0;
  int32_t height = 0;

  constexpr bool empty() const { return width <= 0 || height <= 0; }
  constexpr int64_t area() const { return empty() ? 0 : int64_t{width} * height; }
  constexpr bool operator==(const RectPx&) const = default;
};

constexpr RectPx intersect(RectPx a, RectPx b) {
  const int32_t x1 = std::max(a.x, b.x);
  const int32_t y1 = std::max(a.y, b.y);
  const int32_t x2 = std::min(a.x + a.width, b.x + b.width);
  const int32_t y2 = std::min(a.y + a.height, b.y + b.height);
  if (x2 <= x1 || y2 <= y1) return {};
  return {x1, y1, x2 - x1, y2 - y1};
}

/// Intersection over union; 0 if the union is empty.
inline float iou(const Box& a, const Box& b) {
  const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (!(width > 0) || !(height > 0)) return 0;
  const float intersection = width * height;
  return intersection / (a.area() + b.area() - intersection);
}

/// The pixels r with ceil(x1) <= r < ceil(x2) (rows alike) that lie inside an image of `size`: the
/// crop rule of Ultralytics' ops.crop_mask (r >= x1, r < x2 on pixel indices). Empty for a box that
/// is not finite or lies outside.
inline RectPx cropRect(const Box& box, SizePx size) {
  if (!box.finite()) return {};
  const auto edge = [](float value, int32_t limit) {
    return static_cast<int32_t>(
        std::clamp(std::ceil(static_cast<double>(value)), 0.0, static_cast<double>(limit)));
  };
  const int32_t x1 = edge(box.x1, size.width);
  const int32_t y1 = edge(box.y1, size.height);
  const int32_t x2 = edge(box.x2, size.width);
  const int32_t y2 = edge(box.y2, size.height);
  if (x2 <= x1 || y2 <= y1) return {};
  return {x1, y1, x2 - x1, y2 - y1};
}

}  // namespace masklet
