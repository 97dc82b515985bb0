// Times decoding and mask assembly with the scalar and the SIMD kernels, turn by turn in one
// process, so that both meet the same machine.
//
//   mask_bench [output0.f32 output1.f32]
//
// The files are raw little-endian outputs [116, 8400] and [32, 160, 160] of a YOLOv8n-size network
// at 640 pixels; without them an image with 20 objects and clutter is made up. The source image is
// 1920x1080.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <vector>

#include "assemble/assemble_masks.h"
#include "core/letterbox.h"
#include "decode/yolo_seg.h"
#include "simd/mask_kernels.h"

namespace masklet {
namespace {

constexpr uint32_t kClasses = 80;
constexpr uint32_t kProtos = 32;
constexpr uint32_t kAnchors = 8400;
constexpr uint32_t kProtoSide = 160;
constexpr int kRounds = 40;

struct Outputs {
  std::vector<float> detections = std::vector<float>(size_t{4 + kClasses + kProtos} * kAnchors);
  std::vector<float> prototypes = std::vector<float>(size_t{kProtos} * kProtoSide * kProtoSide);

  TensorView detectionsView() const {
    return {detections.data(), {1, 4 + kClasses + kProtos, kAnchors}, 3};
  }
  TensorView prototypesView() const {
    return {prototypes.data(), {1, kProtos, kProtoSide, kProtoSide}, 4};
  }
};

/// Twenty objects seen by ten anchors each, over a floor of low scores; prototypes are waves of
/// object size.
void makeUp(Outputs& outputs) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> unit(0, 1);
  std::normal_distribution<float> normal(0, 0.5f);
  const auto at = [&](uint32_t channel, uint32_t anchor) -> float& {
    return outputs.detections[size_t{channel} * kAnchors + anchor];
  };
  for (size_t i = size_t{4} * kAnchors; i < outputs.detections.size(); ++i)
    outputs.detections[i] = unit(random) * 0.009f;
  for (uint32_t object = 0; object < 20; ++object) {
    const float x = 640 * unit(random), y = 140 + 360 * unit(random);
    const float width = 30 + 250 * unit(random) * unit(random),
                height = 30 + 250 * unit(random) * unit(random);
    std::vector<float> coefficients(kProtos);
    for (float& value : coefficients) value = normal(random);
    for (uint32_t copy = 0; copy < 10; ++copy) {
      const uint32_t anchor = object * 400 + copy * 3;
      const float box[] = {x + 2 * normal(random), y + 2 * normal(random), width + normal(random),
                           height + normal(random)};
      for (uint32_t i = 0; i < 4; ++i) at(i, anchor) = box[i];
      at(4 + object % kClasses, anchor) = 0.1f + 0.85f * unit(random);
      for (uint32_t k = 0; k < kProtos; ++k) at(4 + kClasses + k, anchor) = coefficients[k];
    }
  }
  float* value = outputs.prototypes.data();
  for (uint32_t k = 0; k < kProtos; ++k) {
    const float angle = 6.28f * unit(random), phase = 6.28f * unit(random),
                frequency = 0.05f + 0.25f * unit(random);
    for (uint32_t y = 0; y < kProtoSide; ++y) {
      for (uint32_t x = 0; x < kProtoSide; ++x) {
        const float along =
            static_cast<float>(x) * std::cos(angle) + static_cast<float>(y) * std::sin(angle);
        *value++ = std::sin(frequency * along + phase) + 0.1f * normal(random);
      }
    }
  }
}

bool readFile(const char* path, std::vector<float>& values) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) return false;
  const size_t count = std::fread(values.data(), sizeof(float), values.size(), file);
  std::fclose(file);
  return count == values.size();
}

/// The least time of `kRounds` runs of each of two ways, run turn by turn.
template <class Work>
void compare(const char* name, Work work) {
  double leastMs[2] = {std::numeric_limits<double>::infinity(),
                       std::numeric_limits<double>::infinity()};
  const MaskKernels* kernels[2] = {&scalarMaskKernels(), &simdMaskKernels()};
  for (int round = 0; round < kRounds; ++round) {
    for (int way = 0; way < 2; ++way) {
      const auto start = std::chrono::steady_clock::now();
      work(*kernels[way]);
      const std::chrono::duration<double, std::milli> elapsed =
          std::chrono::steady_clock::now() - start;
      leastMs[way] = std::min(leastMs[way], elapsed.count());
    }
  }
  std::printf("%-28s scalar %8.3f ms   simd %8.3f ms   ratio %5.1f\n", name, leastMs[0], leastMs[1],
              leastMs[0] / leastMs[1]);
}

/// Stops the program: a bench of calls that fail measures nothing.
void require(Status status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s (%g)\n", statusText(status.code), status.value);
  std::exit(1);
}

void run(const Outputs& outputs) {
  Letterbox letterbox;
  require(makeLetterbox({1920, 1080}, {640, 640}, ResizeMode::letterboxCenter, letterbox));
  const TensorView detections = outputs.detectionsView();
  const TensorView prototypes = outputs.prototypesView();
  for (const float scoreThreshold : {0.25f, 0.01f}) {
    DecodeOptions options;
    options.scoreThreshold = scoreThreshold;
    options.maxInstances = 100;
    Instances instances;
    MaskColumns masks;
    require(decodeYoloSeg(detections, prototypes, options, simdMaskKernels(), instances));
    require(assembleMasks(instances, prototypeSource(prototypes), letterbox, false,
                          simdMaskKernels(), masks));
    double cropPx = 0;
    for (const RectPx& rect : masks.rectsSrc) cropPx += static_cast<double>(rect.area());
    std::printf("score > %.2f: %zu instances, crops %.2f Mpx, %zu runs\n",
                static_cast<double>(scoreThreshold), instances.count(), cropPx / 1e6,
                masks.runs.size());
    compare("  decode and NMS", [&](const MaskKernels& kernels) {
      require(decodeYoloSeg(detections, prototypes, options, kernels, instances));
    });
    compare("  masks", [&](const MaskKernels& kernels) {
      require(
          assembleMasks(instances, prototypeSource(prototypes), letterbox, false, kernels, masks));
    });
    compare("  masks with coverage", [&](const MaskKernels& kernels) {
      require(
          assembleMasks(instances, prototypeSource(prototypes), letterbox, true, kernels, masks));
    });
    compare("  all, hard masks", [&](const MaskKernels& kernels) {
      require(decodeYoloSeg(detections, prototypes, options, kernels, instances));
      require(
          assembleMasks(instances, prototypeSource(prototypes), letterbox, false, kernels, masks));
    });
  }
}

}  // namespace
}  // namespace masklet

int main(int argumentCount, char** arguments) {
  masklet::Outputs outputs;
  if (argumentCount == 3) {
    if (!masklet::readFile(arguments[1], outputs.detections) ||
        !masklet::readFile(arguments[2], outputs.prototypes)) {
      std::fprintf(stderr,
                   "mask_bench: the files do not hold [116, 8400] and [32, 160, 160] floats\n");
      return 1;
    }
  } else if (argumentCount == 1) {
    masklet::makeUp(outputs);
  } else {
    std::fprintf(stderr, "usage: mask_bench [output0.f32 output1.f32]\n");
    return 2;
  }
  masklet::run(outputs);
  return 0;
}
