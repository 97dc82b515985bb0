#include "mask/measure.h"

#include "mask/spans.h"

namespace masklet {
namespace {

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

uint32_t areaPx(const MaskView& mask) {
  uint32_t area = 0;
  for (size_t index = 1; index < mask.runs.size(); index += 2) area += mask.runs[index];
  return area;
}

RectPx boundingBox(const MaskView& mask) {
  int32_t left = INT32_MAX;
  int32_t right = INT32_MIN;
  int32_t top = INT32_MAX;
  int32_t bottom = INT32_MIN;
  forEachRowSpan(mask, [&](int32_t y, int32_t x1, int32_t x2) {
    left = std::min(left, x1);
    right = std::max(right, x2);
    top = std::min(top, y);
    bottom = y + 1;
  });
  if (left >= right) return {};
  return {left, top, right - left, bottom - top};
}

uint32_t intersectionAreaPx(const MaskView& a, const MaskView& b) {
  const RectPx frame = intersect(a.rectSrc, b.rectSrc);
  if (frame.empty()) return 0;
  SpanCursor cursorA(a, frame);
  SpanCursor cursorB(b, frame);
  uint32_t beginA = 0, endA = 0, beginB = 0, endB = 0;
  bool more = cursorA.next(beginA, endA) && cursorB.next(beginB, endB);
  uint32_t area = 0;
  while (more) {
    const uint32_t begin = std::max(beginA, beginB);
    const uint32_t end = std::min(endA, endB);
    if (begin < end) area += end - begin;
    more = endA < endB ? cursorA.next(beginA, endA) : cursorB.next(beginB, endB);
  }
  return area;
}

double iou(const MaskView& a, const MaskView& b) {
  const uint64_t intersection = intersectionAreaPx(a, b);
  return ratio(intersection, uint64_t{areaPx(a)} + areaPx(b) - intersection);
}

double crowdIou(const MaskView& detection, const MaskView& crowd) {
  return ratio(intersectionAreaPx(detection, crowd), areaPx(detection));
}

Status iouMatrix(std::span<const MaskView> detections, std::span<const MaskView> truths,
                 std::span<const uint8_t> isCrowd, Buffer<double>& ious) {
  if (!isCrowd.empty() && isCrowd.size() != truths.size()) {
    return fail(StatusCode::badArgument, isCrowd.size());
  }
  const auto crowd = [&](size_t column) { return !isCrowd.empty() && isCrowd[column] != 0; };
  const bool anyCrowd = std::any_of(isCrowd.begin(), isCrowd.end(), [](uint8_t is) { return is; });
  const bool mirrored =
      detections.data() == truths.data() && detections.size() == truths.size() && !anyCrowd;
  Buffer<uint32_t> truthAreas;
  MASKLET_TRY(truthAreas.resize(truths.size()));
  for (size_t column = 0; column < truths.size(); ++column)
    truthAreas[column] = areaPx(truths[column]);
  MASKLET_TRY(ious.resize(detections.size() * truths.size()));
  for (size_t row = 0; row < detections.size(); ++row) {
    double* cells = ious.data() + row * truths.size();
    const uint64_t area = mirrored ? truthAreas[row] : areaPx(detections[row]);
    for (size_t column = 0; column < truths.size(); ++column) {
      if (mirrored && column < row) {
        cells[column] = ious[column * truths.size() + row];
        continue;
      }
      const uint64_t intersection = intersectionAreaPx(detections[row], truths[column]);
      cells[column] =
          ratio(intersection, crowd(column) ? area : area + truthAreas[column] - intersection);
    }
  }
  return okStatus();
}

}  // namespace masklet
