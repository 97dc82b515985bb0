#include "wasm/workspace.h"

#include <limits>

#include "image/decode_file.h"

namespace masklet {

namespace {

// In wasm size_t has 32 bits: the byte count of a large image must be refused before it wraps
// around.
template <class T>
Status resizeTo(Buffer<T>& buffer, uint64_t count) {
  if (count > std::numeric_limits<size_t>::max() / sizeof(T)) {
    return fail(StatusCode::outOfMemory, static_cast<double>(count) * sizeof(T));
  }
  return buffer.resize(static_cast<size_t>(count));
}

template <class... Buffers>
double bytesOf(const Buffers&... buffers) {
  return (0.0 + ... + (static_cast<double>(buffers.capacity()) * sizeof(*buffers.data())));
}

Status checkSide(int32_t sidePx) {
  return sidePx < 1 || sidePx > kMaxSidePx ? fail(StatusCode::badSize, sidePx) : okStatus();
}

Status checkResizeMode(uint32_t mode) {
  return mode > static_cast<uint32_t>(ResizeMode::stretch) ? fail(StatusCode::badArgument, mode)
                                                           : okStatus();
}

}  // namespace

uint32_t Workspace::finish(Status status) {
  lastValue_ = status.value;
  return static_cast<uint32_t>(status.code);
}

void Workspace::useScalarKernels(bool scalar) {
  imageKernels_ = scalar ? &scalarImageKernels() : &defaultImageKernels();
  maskKernels_ = scalar ? &scalarMaskKernels() : &defaultMaskKernels();
}

double Workspace::memoryBytes() const {
  const TensorizeScratch& scratch = tensorizeScratch_;
  double bytes =
      bytesOf(file_, image_, input_, classFilter_, text_, counts_, polygonPoints_, polygonOffsets_);
  bytes += bytesOf(scratch.columnOffsets, scratch.columnWeights, scratch.planarRows,
                   scratch.boxSums, scratch.levelRow);
  for (const Output& output : outputs_) bytes += bytesOf(output.values);
  bytes += bytesOf(maskSource_.storage, masks_[0].runs, masks_[1].runs, result_.runs);
  bytes += bytesOf(instances_.boxesNet, instances_.scores, instances_.classIds, instances_.rows,
                   instances_.coefficients);
  bytes +=
      bytesOf(columns_.boxesSrc, columns_.scores, columns_.classIds, columns_.rows, stability_);
  const MaskColumns& masks = columns_.masks;
  bytes += bytesOf(masks.rectsSrc, masks.runs, masks.runOffsets, masks.areasPx, masks.coverage,
                   masks.coverageOffsets);
  return bytes + bytesOf(contours_.points, contours_.ringOffsets, contours_.ringParents);
}

// ---- image
// ------------------------------------------------------------------------------------------

uint32_t Workspace::reserveFile(uint32_t byteCount) {
  return finish(resizeTo(file_, byteCount));
}

uint32_t Workspace::decodeFile(uint32_t maxPixels) {
  imageSize_ = {};
  return finish(masklet::decodeFile(file_.span(), maxPixels, image_, imageSize_));
}

uint32_t Workspace::reserveImage(int32_t widthPx, int32_t heightPx) {
  const auto reserve = [&]() -> Status {
    MASKLET_TRY(checkSide(widthPx));
    MASKLET_TRY(checkSide(heightPx));
    imageSize_ = {};
    MASKLET_TRY(resizeTo(
        image_, uint64_t{4} * static_cast<uint64_t>(widthPx) * static_cast<uint64_t>(heightPx)));
    imageSize_ = {widthPx, heightPx};
    return okStatus();
  };
  return finish(reserve());
}

Status Workspace::viewImage(ImageView<const uint8_t>& view) const {
  if (imageSize_.width == 0) return fail(StatusCode::noImage, 0);
  return makeImageView(image_.span(), imageSize_, 4, 0, view);
}

Status Workspace::fillInput(SizePx net, ResizeMode mode, SizePx content,
                            const TensorizeOptions& options) {
  ImageView<const uint8_t> image;
  MASKLET_TRY(viewImage(image));
  Letterbox letterbox;
  MASKLET_TRY(makeLetterbox(imageSize_, net, mode, letterbox, content));
  MASKLET_TRY(resizeTo(
      input_, uint64_t{3} * static_cast<uint64_t>(net.width) * static_cast<uint64_t>(net.height)));
  MASKLET_TRY(masklet::tensorize(image, letterbox, options, tensorizeScratch_, input_.span(),
                                 *imageKernels_));
  letterbox_ = letterbox;
  return okStatus();
}

uint32_t Workspace::tensorize(int32_t netWidth, int32_t netHeight, uint32_t resizeMode,
                              uint32_t colorOrder, float inputScale, float mean0, float mean1,
                              float mean2, float std0, float std1, float std2, float fill0,
                              float fill1, float fill2, int32_t contentWidth,
                              int32_t contentHeight) {
  TensorizeOptions options;
  options.order = static_cast<ColorOrder>(colorOrder);
  options.mean = {mean0, mean1, mean2};
  options.std = {std0, std1, std2};
  options.inputScale = inputScale;
  options.fill = {fill0, fill1, fill2};
  const auto run = [&]() -> Status {
    MASKLET_TRY(checkResizeMode(resizeMode));
    if (colorOrder > static_cast<uint32_t>(ColorOrder::bgr))
      return masklet::fail(StatusCode::badArgument, colorOrder);
    return fillInput({netWidth, netHeight}, static_cast<ResizeMode>(resizeMode),
                     {contentWidth, contentHeight}, options);
  };
  const Status status = run();
  if (!status.ok()) input_.clear();
  return finish(status);
}

uint32_t Workspace::setLetterbox(int32_t srcWidth, int32_t srcHeight, int32_t netWidth,
                                 int32_t netHeight, uint32_t resizeMode, int32_t contentWidth,
                                 int32_t contentHeight) {
  const Status status = checkResizeMode(resizeMode);
  if (!status.ok()) return finish(status);
  return finish(makeLetterbox({srcWidth, srcHeight}, {netWidth, netHeight},
                              static_cast<ResizeMode>(resizeMode), letterbox_,
                              {contentWidth, contentHeight}));
}

// ---- outputs
// ------------------------------------------------------------------------------------------

uint32_t Workspace::reserveOutput(uint32_t slot, uint32_t rank, uint32_t dim0, uint32_t dim1,
                                  uint32_t dim2, uint32_t dim3) {
  const std::array<uint32_t, 4> dims{dim0, dim1, dim2, dim3};
  const auto reserve = [&]() -> Status {
    if (slot >= kOutputSlots) return fail(StatusCode::badIndex, slot);
    if (rank < 1 || rank > dims.size()) return fail(StatusCode::badRank, rank);
    uint64_t elements = 1;
    for (uint32_t axis = 0; axis < rank; ++axis) {
      elements *= dims[axis];
      if (elements > std::numeric_limits<uint32_t>::max())
        return fail(StatusCode::badShape, dims[axis]);
    }
    Output& output = outputs_[slot];
    output.rank = 0;
    hasInstances_ = false;
    MASKLET_TRY(resizeTo(output.values, elements));
    output.dims = dims;
    output.rank = rank;
    return okStatus();
  };
  return finish(reserve());
}

Address Workspace::outputAddress(uint32_t slot) const {
  return slot < kOutputSlots ? address(outputs_[slot].values) : 0;
}

uint32_t Workspace::reserveClassFilter(uint32_t classCount) {
  return finish(resizeTo(classFilter_, classCount));
}

Status Workspace::viewOutput(uint32_t slot, TensorView& view) const {
  const Output& output = outputs_[slot];
  return makeTensorView(output.values.span(), std::span(output.dims).first(output.rank), view);
}

}  // namespace masklet
