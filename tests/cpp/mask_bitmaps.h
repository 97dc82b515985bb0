// Bitmaps for the tests of src/mask: the slow and obvious form of a mask, and the shapes that every
// function is tried on.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "mask/mask.h"

namespace masklet::testing {

/// One byte per pixel of `rect`, 1 = object.
struct Bitmap {
  RectPx rect;
  std::vector<uint8_t> pixels;

  Bitmap() = default;
  explicit Bitmap(RectPx where) : rect(where), pixels(static_cast<size_t>(where.area()), 0) {}

  /// Of a source pixel; background outside.
  bool at(int32_t x, int32_t y) const {
    const int64_t column = int64_t{x} - rect.x;
    const int64_t row = int64_t{y} - rect.y;
    if (column < 0 || row < 0 || column >= rect.width || row >= rect.height) return false;
    return pixels[static_cast<size_t>(row * rect.width + column)] != 0;
  }
  void set(int32_t x, int32_t y, bool inside) {
    pixels[static_cast<size_t>(y - rect.y) * static_cast<size_t>(rect.width) +
           static_cast<size_t>(x - rect.x)] = inside;
  }
  uint32_t area() const {
    uint32_t sum = 0;
    for (const uint8_t pixel : pixels) sum += pixel;
    return sum;
  }
};

inline Mask maskOf(const Bitmap& bitmap) {
  std::vector<uint32_t> runs;
  uint8_t value = 0;
  uint32_t length = 0;
  for (const uint8_t pixel : bitmap.pixels) {
    if (pixel != value) {
      runs.push_back(length);
      length = 0;
      value = pixel;
    }
    ++length;
  }
  if (length > 0) runs.push_back(length);
  Mask mask;
  mask.rectSrc = bitmap.rect;
  EXPECT_TRUE(mask.runs.resize(runs.size()).ok());
  std::copy(runs.begin(), runs.end(), mask.runs.begin());
  return mask;
}

inline Bitmap bitmapOf(const MaskView& mask) {
  Bitmap bitmap(mask.rectSrc);
  size_t position = 0;
  for (size_t index = 0; index < mask.runs.size(); ++index) {
    for (uint32_t count = 0; count < mask.runs[index]; ++count)
      bitmap.pixels.at(position++) = index % 2;
  }
  EXPECT_EQ(position, bitmap.pixels.size());
  return bitmap;
}

/// The pixels of `rect` for which `inside(x, y)` holds.
inline Bitmap bitmapWhere(RectPx rect, const std::function<bool(int32_t, int32_t)>& inside) {
  Bitmap bitmap(rect);
  for (int32_t y = rect.y; y < rect.y + rect.height; ++y) {
    for (int32_t x = rect.x; x < rect.x + rect.width; ++x) bitmap.set(x, y, inside(x, y));
  }
  return bitmap;
}

inline RectPx tightRect(const Bitmap& bitmap) {
  int32_t left = INT32_MAX, right = INT32_MIN, top = INT32_MAX, bottom = INT32_MIN;
  for (int32_t y = bitmap.rect.y; y < bitmap.rect.y + bitmap.rect.height; ++y) {
    for (int32_t x = bitmap.rect.x; x < bitmap.rect.x + bitmap.rect.width; ++x) {
      if (!bitmap.at(x, y)) continue;
      left = std::min(left, x);
      right = std::max(right, x + 1);
      top = std::min(top, y);
      bottom = std::max(bottom, y + 1);
    }
  }
  if (left > right) return {};
  return {left, top, right - left, bottom - top};
}

inline Bitmap trimmed(const Bitmap& bitmap) {
  return bitmapWhere(tightRect(bitmap), [&](int32_t x, int32_t y) { return bitmap.at(x, y); });
}

inline std::vector<uint32_t> runsOf(const MaskView& mask) {
  return {mask.runs.begin(), mask.runs.end()};
}

/// Same rectangle, same runs, and well formed.
inline void expectMask(const MaskView& mask, const Bitmap& expected) {
  EXPECT_TRUE(validateMask(mask).ok());
  EXPECT_EQ(mask.rectSrc, expected.rect);
  EXPECT_EQ(runsOf(mask), runsOf(maskOf(expected).view()));
}

struct Shape {
  std::string name;
  Bitmap bitmap;
};

/// Dense, sparse, regular and degenerate shapes of odd and even sizes, at different corners of the
/// source.
inline std::vector<Shape> shapes() {
  std::mt19937 random(20240611);
  const RectPx rects[] = {{0, 0, 1, 1},   {3, -2, 1, 9},  {-4, 5, 9, 1},  {0, 0, 7, 5},
                          {2, 3, 8, 8},   {-5, 0, 16, 3}, {1, 1, 17, 13}, {0, -7, 33, 31},
                          {10, 0, 64, 2}, {0, 4, 65, 40}};
  std::vector<Shape> all;
  for (const RectPx& rect : rects) {
    const std::string size = " " + std::to_string(rect.width) + "x" + std::to_string(rect.height);
    const auto add = [&](const char* name, const std::function<bool(int32_t, int32_t)>& inside) {
      all.push_back({name + size, bitmapWhere(rect, [&](int32_t x, int32_t y) {
                       return inside(x - rect.x, y - rect.y);
                     })});
    };
    const int32_t right = rect.width - 1;
    const int32_t bottom = rect.height - 1;
    add("empty", [](int32_t, int32_t) { return false; });
    add("full", [](int32_t, int32_t) { return true; });
    add("checkerboard", [](int32_t x, int32_t y) { return (x + y) % 2 == 0; });
    add("other checkerboard", [](int32_t x, int32_t y) { return (x + y) % 2 == 1; });
    add("first pixel", [](int32_t x, int32_t y) { return x == 0 && y == 0; });
    add("last pixel", [=](int32_t x, int32_t y) { return x == right && y == bottom; });
    add("other corners",
        [=](int32_t x, int32_t y) { return (x == 0 && y == bottom) || (x == right && y == 0); });
    add("center pixel", [=](int32_t x, int32_t y) { return x == right / 2 && y == bottom / 2; });
    add("rows", [](int32_t, int32_t y) { return y % 2 == 0; });
    add("columns", [](int32_t x, int32_t) { return x % 3 == 1; });
    add("frame",
        [=](int32_t x, int32_t y) { return x == 0 || y == 0 || x == right || y == bottom; });
    add("nested frames",
        [=](int32_t x, int32_t y) { return std::min({x, y, right - x, bottom - y}) % 2 == 0; });
    add("diagonal", [](int32_t x, int32_t y) { return x % 7 == y % 7; });
    add("lattice", [](int32_t x, int32_t y) { return x % 2 == 0 || y % 2 == 0; });
    add("disc", [=](int32_t x, int32_t y) {
      const double dx = x - right / 2.0;
      const double dy = y - bottom / 2.0;
      return dx * dx + dy * dy <= 0.2 * right * bottom;
    });
    for (const double density : {0.03, 0.3, 0.5, 0.6, 0.97}) {
      std::bernoulli_distribution coin(density);
      add("noise", [&](int32_t, int32_t) { return coin(random); });
    }
  }
  return all;
}

}  // namespace masklet::testing
