#include "core/view.h"

namespace masklet {

Status makeTensorView(std::span<const float> buffer, std::span<const uint32_t> dims,
                      TensorView& view) {
  if (dims.empty() || dims.size() > 4) return fail(StatusCode::badRank, dims.size());
  TensorView made;
  made.data = buffer.data();
  made.rank = static_cast<uint32_t>(dims.size());
  uint64_t product = 1;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    made.dims[axis] = dims[axis];
    product *= dims[axis];
    if (product > UINT32_MAX) return fail(StatusCode::badShape, dims[axis]);
  }
  if (product > buffer.size()) return fail(StatusCode::bufferTooSmall, buffer.size());
  if (product != buffer.size()) return fail(StatusCode::badShape, product);
  view = made;
  return okStatus();
}

}  // namespace masklet
