// Mask outputs of any content and form: assembly must keep to its buffers, give well-formed masks
// within the image, give the same with scalar and SIMD kernels, and survive small regions being
// removed. The first bytes choose form and shapes, the rest are the floats.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "assemble/assemble_masks.h"
#include "mask/components.h"
#include "simd/mask_kernels.h"
#include "tests/fuzz/fuzz_input.h"

namespace masklet {
namespace {

using fuzz::Input;
using fuzz::require;
using fuzz::sameBytes;

struct Scene {
  std::vector<float> planes;
  Instances instances;
  MaskSource source;
  Letterbox letterbox;

  Status run(const MaskKernels& kernels, MaskColumns& masks) const {
    return assembleMasks(instances, source, letterbox, true, kernels, masks);
  }
};

SizePx sizeOf(Input& input, uint32_t limit) {
  const auto width = static_cast<int32_t>(input.below(limit));
  return {width, static_cast<int32_t>(input.below(limit))};
}

void chooseSource(Input& input, Scene& scene) {
  const std::array<uint32_t, 4> dims{1, 1 + input.below(4), 1 + input.below(10),
                                     1 + input.below(10)};
  scene.source.form = static_cast<MaskForm>(input.below(6));
  scene.source.paste = static_cast<BoxPaste>(input.below(3));
  scene.source.cropToBox = input.below(2) != 0;
  scene.source.probability = input.below(2) != 0;
  scene.source.exclusive.on = input.below(4) == 0;
  scene.source.exclusive.minShare = input.below(10) / 10.0;
  if (input.below(2) != 0) scene.source.viaSize = sizeOf(input, 40);
  scene.source.threshold = input.floats(1)[0];
  scene.planes = input.floats(size_t{dims[1]} * dims[2] * dims[3]);
  require(makeTensorView(scene.planes, dims, scene.source.planes).ok());
}

void chooseInstances(Input& input, Scene& scene) {
  const uint32_t count = input.below(7);
  const uint32_t planeCount = scene.source.planes.dims[1];
  scene.instances.coefficientCount = planeCount;
  require(scene.instances.resize(count).ok());
  require(scene.instances.coefficients.resize(size_t{count} * planeCount).ok());
  for (uint32_t k = 0; k < count; ++k) {
    const std::vector<float> box = input.floats(4);
    scene.instances.boxesNet[k] = {box[0], box[1], box[2], box[3]};
    scene.instances.scores[k] = static_cast<float>(1 + input.below(255)) / 255;
    scene.instances.classIds[k] = 0;
    scene.instances.rows[k] = input.below(planeCount + (input.below(8) == 0 ? 1 : 0));
  }
  const std::vector<float> coefficients = input.floats(scene.instances.coefficients.size());
  std::copy(coefficients.begin(), coefficients.end(), scene.instances.coefficients.begin());
}

void checkMasks(const MaskColumns& masks, SizePx src) {
  for (size_t i = 0; i < masks.count(); ++i) {
    const uint32_t begin = masks.runOffsets[i];
    const RectPx rect = masks.rectsSrc[i];
    const MaskView mask{rect, masks.runs.span().subspan(begin, masks.runOffsets[i + 1] - begin)};
    require(validateMask(mask).ok());
    require(rect.empty() || intersect(rect, {0, 0, src.width, src.height}) == rect);
    require(masks.coverageOffsets[i + 1] - masks.coverageOffsets[i] == rect.area());
    Mask cleaned;
    require(removeSmallRegions(mask, src, 5, cleaned).ok());
    require(validateMask(cleaned.view()).ok());
  }
}

void fuzzForms(Input input) {
  Scene scene;
  const SizePx src{1 + static_cast<int32_t>(input.below(90)),
                   1 + static_cast<int32_t>(input.below(90))};
  const SizePx net{1 + static_cast<int32_t>(input.below(48)),
                   1 + static_cast<int32_t>(input.below(48))};
  require(makeLetterbox(src, net, static_cast<ResizeMode>(input.below(3)), scene.letterbox).ok());
  chooseSource(input, scene);
  chooseInstances(input, scene);
  MaskColumns simd;
  MaskColumns scalar;
  const Status status = scene.run(simdMaskKernels(), simd);
  require(scene.run(scalarMaskKernels(), scalar).code == status.code);
  if (!status.ok()) require(simd.count() == 0);
  checkMasks(simd, src);
  require(sameBytes(simd.rectsSrc, scalar.rectsSrc));
  require(sameBytes(simd.runs, scalar.runs));
  require(sameBytes(simd.coverage, scalar.coverage));
}

}  // namespace
}  // namespace masklet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  masklet::fuzzForms(masklet::fuzz::Input(data, size));
  return 0;
}
