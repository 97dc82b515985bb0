#include "wasm/image_stage.h"

#include "image/decode_file.h"

namespace masklet {

namespace {

Status checkSide(int32_t sidePx) {
  return sidePx < 1 || sidePx > kMaxSidePx ? fail(StatusCode::badSize, sidePx) : okStatus();
}

}  // namespace

void ImageStage::useScalarKernels(bool scalar) {
  kernels_ = scalar ? &scalarImageKernels() : &defaultImageKernels();
}

Address ImageStage::columns() {
  columns_ = {{MASKLET_IMAGE_COLUMNS(MASKLET_COLUMN_OF)}};
  return reinterpret_cast<Address>(columns_.data());
}

uint32_t ImageStage::reserveFile(uint32_t byteCount) {
  return finish(resizeTo(file_, byteCount));
}

uint32_t ImageStage::decodeFile(uint32_t maxPixels) {
  imageSize_ = {};
  return finish(masklet::decodeFile(file_.span(), maxPixels, image_, imageSize_));
}

uint32_t ImageStage::reserveImage(int32_t widthPx, int32_t heightPx) {
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

Status ImageStage::fillInput(const Geometry& geometry, const Normalization& normalization) {
  if (imageSize_.width == 0) return fail(StatusCode::noImage, 0);
  if (normalization.colorOrder > static_cast<uint32_t>(ColorOrder::bgr))
    return fail(StatusCode::badArgument, normalization.colorOrder);
  TensorizeOptions options;
  options.order = static_cast<ColorOrder>(normalization.colorOrder);
  options.mean = normalization.mean;
  options.std = normalization.std;
  options.inputScale = normalization.inputScale;
  options.fill = normalization.fill;
  Letterbox letterbox;
  MASKLET_TRY(geometry.letterbox(letterbox));
  ImageView<const uint8_t> image;
  MASKLET_TRY(makeImageView(std::span<const uint8_t>(image_.span()), imageSize_, 4, 0, image));
  MASKLET_TRY(resizeTo(input_, uint64_t{3} * static_cast<uint64_t>(letterbox.net.width) *
                                   static_cast<uint64_t>(letterbox.net.height)));
  return masklet::tensorize(image, letterbox, options, scratch_, input_.span(), *kernels_);
}

uint32_t ImageStage::tensorize(const Geometry& geometry, const Normalization& normalization) {
  const Status status = fillInput(geometry, normalization);
  if (!status.ok()) input_.clear();
  return finish(status);
}

}  // namespace masklet
