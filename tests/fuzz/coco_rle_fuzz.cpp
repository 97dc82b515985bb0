// libFuzzer target: everything that takes run lengths or polygons from outside. Beside what the
// sanitizers find, what can be read must come back the same through every other form.
//
// Build with the preset native-fuzz, then run: build/native-fuzz/coco_rle_fuzz -max_total_time=300
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "mask/coco_rle.h"
#include "mask/contour.h"
#include "mask/measure.h"
#include "mask/polygon.h"
#include "mask/rle.h"

namespace {

using namespace masklet;

#define REQUIRE(condition)                                                 \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)

/// Takes numbers off the front of the input; 0 when it is used up.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  T take() {
    T value{};
    const size_t count = std::min(sizeof(T), bytes_.size());
    std::memcpy(&value, bytes_.data(), count);
    bytes_.remove_prefix(count);
    return value;
  }

  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

bool equal(const MaskView& a, const MaskView& b) {
  return a.rectSrc == b.rectSrc &&
         std::equal(a.runs.begin(), a.runs.end(), b.runs.begin(), b.runs.end());
}

bool equal(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// Mask to counts to string and back; contours and back.
void checkMask(const Mask& mask, SizePx size) {
  REQUIRE(validateMask(mask.view()).ok());
  REQUIRE(boundingBox(mask.view()) == mask.rectSrc);
  Buffer<uint32_t> counts, countsRead;
  Buffer<char> text;
  Mask back;
  REQUIRE(cocoCountsFromMask(mask.view(), size, counts).ok());
  REQUIRE(cocoStringFromCounts(counts.span(), text).ok());
  REQUIRE(cocoCountsFromString({text.data(), text.size()}, countsRead).ok());
  REQUIRE(equal(counts.span(), countsRead.span()));
  REQUIRE(maskFromCocoCounts(countsRead.span(), size, back).ok());
  REQUIRE(equal(mask.view(), back.view()));

  Contours contours;
  REQUIRE(contoursFromMask(mask.view(), {}, contours).ok());
  const std::vector<double> points(contours.points.begin(), contours.points.end());
  REQUIRE(maskFromPolygons({points, contours.ringOffsets.span()}, mask.rectSrc, back).ok());
  REQUIRE(equal(mask.view(), back.view()));
  REQUIRE(contoursFromMask(mask.view(), {.tolerancePx = 1.5, .minAreaPx = 2}, contours).ok());
}

void fuzzString(Input input) {
  const SizePx size{input.take<uint8_t>() + 1, input.take<uint8_t>() + 1};
  Buffer<uint32_t> counts;
  const Status read = cocoCountsFromString(input.rest(), counts);
  if (!read.ok()) {
    REQUIRE(read.code == StatusCode::badRleString &&
            read.value <= static_cast<double>(input.rest().size()));
    return;
  }
  // What was read comes back through the canonical string, whether or not it is a mask.
  Buffer<char> text;
  Buffer<uint32_t> again;
  REQUIRE(cocoStringFromCounts(counts.span(), text).ok());
  REQUIRE(cocoCountsFromString({text.data(), text.size()}, again).ok());
  REQUIRE(equal(counts.span(), again.span()));

  Mask mask;
  if (maskFromCocoCounts(counts.span(), size, mask).ok()) checkMask(mask, size);
}

/// Counts that always add up, so that the fuzzer need not find the sum.
void fuzzCounts(Input input) {
  const SizePx size{input.take<uint8_t>() % 64 + 1, input.take<uint8_t>() % 64 + 1};
  uint32_t left = static_cast<uint32_t>(size.width * size.height);
  std::vector<uint32_t> counts;
  while (!input.rest().empty() && left > 0) {
    counts.push_back(std::min<uint32_t>(input.take<uint8_t>(), left));
    left -= counts.back();
  }
  counts.push_back(left);
  Mask mask;
  REQUIRE(maskFromCocoCounts(counts, size, mask).ok());
  checkMask(mask, size);
}

void fuzzMerge(Input input) {
  const auto takeMask = [&](Mask& mask) {
    const RectPx rect{input.take<int8_t>() % 16, input.take<int8_t>() % 16,
                      input.take<uint8_t>() % 24 + 1, input.take<uint8_t>() % 24 + 1};
    std::vector<uint8_t> pixels(static_cast<size_t>(rect.area()));
    for (size_t index = 0; index < pixels.size(); index += 8) {
      const uint8_t bits = input.take<uint8_t>();
      for (size_t bit = 0; bit < 8 && index + bit < pixels.size(); ++bit)
        pixels[index + bit] = bits >> bit & 1;
    }
    ImageView<const uint8_t> view;
    REQUIRE(makeImageView(std::span<const uint8_t>(pixels), {rect.width, rect.height}, 1, 0, view)
                .ok());
    REQUIRE(maskFromPixels(view, rect.x, rect.y, 1, mask).ok());
  };
  Mask a, b, both, either, one, rest;
  takeMask(a);
  takeMask(b);
  REQUIRE(merge(a.view(), b.view(), MergeOp::intersect, both).ok());
  REQUIRE(merge(a.view(), b.view(), MergeOp::unite, either).ok());
  REQUIRE(merge(a.view(), b.view(), MergeOp::exclude, one).ok());
  REQUIRE(areaPx(both.view()) == intersectionAreaPx(a.view(), b.view()));
  REQUIRE(areaPx(either.view()) == areaPx(a.view()) + areaPx(b.view()) - areaPx(both.view()));
  REQUIRE(merge(either.view(), both.view(), MergeOp::subtract, rest).ok());
  REQUIRE(equal(rest.view(), one.view()));
}

void fuzzPolygons(Input input) {
  const SizePx size{input.take<uint8_t>() + 1, input.take<uint8_t>() + 1};
  const bool anyDouble = input.take<uint8_t>() % 4 == 0;
  std::vector<uint32_t> offsets{0};
  std::vector<double> points;
  while (!input.rest().empty()) {
    if (input.take<uint8_t>() % 8 == 0) offsets.push_back(static_cast<uint32_t>(points.size() / 2));
    for (int axis = 0; axis < 2; ++axis) {
      points.push_back(anyDouble ? input.take<double>() : input.take<int16_t>() / 32.0);
    }
  }
  offsets.push_back(static_cast<uint32_t>(points.size() / 2));
  Mask mask;
  const Status status = maskFromCocoPolygons({points, offsets}, size, mask);
  if (status.ok()) {
    checkMask(mask, size);
    REQUIRE(maskFromPolygons({points, offsets}, {0, 0, size.width, size.height}, mask).ok());
    checkMask(mask, size);
  } else {
    REQUIRE(status.code == StatusCode::badArgument);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input({reinterpret_cast<const char*>(data), size});
  switch (input.take<uint8_t>() % 4) {
    case 0:
      fuzzString(input);
      break;
    case 1:
      fuzzCounts(input);
      break;
    case 2:
      fuzzMerge(input);
      break;
    default:
      fuzzPolygons(input);
      break;
  }
  return 0;
}
