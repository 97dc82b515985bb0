// Pixels on their way to a network: letterbox, tensorize and orientation with any sizes and
// options. Statuses, or finite numbers that are the same with scalar and SIMD kernels; any request
// for memory may fail.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "core/allocate.h"
#include "image/exif_orientation.h"
#include "image/tensorize.h"
#include "tests/fuzz/fuzz_input.h"

namespace masklet {
namespace {

using fuzz::Input;
using fuzz::require;

SizePx sizeOf(Input& input, uint32_t limit) {
  const auto width = static_cast<int32_t>(input.below(limit));
  return {width, static_cast<int32_t>(input.below(limit))};
}

std::vector<uint8_t> bytesOf(Input& input, size_t count) {
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(input.below(256));
  return bytes;
}

size_t areaOf(SizePx size) {
  return static_cast<size_t>(size.width) * static_cast<size_t>(size.height);
}

TensorizeOptions chooseOptions(Input& input) {
  TensorizeOptions options;
  options.order = static_cast<ColorOrder>(input.below(2));
  if (input.below(3) != 0) return options;
  for (float* value : {&options.mean[0], &options.std[0], &options.inputScale, &options.fill[0]})
    *value = input.number();
  return options;
}

void fuzzTensorize(Input& input) {
  const SizePx src = sizeOf(input, 80);
  const SizePx net = sizeOf(input, 40);
  const SizePx content = input.below(4) == 0 ? sizeOf(input, 40) : SizePx{};
  Letterbox letterbox;
  if (!makeLetterbox(src, net, static_cast<ResizeMode>(input.below(3)), letterbox, content).ok())
    return;
  const TensorizeOptions options = chooseOptions(input);
  const uint64_t failAt = 1 + input.below(8);
  const std::vector<uint8_t> pixels = bytesOf(input, 4 * areaOf(src));
  ImageView<const uint8_t> view;
  require(makeImageView(std::span<const uint8_t>(pixels), src, 4, 0, view).ok());
  const auto run = [&](const ImageKernels& kernels, std::vector<float>& tensor) {
    TensorizeScratch scratch;
    tensor.assign(3 * areaOf(net), 0);
    return tensorize(view, letterbox, options, scratch, tensor, kernels);
  };
  std::vector<float> simd;
  std::vector<float> scalar;
  const Status status = run(simdImageKernels(), simd);
  require(run(scalarImageKernels(), scalar).code == status.code);
  require(std::memcmp(simd.data(), scalar.data(), simd.size() * sizeof(float)) == 0);
  allocationFailure = {.failAt = failAt};
  const Status failed = run(simdImageKernels(), scalar);
  require(failed.code == (allocationFailure.refused ? StatusCode::outOfMemory : status.code));
  allocationFailure = {};
}

void fuzzOrientation(Input& input) {
  const SizePx stored = sizeOf(input, 70);
  const std::vector<uint8_t> tiff = bytesOf(input, input.below(60));
  const Orientation orientation =
      input.below(2) == 0 ? readOrientation(tiff) : static_cast<Orientation>(1 + input.below(8));
  const std::vector<uint8_t> pixels = bytesOf(input, 4 * areaOf(stored));
  ImageView<const uint8_t> view;
  if (!makeImageView(std::span<const uint8_t>(pixels), stored, 4, 0, view).ok()) return;
  Buffer<uint8_t> upright;
  require(applyOrientation(view, orientation, upright).ok());
  require(upright.size() == pixels.size());
}

}  // namespace
}  // namespace masklet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  masklet::fuzz::Input input(data, size);
  if (input.below(2) == 0) {
    masklet::fuzzTensorize(input);
  } else {
    masklet::fuzzOrientation(input);
  }
  return 0;
}
