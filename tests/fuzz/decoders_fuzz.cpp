// Outputs of any dimensions and content into every decoder, then into mask assembly: statuses or
// well-formed masks, finite scores and boxes, the same with scalar and SIMD kernels, memory by
// elements and never by one dimension, and any request for memory may fail. The first bytes choose
// decoder, shapes and options, the rest are the floats.
#include <array>
#include <cmath>
#include <cstdint>

#include "core/allocate.h"
#include "mask/mask.h"
#include "tests/cpp/all_decoders.h"
#include "tests/fuzz/fuzz_input.h"

namespace masklet {
namespace {

using fuzz::Input;
using fuzz::require;
using fuzz::sameBytes;

constexpr size_t kMostBytes = size_t{1} << 24;

struct Results {
  Instances instances;
  MaskColumns masks;
};

struct Scene {
  test::OutputPlan plan;
  test::DecoderSetting setting;
  std::vector<uint8_t> filter;
};

uint32_t dimension(Input& input, uint32_t usual, bool hostile) {
  constexpr std::array<uint32_t, 6> kHostile{0, 1, 32768, 32769, 500'000'000, 0xFFFFFFF0u};
  const uint32_t chosen = input.below(usual);
  return hostile && chosen < kHostile.size() ? kHostile[chosen] : chosen;
}

void chooseShapes(Input& input, Scene& scene) {
  test::OutputPlan& plan = scene.plan;
  // Dimensions without elements may be anything; with elements they are small.
  const bool hostile = input.below(4) == 0;
  plan.objects = hostile ? 0 : input.below(9);
  plan.classes = dimension(input, 7, hostile);
  plan.planes = hostile ? 1 + input.below(3) : input.below(4);
  const auto side = [&] { return static_cast<int32_t>(dimension(input, 12, false)); };
  plan.msk = {side(), side()};
}

void chooseSetting(Input& input, Scene& scene) {
  const auto size = [&](uint32_t limit) {
    const auto width = 1 + static_cast<int32_t>(input.below(limit));
    return SizePx{width, 1 + static_cast<int32_t>(input.below(limit))};
  };
  const SizePx src = size(60);
  const auto mode = static_cast<ResizeMode>(input.below(3));
  require(makeLetterbox(src, test::kPlanNet, mode, scene.setting.letterbox).ok());
  DecodeOptions& options = scene.setting.options;
  options.scoreThreshold = static_cast<float>(input.below(256)) / 255;
  options.iouThreshold = static_cast<float>(input.below(256)) / 255;
  options.maxInstances = input.below(20);
  if (input.below(4) == 0 && scene.plan.classes < 100) {
    scene.filter.resize(scene.plan.classes);
    for (uint8_t& keep : scene.filter) keep = static_cast<uint8_t>(input.below(2));
    options.classFilter = scene.filter;
  }
}

void check(const Results& results) {
  for (const float score : results.instances.scores) require(std::isfinite(score));
  for (const Box& box : results.instances.boxesNet) require(box.finite());
  const MaskColumns& masks = results.masks;
  for (size_t i = 0; i < masks.count(); ++i) {
    const uint32_t begin = masks.runOffsets[i];
    require(validateMask({masks.rectsSrc[i],
                          masks.runs.span().subspan(begin, masks.runOffsets[i + 1] - begin)})
                .ok());
    require(masks.coverageOffsets[i + 1] - masks.coverageOffsets[i] == masks.rectsSrc[i].area());
  }
}

/// The floats come from a copy of the input, so that each run reads the same.
Status run(const test::NamedDecoder& decoder, Scene& scene, Input input, Results& results) {
  scene.plan.value = [&](float usual) { return input.below(4) == 0 ? input.number() : usual; };
  scene.plan.score = scene.plan.value;
  return decoder.run(scene.plan, scene.setting, results.instances, results.masks);
}

void fuzzDecoder(Input input) {
  static const std::vector<test::NamedDecoder> decoders = test::allDecoders();
  Scene scene;
  const test::NamedDecoder& decoder = decoders[input.below(static_cast<uint32_t>(decoders.size()))];
  chooseShapes(input, scene);
  chooseSetting(input, scene);
  const uint64_t failAt = 1 + input.below(64);

  allocationFailure = {};
  Results simd;
  scene.setting.kernels = &simdMaskKernels();
  const Status status = run(decoder, scene, input, simd);
  require(allocationFailure.largestBytes < kMostBytes);
  if (!status.ok()) require(simd.masks.count() == 0);
  check(simd);

  Results scalar;
  scene.setting.kernels = &scalarMaskKernels();
  require(run(decoder, scene, input, scalar).code == status.code);
  require(sameBytes(simd.instances.scores, scalar.instances.scores));
  require(sameBytes(simd.masks.rectsSrc, scalar.masks.rectsSrc));
  require(sameBytes(simd.masks.runs, scalar.masks.runs));
  require(sameBytes(simd.masks.coverage, scalar.masks.coverage));

  allocationFailure = {.failAt = failAt};
  Results failed;
  const Status outcome = run(decoder, scene, input, failed);
  require(outcome.code == (allocationFailure.refused ? StatusCode::outOfMemory : status.code));
  allocationFailure = {};
}

}  // namespace
}  // namespace masklet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  masklet::fuzzDecoder(masklet::fuzz::Input(data, size));
  return 0;
}
