// Times of the image code: the scalar kernels against the SIMD ones, run in turn so that both see
// the same machine. Prints the smallest and the median time of each and the ratio of the medians.
// Runs natively and, built as wasm, under node.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "image/tensorize.h"

using namespace masklet;

namespace {

constexpr int kRounds = 40;

struct Times {
  double smallestMs;
  double medianMs;
};

Times summarized(std::vector<double>& timesMs) {
  std::sort(timesMs.begin(), timesMs.end());
  return {timesMs.front(), timesMs[timesMs.size() / 2]};
}

template <class Work>
double elapsedMs(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

/// `work` takes the kernels to run with.
template <class Work>
void compare(const char* name, const Work& work) {
  std::vector<double> scalarMs;
  std::vector<double> simdMs;
  work(scalarImageKernels());
  work(simdImageKernels());
  for (int round = 0; round < kRounds; ++round) {
    scalarMs.push_back(elapsedMs([&] { work(scalarImageKernels()); }));
    simdMs.push_back(elapsedMs([&] { work(simdImageKernels()); }));
  }
  const Times scalar = summarized(scalarMs);
  const Times simd = summarized(simdMs);
  std::printf("%-44s scalar %7.3f (%7.3f) ms   simd %7.3f (%7.3f) ms   x %.2f\n", name,
              scalar.smallestMs, scalar.medianMs, simd.smallestMs, simd.medianMs,
              scalar.smallestMs / simd.smallestMs);
}

struct Image {
  explicit Image(SizePx sizePx)
      : size(sizePx),
        bytes(4 * static_cast<size_t>(sizePx.width) * static_cast<size_t>(sizePx.height)) {
    uint32_t state = 1;
    for (uint8_t& byte : bytes)
      byte = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  }

  ImageView<const uint8_t> view() const {
    return {bytes.data(), size.width, size.height, 4, 4 * static_cast<size_t>(size.width)};
  }

  SizePx size;
  std::vector<uint8_t> bytes;
};

void benchTensorize(const char* name, SizePx src) {
  const Image image(src);
  Letterbox letterbox;
  if (!makeLetterbox(src, {640, 640}, ResizeMode::letterboxCenter, letterbox).ok()) return;
  TensorizeOptions options;
  TensorizeScratch scratch;
  std::vector<float> tensor(3 * 640 * 640);
  compare(name, [&](const ImageKernels& kernels) {
    if (!tensorize(image.view(), letterbox, options, scratch, tensor, kernels).ok())
      std::puts("failed");
  });
}

}  // namespace

int main() {
  std::puts("smallest (median); ratio of the smallest");
  benchTensorize("tensorize 1920x1080 to 640", {1920, 1080});
  benchTensorize("tensorize 1280x720 to 640", {1280, 720});
  benchTensorize("tensorize 1600x1200 to 640", {1600, 1200});
  benchTensorize("tensorize 4000x3000 to 640", {4000, 3000});
  benchTensorize("tensorize 640x640 to 640", {640, 640});
  benchTensorize("tensorize 480x360 to 640", {480, 360});
  return 0;
}
