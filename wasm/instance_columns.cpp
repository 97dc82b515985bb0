#include "wasm/instance_columns.h"

#include <cstring>

#include "mask/measure.h"

namespace masklet {

namespace {

// Moves elements [from, from + count) to `to`, toward the front.
template <class T>
void moveForward(Buffer<T>& buffer, size_t from, size_t count, size_t to) {
  if (count != 0 && from != to)
    std::memmove(buffer.data() + to, buffer.data() + from, count * sizeof(T));
}

// Shrinking does not allocate, so it cannot fail.
template <class T>
void shrink(Buffer<T>& buffer, size_t count) {
  [[maybe_unused]] const Status status = buffer.resize(count);
}

// Moves the variable-length part of row `from` behind the rows kept so far.
template <class T>
void moveRow(Buffer<T>& values, Buffer<uint32_t>& offsets, size_t from, size_t to) {
  const uint32_t begin = offsets[from];
  const uint32_t length = offsets[from + 1] - begin;
  const uint32_t kept = offsets[to];
  moveForward(values, begin, length, kept);
  offsets[to + 1] = kept + length;
}

void moveRow(InstanceColumns& columns, size_t from, size_t to) {
  MaskColumns& masks = columns.masks;
  columns.boxesSrc[to] = columns.boxesSrc[from];
  columns.scores[to] = columns.scores[from];
  columns.classIds[to] = columns.classIds[from];
  columns.rows[to] = columns.rows[from];
  masks.rectsSrc[to] = masks.rectsSrc[from];
  masks.areasPx[to] = masks.areasPx[from];
  if (!masks.stabilities.empty()) masks.stabilities[to] = masks.stabilities[from];
  moveRow(masks.runs, masks.runOffsets, from, to);
  moveRow(masks.coverage, masks.coverageOffsets, from, to);
}

// `moveRow` overwrites offsets[to + 1] with to < from only after row `from` was read: offsets[from]
// and offsets[from + 1] are still those of the input because to + 1 <= from.
void dropEmptyRows(InstanceColumns& columns) {
  MaskColumns& masks = columns.masks;
  size_t kept = 0;
  for (size_t row = 0; row < columns.count(); ++row) {
    if (masks.areasPx[row] == 0) continue;
    if (kept != row) moveRow(columns, row, kept);
    ++kept;
  }
  shrink(columns.boxesSrc, kept);
  shrink(columns.scores, kept);
  shrink(columns.classIds, kept);
  shrink(columns.rows, kept);
  shrink(masks.rectsSrc, kept);
  shrink(masks.areasPx, kept);
  if (!masks.stabilities.empty()) shrink(masks.stabilities, kept);
  shrink(masks.runOffsets, kept + 1);
  shrink(masks.coverageOffsets, kept + 1);
  shrink(masks.runs, masks.runOffsets[kept]);
  shrink(masks.coverage, masks.coverageOffsets[kept]);
}

// The boxes if the network does not return any.
void fitBoxes(InstanceColumns& columns) {
  const MaskColumns& masks = columns.masks;
  for (size_t row = 0; row < columns.count(); ++row) {
    const uint32_t begin = masks.runOffsets[row];
    const RectPx tight = boundingBox(
        {masks.rectsSrc[row], masks.runs.span().subspan(begin, masks.runOffsets[row + 1] - begin)});
    columns.boxesSrc[row] = {static_cast<float>(tight.x), static_cast<float>(tight.y),
                             static_cast<float>(tight.x + tight.width),
                             static_cast<float>(tight.y + tight.height)};
  }
}

Status fillColumns(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
                   bool soft, const MaskKernels& kernels, InstanceColumns& columns) {
  const size_t count = instances.count();
  MASKLET_TRY(columns.boxesSrc.resize(count));
  MASKLET_TRY(columns.scores.resize(count));
  MASKLET_TRY(columns.classIds.resize(count));
  MASKLET_TRY(columns.rows.resize(count));
  for (size_t row = 0; row < count; ++row) {
    columns.boxesSrc[row] = letterbox.toSrc(instances.boxesNet[row]);
    columns.scores[row] = instances.scores[row];
    columns.classIds[row] = instances.classIds[row];
    columns.rows[row] = row < instances.rows.size() ? instances.rows[row] : 0;
  }
  return assembleMasks(instances, source, letterbox, soft, kernels, columns.masks);
}

}  // namespace

void InstanceColumns::clear() {
  boxesSrc.clear();
  scores.clear();
  classIds.clear();
  rows.clear();
  masks.clear();
}

Status makeInstanceColumns(const Instances& instances, const MaskSource& source,
                           const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                           InstanceColumns& columns) {
  const Status status = fillColumns(instances, source, letterbox, soft, kernels, columns);
  if (!status.ok()) {
    columns.clear();
    return status;
  }
  dropEmptyRows(columns);
  if (source.boxFromMask) fitBoxes(columns);
  return okStatus();
}

}  // namespace masklet
